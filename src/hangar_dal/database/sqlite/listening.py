"""Refuse to listen on SQLite, which cannot notify other connections."""

from typing import Final, NoReturn

from hangar_dal.database.home import Home
from hangar_dal.database.listening import Listeners
from hangar_dal.errors import ListenNotSupported


class _NoListeners:
    def listen(self, home: Home, channel: str) -> NoReturn:
        raise ListenNotSupported(
            "SQLite has no LISTEN and NOTIFY. Read the tables at intervals instead, as outbox.work does."
        )

    async def close(self) -> None:
        """Do nothing: there are no listeners."""

    def disown(self) -> None:
        """Do nothing: there are no listeners."""


NO_LISTENERS: Final[Listeners] = _NoListeners()
