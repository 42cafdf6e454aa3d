"""What a connection that listens gives, for both databases. `postgresql/listening.py` does the work.

Below `engine`.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from hangar_dal.database.home import Home


@dataclass(frozen=True, slots=True)
class Notification:
    """What a NOTIFY sent; the payload is empty if it had none."""

    payload: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Notifications may be missing here: look at the tables for what they would have told."""


Notifications = AsyncIterator[Notification | Gap]


class Listeners(Protocol):
    """The listening connections of one open database."""

    def listen(self, home: Home, channel: str) -> AbstractAsyncContextManager[Notifications]: ...

    async def close(self) -> None:
        """Close them. Tasks that wait for a notification get `DatabaseClosed`."""
        ...

    def disown(self) -> None:
        """In a forked child: give the connections up without telling the server."""
        ...
