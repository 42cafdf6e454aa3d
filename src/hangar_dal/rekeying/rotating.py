"""Seal the values of one column again with the first key, while the application reads and writes.

Each value is replaced by a statement of its own, and only if the stored text is still the one that was opened. So a
rotation never overwrites what the application wrote, and never holds a lock while it waits for another one. A rotation
that was killed is simply started again: it skips what is sealed with the first key.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hangar_dal.database import Database
from hangar_dal.database.built import Built
from hangar_dal.database.rows_by_key import Key, is_row, key_values, listed, quoted, shown
from hangar_dal.errors import (
    ConstraintViolation,
    DatabaseBusy,
    SealError,
    StatementTimeout,
    TransactionConflict,
)
from hangar_dal.rekeying.columns import SealedColumn
from hangar_dal.rekeying.walking import PAGE, Progress, pages
from hangar_dal.sealing import Keyring, key_id_of

_AT_ONCE: Final = 8  # values that are replaced at the same time, and are in memory
_ATTEMPTS: Final = 100
_KEPT: Final = 1_000
_REFUSALS: Final = (ConstraintViolation, DatabaseBusy, StatementTimeout, TransactionConflict)


@dataclass(slots=True)
class Rotated:
    """What was done to a column.

    `unopened` and `refused` have the first 1,000 of the values that could not be opened, and of those that the database
    did not let replace.
    """

    column: SealedColumn
    resealed: int = 0
    unopened_count: int = 0
    unopened: list[SealError] = field(default_factory=list)
    refused_count: int = 0
    refused: list[str] = field(default_factory=list)


async def rotate(db: Database, column: SealedColumn, *, progress: Progress | None = None, size: int = PAGE) -> Rotated:
    """Seal every value of the column with the first key of the database. Go on after values that do not open."""
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
        read = f"SELECT {listed([column.column, *column.bound])} FROM {table} WHERE {row}"  # noqa: S608 - quoted names
        swap = f"UPDATE {table} SET {value} = :after WHERE {row} AND {value} = :before"  # noqa: S608 - as above
        self._read = Built(db.dialect, f"read {column.name}", read)
        self._swap = Built(db.dialect, f"rotate {column.name}", swap, writes=True)

    async def replace(self, key: Key) -> None:
        """Seal one value again. If the application changes it meanwhile, look at it again."""
        try:
            for _ in range(_ATTEMPTS):
                if await self._is_settled(key):
                    return
            self._refuse(key, "the application changed it again and again, and did not use the first key")
        except SealError as error:
            self.done.unopened_count += 1
            if len(self.done.unopened) < _KEPT:
                self.done.unopened.append(_in_row(error, self._shown(key)))
        except _REFUSALS as error:
            self._refuse(key, str(error))

    async def _is_settled(self, key: Key) -> bool:
        rows, _ = await self._read.run(self._db, key_values(key))
        if not rows or rows[0][0] is None or _key_id(rows[0][0]) == self._first:
            return True
        before, *bound = rows[0]
        after = resealed(self._db.keyring, self._column, before, dict(zip(self._column.bound, bound, strict=True)))
        _, changed = await self._swap.run(self._db, {**key_values(key), "before": before, "after": after})
        self.done.resealed += changed
        return changed > 0

    def _refuse(self, key: Key, reason: str) -> None:
        self.done.refused_count += 1
        if len(self.done.refused) < _KEPT:
            row = "".join(f", {name} {value}" for name, value in self._shown(key).items())
            self.done.refused.append(f"{self._column.name}{row}: {reason}")

    def _shown(self, key: Key) -> dict[str, str]:
        return shown(dict(zip(self._column.key, key, strict=True)), self._column.key)


def resealed(keyring: Keyring, column: SealedColumn, text: Any, row: Mapping[str, Any]) -> str:
    """The value sealed with the first key, for the same place. Raises `SealError` if no declaration opens it."""
    if not isinstance(text, str):
        reason = "the stored value is not a sealed value; it is not text"
        raise SealError(reason, table=column.table, column=column.column)
    failed: list[SealError] = []
    for seal in column.seals:
        place: dict[str, Any] = {"table": seal.table, "column": seal.column}
        place["bound"] = [str(row[name]) for name in seal.bind]
        try:
            return keyring.seal(keyring.unseal(text, **place), **place)
        except SealError as error:
            failed.append(error.with_traceback(None))
    raise failed[0]


def _in_row(error: SealError, row: Mapping[str, str]) -> SealError:
    return SealError(error.reason, table=error.table, column=error.column, key_id=error.key_id, row=row)


def _key_id(text: object) -> str | None:
    return key_id_of(text) if isinstance(text, str) else None
