"""The interface of listening connections for both databases. `postgresql/listening.py` implements it.

Below `engine`.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hangar_dal.database.home import Home


class Notification(NamedTuple):
    """A notification that NOTIFY sent. The payload is empty if NOTIFY had none."""

    payload: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where notifications may be missing. Read the tables to find what has changed."""


Notifications = AsyncIterator[Notification | Gap]


class Listeners(Protocol):
    """The listening connections of one open database."""

    def listen(self, home: Home, channel: str) -> AbstractAsyncContextManager[Notifications]: ...

    async def close(self) -> None:
        """Close the connections. Tasks that wait for a notification get `DatabaseClosed`."""
        ...

    def disown(self) -> None:
        """In a forked child, drop the connections without sending anything to the server."""
        ...
