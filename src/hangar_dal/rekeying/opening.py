"""Read a sealed value by the primary key of its row, and open it with one of the declarations of its column."""

from collections.abc import Mapping
from typing import Any

from hangar_dal.database import Database
from hangar_dal.database.built import Built
from hangar_dal.database.rows_by_key import Key, is_row, key_values, listed, quoted, shown
from hangar_dal.errors import SealError
from hangar_dal.rekeying.columns import SealedColumn
from hangar_dal.sealing import Keyring

Stored = tuple[Any, Mapping[str, Any]]
"""A stored value, and the values of the columns to which it may be bound, by name."""


class Reader:
    """Read the values of one column."""

    def __init__(self, db: Database, column: SealedColumn) -> None:
        self._db = db
        self._column = column
        names, table = listed([column.column, *column.bound]), quoted(column.table)
        text = f"SELECT {names} FROM {table} WHERE {is_row(column.key)}"  # noqa: S608 - quoted names
        self._read = Built(db.dialect, f"read {column.name}", text)

    async def read(self, key: Key) -> Stored | None:
        """Return the value of the row with this primary key; None if the row or its value no longer exists."""
        rows, _ = await self._read.run(self._db, key_values(key))
        if not rows or rows[0][0] is None:
            return None
        value, *bound = rows[0]
        return value, dict(zip(self._column.bound, bound, strict=True))


def opened(keyring: Keyring, column: SealedColumn, stored: Stored) -> tuple[bytes, dict[str, Any]]:
    """Return the plaintext, and the arguments of `Keyring.unseal` with which it was opened.

    Raises `SealError`, the one of the first declaration, if no declaration opens the value.
    """
    text, row = stored
    if not isinstance(text, str):
        reason = "the stored value is not a sealed value; it is not text"
        raise SealError(reason, table=column.table, column=column.column)
    failed: list[SealError] = []
    for seal in column.seals:
        place: dict[str, Any] = {"table": seal.table, "column": seal.column}
        place["bound"] = [str(row[name]) for name in seal.bind]
        try:
            return keyring.unseal(text, **place), place
        except SealError as error:
            failed.append(error.with_traceback(None))
    raise failed[0]


def shown_key(column: SealedColumn, key: Key) -> dict[str, str]:
    return shown(dict(zip(column.key, key, strict=True)), column.key)


def in_row(error: SealError, column: SealedColumn, key: Key) -> SealError:
    """Return a copy of the error with the primary key of the row."""
    row = shown_key(column, key)
    return SealError(error.reason, table=error.table, column=error.column, key_id=error.key_id, row=row)
