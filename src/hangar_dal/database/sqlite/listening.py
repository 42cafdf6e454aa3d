"""SQLite cannot notify other connections."""

from typing import Final, NoReturn

from hangar_dal.database.home import Home
from hangar_dal.database.listening import Listeners
from hangar_dal.errors import ListenNotSupported


class _NoListeners:
    def listen(self, home: Home, channel: str) -> NoReturn:
        raise ListenNotSupported(
            "SQLite has no LISTEN and NOTIFY, so nothing can be waited for. Look at the tables from time to time, as "
            "outbox.work does."
        )

    async def close(self) -> None:
        """There is nothing to close."""

    def disown(self) -> None:
        """There is nothing to give up."""


NO_LISTENERS: Final[Listeners] = _NoListeners()
