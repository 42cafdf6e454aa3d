"""Find the sealed values of a SQLite file, and open them.

Recognizes sealed values by their text, because the schema does not say which columns are sealed. Reads whole tables, so
callers run it in a separate thread.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from hangar_dal.database.rows_by_key import quoted, shown
from hangar_dal.database.sqlite.errors import DRIVER_ERRORS, translated
from hangar_dal.database.sqlite.file import file_uri
from hangar_dal.database.sqlite.opened_files import FileConnection
from hangar_dal.errors import SealError, raise_alone
from hangar_dal.sealing import Keyring, declared_bindings, missing_key, sealed_with
from hangar_dal.urls import SqliteTarget

_KEPT_ERRORS: Final = 1_000
_TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"


class _Sealed(NamedTuple):
    table: str
    column: str
    key_id: str
    text: str
    row: Mapping[str, Any]
    key: Mapping[str, str]  # the UUIDs and integers of the primary key, which may be shown


@dataclass(slots=True)
class SealedValues:
    """The result of opening all sealed values. `backup.Backup` describes the fields."""

    opened: int = 0
    undeclared: int = 0
    unopened_count: int = 0
    unopened: list[SealError] = field(default_factory=list)


def find_sealed(target: SqliteTarget, *, lock_timeout: float) -> tuple[str, str] | None:
    """Return a column with a sealed value, as `table.column`, and the id of its key; None if there is none."""
    if not os.path.exists(target.path):  # noqa: PTH110 - Path.exists() may raise PermissionError
        return None
    with closing(FileConnection(file_uri(target, create=False), target.path, timeout=lock_timeout)) as raw:
        try:
            found = next(_sealed_values(raw), None)
        except DRIVER_ERRORS as error:
            raise_alone(translated(error, None, raw))
    return (f"{found.table}.{found.column}", found.key_id) if found else None


def check_sealed(raw: sqlite3.Connection, keyring: Keyring | None) -> SealedValues:
    """Open every sealed value with the keys of `keyring`, by the declarations of the models that are imported."""
    raw.text_factory = lambda data: data.decode(errors="replace")  # a column may contain text that is not UTF-8
    result = SealedValues()
    for value in _sealed_values(raw):
        try:
            if _open(value, keyring):
                result.opened += 1
            else:
                result.undeclared += 1
        except SealError as error:
            result.unopened_count += 1
            if len(result.unopened) < _KEPT_ERRORS:
                result.unopened.append(
                    SealError(error.reason, table=value.table, column=value.column, key_id=value.key_id, row=value.key)
                )
    return result


def _open(value: _Sealed, keyring: Keyring | None) -> bool:
    """Open a value. Return False if no imported model declares its column. Raises `SealError` if opening fails."""
    if keyring is None or value.key_id not in keyring.ids:
        raise missing_key(value.key_id, table=value.table, column=value.column)
    failed: SealError | None = None
    for bind in declared_bindings(value.table, value.column):
        try:
            bound = [str(value.row.get(name)) for name in bind]
            keyring.unseal(value.text, table=value.table, column=value.column, bound=bound)
        except SealError as error:
            failed = error
        else:
            return True
    if failed is not None:
        raise_alone(failed)
    return False


def _sealed_values(raw: sqlite3.Connection) -> Iterator[_Sealed]:
    for (table,) in raw.execute(_TABLES).fetchall():
        infos = raw.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
        columns = [info[1] for info in infos]
        keys = [info[1] for info in infos if info[5]]
        listed = ", ".join(map(quoted, columns))
        found = " OR ".join(f"{quoted(column)} GLOB 'v1.*'" for column in columns)
        for values in raw.execute(f"SELECT {listed} FROM {quoted(table)} WHERE {found}"):  # noqa: S608 - names only
            row = dict(zip(columns, values, strict=True))
            for column, text in row.items():
                if type(text) is str and (key_id := sealed_with(text)):
                    yield _Sealed(table, column, key_id, text, row, shown(row, keys))
