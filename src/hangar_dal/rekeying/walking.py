"""Walk through a table by its primary key and read the beginning of each sealed value.

The beginning contains the id of the key. Only the beginning is read, so large values need no memory.
"""

from collections.abc import AsyncIterator, Callable, Sequence

from hangar_dal.database import Database, Row
from hangar_dal.database.built import Built
from hangar_dal.database.rows_by_key import Key, end_values, is_behind, is_up_to, key_values, listed, quoted
from hangar_dal.errors import StatementTimeout
from hangar_dal.rekeying.columns import SealedColumn
from hangar_dal.sealing import HEADER_LENGTH, key_id_of

PAGE = 1000

Progress = Callable[[int, int], object]
"""Called with the number of finished rows and the number of all rows, or 0 if counting them takes too long."""


async def pages(
    db: Database, column: SealedColumn, progress: Progress | None, size: int = PAGE
) -> AsyncIterator[list[tuple[Key, str | None]]]:
    """Yield the rows that have a value, in pages: the primary key and the id of the sealing key, or None if not sealed.

    Stops at the row that is the last one at the start. Otherwise an application that adds rows could keep it running.
    """
    table, order = quoted(column.table), f"ORDER BY {listed(column.key)}"
    beginning = f"substr({quoted(column.column)}, 1, {HEADER_LENGTH})"
    select = f"SELECT {listed(column.key)}, {beginning} FROM {table} WHERE {is_up_to(column.key)}"  # noqa: S608 - names
    name = f"keys of {column.name}"
    page = Built(db.dialect, name, f"{select} {order} LIMIT {size}")
    next_page = Built(db.dialect, name, f"{select} AND {is_behind(column.key)} {order} LIMIT {size}")
    end = await _end(db, column)
    if end is None:
        return
    done, total = 0, await _count(db, column) if progress else 0
    rows, _ = await page.run(db, end_values(end))
    while rows:
        yield _with_value(rows)
        done += len(rows)
        if progress:
            progress(done, total and max(done, total))
        rows, _ = await next_page.run(db, {**end_values(end), **key_values(tuple(rows[-1][:-1]))})


def key_id_in(value: object) -> str | None:
    """Return the key id in a stored value or in the beginning of one; None if the value is not sealed."""
    return key_id_of(value) if isinstance(value, str) else None


def _with_value(rows: Sequence[Row]) -> list[tuple[Key, str | None]]:
    return [(tuple(key), key_id_in(text)) for *key, text in rows if text is not None]


async def _end(db: Database, column: SealedColumn) -> Key | None:
    backwards = ", ".join(f"{quoted(name)} DESC" for name in column.key)
    text = f"SELECT {listed(column.key)} FROM {quoted(column.table)} ORDER BY {backwards} LIMIT 1"  # noqa: S608 - names
    rows, _ = await Built(db.dialect, f"last row of {column.table}", text).run(db, {})
    return tuple(rows[0]) if rows else None


async def _count(db: Database, column: SealedColumn) -> int:
    count = Built(db.dialect, f"rows of {column.table}", f"SELECT count(*) FROM {quoted(column.table)}")  # noqa: S608
    try:
        rows, _ = await count.run(db, {})
    except StatementTimeout:
        return 0
    return int(rows[0][0])
