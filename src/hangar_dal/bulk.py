"""Copy many rows into a table, or out of it, on both databases.

    count = await bulk.copy_in(db, "readings", readings)                  # a list, a generator or an async generator
    async with bulk.copy_out(db, "readings", Reading) as readings:
        async for reading in readings: ...

PostgreSQL copies in by COPY, SQLite by `executemany`. `check` does not know these statements: no SQL file has them.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import aclosing
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from hangar_dal.database import Executor, Statement, atomic
from hangar_dal.database.codecs import codec_of
from hangar_dal.database.rows_by_key import listed, quoted
from hangar_dal.errors import InvalidValue
from hangar_dal.query import RowCount, Stream
from hangar_dal.query.columns import cells_of
from hangar_dal.query.results import ResultReader
from hangar_dal.query.signature import Result

M = TypeVar("M", bound=BaseModel)

# A statement writes so many rows. So it takes little time, and a cancelled copy ends soon.
_ROWS_AT_ONCE: Final = 5000
_TABLE: Final = re.compile(r"([^\W\d]\w*)(?:\.([^\W\d]\w*))?", re.ASCII)


async def copy_in(
    db: Executor, table: str, rows: Iterable[M] | AsyncIterable[M], *, columns: Sequence[str] | None = None
) -> RowCount:
    """Write models into the columns of a table that have the names of their fields. Return the number of rows.

    All rows are written, or none. `table` is a name, or `schema.name`. Values are checked, folded and sealed like those
    of queries: a field marked with `CaseInsensitive` also fills `<name>_fold`. `columns` names some of these columns
    only. The transaction stays open while the rows are made.
    """
    count, copy = 0, None
    async with atomic(db) as transaction, aclosing(_in_lists(rows)) as lists:
        async for some in lists:
            copy = copy or _Copy(db, table, type(some[0]), columns)
            await transaction.copy_in(copy.statement, await asyncio.to_thread(copy.encoded, some))
            count += len(some)
    return RowCount(count)


class _Copy:
    """The statement that writes models of one class, and the functions that encode them."""

    def __init__(self, db: Executor, table: str, model: type[BaseModel], columns: Sequence[str] | None) -> None:
        codec = codec_of(db.dialect)
        cells = cells_of(model, codec, db.opened, columns)
        self.statement = Statement(f"copy_in {table}", codec.copy_in(_named(table), [*map(quoted, cells)]), writes=True)
        self._db = db
        self._table = table
        self._model = model
        self._cells = tuple(cells.values())

    def encoded(self, rows: Sequence[BaseModel]) -> list[list[Any]]:
        if any(type(row) is not self._model for row in rows):  # a subclass would come back as its parent
            raise InvalidValue(f"{self._table}: expected rows of {self._model.__name__} only")
        return [[cell(row, self._db) for cell in self._cells] for row in rows]


def copy_out(db: Executor, table: str, model: type[M]) -> Stream[M]:
    """Read all rows of a table as models, in any order, in constant memory, and as they were at one moment.

    The model has a field for each column to read.
    """
    statement = Statement(
        f"copy_out {table}",
        f"SELECT {listed(model.model_fields)} FROM {_named(table)}",  # noqa: S608 - quoted names
        writes=False,
        expects_gaps=True,
    )
    reader = ResultReader(statement.name, Result("stream", model, model), codec_of(db.dialect), db.opened.dialects)

    def read(found: Sequence[Sequence[Any]]) -> list[M]:
        return reader.read(found, db.keyring)

    return Stream(db.stream(statement, ()), read)


def _named(table: str) -> str:
    found = _TABLE.fullmatch(table)
    if found is None:
        raise InvalidValue("table: write the name of a table, or schema.name")
    return ".".join(quoted(part) for part in found.groups() if part)


async def _in_lists(rows: Iterable[M] | AsyncIterable[M]) -> AsyncGenerator[list[M]]:
    """Yield the rows in lists that are not empty."""
    if isinstance(rows, AsyncIterable):
        some: list[M] = []
        async for row in rows:
            some.append(row)
            if len(some) == _ROWS_AT_ONCE:
                yield some
                some = []
        if some:
            yield some
        return
    iterator = iter(rows)
    while listed := list(islice(iterator, _ROWS_AT_ONCE)):
        yield listed
