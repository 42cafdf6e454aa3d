"""Whether a SQLite file holds sealed values. Asked once, when its key file is missing. Stands above `file`."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from hangar_dal.database.sqlite.errors import DRIVER_ERRORS, translated
from hangar_dal.database.sqlite.file import file_uri
from hangar_dal.errors import raise_alone
from hangar_dal.sealing import sealed_with
from hangar_dal.urls import SqliteTarget

_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"


def find_sealed(target: SqliteTarget, *, lock_timeout: float) -> tuple[str, str] | None:
    """A column that holds a sealed value, as `table.column`, and the id of its key; None if there is none.

    Looks at the values themselves: which models an application will declare is not known when it opens its database.
    Reads whole tables, and therefore runs in a thread of its own.
    """
    if not os.path.exists(target.path):  # noqa: PTH110 - Path.exists() may raise PermissionError
        return None
    with closing(sqlite3.connect(file_uri(target, create=False), uri=True, timeout=lock_timeout)) as raw:
        try:
            return next(_sealed_columns(raw), None)
        except DRIVER_ERRORS as error:
            raise_alone(translated(error, None, raw))


def _sealed_columns(raw: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for (table,) in raw.execute(_TABLES).fetchall():
        columns = [row[1] for row in raw.execute(f"PRAGMA table_info({_quoted(table)})")]
        found = " OR ".join(f"{_quoted(column)} GLOB 'v1.*'" for column in columns)
        for row in raw.execute(f"SELECT * FROM {_quoted(table)} WHERE {found}"):  # noqa: S608 - names of the schema
            for column, value in zip(columns, row, strict=True):
                if type(value) is str and (key_id := sealed_with(value)):
                    yield f"{table}.{column}", key_id


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
