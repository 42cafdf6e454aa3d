"""What opening a dialect gives: its connections, sorted by what they are for. Stands above `shelf`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hangar_dal.database.shelf import Shelf
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class Engine:
    """PostgreSQL has one shelf in all three roles; SQLite a shelf for each; `:memory:` one connection, no streams."""

    dialect: Dialect
    writers: Shelf
    readers: Shelf
    streams: Shelf | None
    close: Callable[[], Awaitable[None]]

    @property
    def shelves(self) -> set[Shelf]:
        """Each once."""
        return {shelf for shelf in (self.writers, self.readers, self.streams) if shelf is not None}
