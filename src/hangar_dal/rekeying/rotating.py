"""Seal the values of one column again with the first key, while the application reads and writes.

A separate statement replaces each value, and only if the stored text is still the text that was opened. So a rotation
never overwrites a change of the application, and never holds one lock while it waits for another. A rotation that was
killed can be started again: it skips the values that are already sealed with the first key.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from hangar_dal.database import Database
from hangar_dal.database.built import Built
from hangar_dal.database.rows_by_key import Key, is_row, key_values, quoted
from hangar_dal.errors import (
    ConstraintViolation,
    DatabaseBusy,
    SealError,
    StatementTimeout,
    TransactionConflict,
)
from hangar_dal.rekeying.columns import SealedColumn
from hangar_dal.rekeying.opening import Reader, in_row, opened, shown_key
from hangar_dal.rekeying.walking import PAGE, Progress, key_id_in, pages

_AT_ONCE: Final = 8  # values in memory that are replaced concurrently
_ATTEMPTS: Final = 100
_KEPT: Final = 1_000
_REFUSALS: Final = (ConstraintViolation, DatabaseBusy, StatementTimeout, TransactionConflict)


@dataclass(slots=True)
class Rotated:
    """The result of a rotation of one column. `resealed` is the number of values that were sealed again.

    `unopened` has the errors for values that could not be opened, `refused` the reasons for values that could not be
    replaced: the first 1,000 each. The counts include all of them.
    """

    column: SealedColumn
    resealed: int = 0
    unopened_count: int = 0
    unopened: list[SealError] = field(default_factory=list)
    refused_count: int = 0
    refused: list[str] = field(default_factory=list)


async def rotate(db: Database, column: SealedColumn, *, progress: Progress | None = None, size: int = PAGE) -> Rotated:
    """Seal every value of the column with the first key of the database. Skip values that cannot be opened."""
    rotation = _Rotation(db, column)
    first = db.keyring.ids[0]
    async for page in pages(db, column, progress, size):
        old = [key for key, key_id in page if key_id != first]
        for start in range(0, len(old), _AT_ONCE):
            work = [rotation.replace(key) for key in old[start : start + _AT_ONCE]]
            for failed in await asyncio.gather(*work, return_exceptions=True):
                if failed is not None:
                    raise failed
    return rotation.done


class _Rotation:
    def __init__(self, db: Database, column: SealedColumn) -> None:
        self.done = Rotated(column)
        self._db = db
        self._column = column
        self._first = db.keyring.ids[0]
        table, value, row = quoted(column.table), quoted(column.column), is_row(column.key)
        swap = f"UPDATE {table} SET {value} = :after WHERE {row} AND {value} = :before"  # noqa: S608 - quoted names
        self._reader = Reader(db, column)
        self._swap = Built(db.dialect, f"rotate {column.name}", swap, writes=True)

    async def replace(self, key: Key) -> None:
        """Seal one value again. If the application changes the value at the same time, read it and try again."""
        try:
            for _ in range(_ATTEMPTS):
                if await self._is_settled(key):
                    return
            self._refuse(key, "the application kept changing it, sealed with another key than the first")
        except SealError as error:
            self.done.unopened_count += 1
            if len(self.done.unopened) < _KEPT:
                self.done.unopened.append(in_row(error, self._column, key))
        except _REFUSALS as error:
            self._refuse(key, str(error))

    async def _is_settled(self, key: Key) -> bool:
        stored = await self._reader.read(key)
        if stored is None or key_id_in(stored[0]) == self._first:
            return True
        plaintext, place = opened(self._db.keyring, self._column, stored)
        texts = {"before": stored[0], "after": self._db.keyring.seal(plaintext, **place)}
        _, changed = await self._swap.run(self._db, {**key_values(key), **texts})
        self.done.resealed += changed
        return changed > 0

    def _refuse(self, key: Key, reason: str) -> None:
        self.done.refused_count += 1
        if len(self.done.refused) < _KEPT:
            row = "".join(f", {name} {value}" for name, value in shown_key(self._column, key).items())
            self.done.refused.append(f"{self._column.name}{row}: {reason}")
