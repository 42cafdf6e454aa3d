"""Store rows one after the other, each at its own instant."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from benchmarks.moment import NOW
from hangar_dal import Transaction
from hangar_dal.database import Executor, atomic


class Dated(Protocol):
    """A row that says when it came to be."""

    @property
    def at(self) -> datetime: ...


R = TypeVar("R", bound=Dated)


async def store_each(db: Executor, rows: Iterable[R], store: Callable[[Transaction, R], Awaitable[int]]) -> int:
    """Store all rows or none; returns the sum of what `store` returned."""
    stored = 0
    async with atomic(db) as tx:
        for row in rows:
            NOW.set(row.at)
            stored += await store(tx, row)
    return stored
