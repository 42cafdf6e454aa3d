"""Short names of types and keys, and the definitions of indexes. The lowest module of the views."""

import re
from typing import Final

from hangar_dal.migrations.formatting import readable
from hangar_dal.migrations.schema import Column, Index, Table
from hangar_dal.sqlscan import Dialect, Kind, tokens_of

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
_NAMES: Final = (Kind.WORD, Kind.NAME)
_BTREE: Final = re.compile("^USING btree ")
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
    return frozenset(columns[0] for columns in _whole_keys(table) if len(columns) == 1)


def is_unique(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether the columns contain a unique key, so that at most one row has the same values in them."""
    return any(key and set(key) <= set(columns) for key in (table.primary_key, *_whole_keys(table)))


def special_keys(table: Table, column: Column) -> tuple[str, ...]:
    """Return the definitions of the unique keys that begin with this column and that `UK` does not describe.

    These are keys of some rows only, keys with expressions, and keys for which NULL is a value like others. A key with
    an expression belongs to the first column in its definition.
    """
    told = [f"unique {unique.text}" for unique in table.uniques if column.name == unique.columns[0] and unique.options]
    for index in table.indexes:
        is_whole = _columns(index) in _whole_keys(table)
        if index.unique and not (is_whole and not index.nulls_not_distinct) and column.name == _first(table, index):
            told.append(f"unique {definition(index)}")
    return tuple(told)


def definition(index: Index) -> str:
    """Return the definition without the names of the index and of its table: `(lower(email)) WHERE is_active`.

    Also without `USING btree`, the default.
    """
    tokens = tokens_of(index.text, _dialect(index))
    on = next(at for at, token in enumerate(tokens) if token.text.upper() == "ON")
    start = next(token.start for token in tokens[on:] if token.text == "(" or token.text.upper() == "USING")
    return readable(_BTREE.sub("", index.text[start:])) + ("" if index.valid else " (invalid: its build failed)")


def _columns(index: Index) -> tuple[str, ...]:
    """Return the columns of an index, without quotes and order. An expression is not a column."""
    return tuple(key.removesuffix(" DESC").strip('"') for key in index.columns)


def _whole_keys(table: Table) -> list[tuple[str, ...]]:
    """Return the unique keys of all rows whose parts are columns."""
    names = {column.name for column in table.columns}
    indexes = [_columns(index) for index in table.indexes if index.unique and index.valid and not index.where]
    return [
        *(unique.columns for unique in table.uniques),
        *(columns for columns in indexes if names.issuperset(columns)),
    ]


def _first(table: Table, index: Index) -> str:
    """Return the column of the table that is named first in the definition of the index."""
    names = {column.name for column in table.columns}
    words = (token.text.strip('"') for token in tokens_of(definition(index), _dialect(index)) if token.kind in _NAMES)
    return next((word for word in words if word in names), "")


def _dialect(index: Index) -> Dialect:
    """Return the dialect of the index's text. The words of SQLite's texts are in lower case."""
    return "postgresql" if index.text.startswith("CREATE") else "sqlite"
