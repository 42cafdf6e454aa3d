"""Short names of types and keys. The lowest module of the views."""

import re
from typing import Final

from hangar_dal.migrations.schema import Column, Table

_SHORT: Final = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "double precision": "float8",
    "character varying": "varchar",
    "character": "char",
}
_LONG_NAME: Final = re.compile("|".join(map(re.escape, _SHORT)))
_COLLATION: Final = re.compile(r" COLLATE \S+$")


def short_type(column: Column) -> str:
    """Return the short name of the column's type, without its collation."""
    return _LONG_NAME.sub(lambda match: _SHORT[match[0]], _COLLATION.sub("", column.type))


def key_marks(table: Table, column: Column) -> tuple[str, ...]:
    """Return the keys that the column is part of: `PK`, `FK`, `UK`. A unique index counts as `UK`."""
    marks: list[str] = []
    if column.name in table.primary_key:
        marks.append("PK")
    if any(column.name in key.columns for key in table.foreign_keys):
        marks.append("FK")
    if column.name in unique_columns(table):
        marks.append("UK")
    return tuple(marks)


def unique_columns(table: Table) -> frozenset[str]:
    """Return the columns that are unique by themselves."""
    keys = [unique.columns for unique in table.uniques]
    keys += [index.columns for index in table.indexes if index.unique and not index.where]
    return frozenset(columns[0].removesuffix(" DESC") for columns in keys if len(columns) == 1)


def is_unique(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether the columns contain a unique key, so that at most one row has the same values in them."""
    whole = [table.primary_key, *(unique.columns for unique in table.uniques)]
    return any(key and set(key) <= set(columns) for key in whole) or bool(unique_columns(table) & set(columns))
