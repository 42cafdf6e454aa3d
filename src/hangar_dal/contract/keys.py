"""What a probe's tables do not tell: which columns are keys, and which fill themselves. Stands above `facts`."""

import re
from dataclasses import replace
from typing import Final

from hangar_dal.contract.facts import TableColumn, Tables
from hangar_dal.migrations.schema import Column, Index, Schema, Table

_BEFORE_INSERT: Final = re.compile(r"^CREATE TRIGGER \S+ BEFORE .*\bINSERT\b.* ON ")


def with_keys(tables: Tables, schema: Schema) -> Tables:
    """The same tables, with what the schema that was read says of their keys and defaults."""
    columns = {name: dict(of_one) for name, of_one in tables.columns.items()}
    keys: dict[str, tuple[tuple[str, ...], ...]] = {}
    # On PostgreSQL such a trigger may fill any column of the row; SQLite's cannot.
    triggered = {other.table for other in schema.others if _BEFORE_INSERT.search(other.text)}
    for table in schema.tables:
        known = columns.get(table.name)
        if known is None:
            continue
        for column in table.columns:
            if column.name in known:
                fills_itself = table.name in triggered or _fills_itself(column, table)
                known[column.name] = replace(known[column.name], fills_itself=fills_itself)
        keys[table.name] = _keys(table, known)
    return Tables(columns, keys)


def indexed_columns(schema: Schema) -> dict[str, tuple[tuple[str, ...], ...]]:
    """By table the columns of each index that holds every row, those of keys among them."""
    return {
        table.name: tuple(
            dict.fromkeys(
                key
                for key in (
                    table.primary_key,
                    *(unique.columns for unique in table.uniques),
                    *(index.columns for index in table.indexes if index.valid and not _is_partial(index)),
                )
                if key
            )
        )
        for table in schema.tables
    }


def _is_partial(index: Index) -> bool:
    return " WHERE " in index.text.upper()


def _fills_itself(column: Column, table: Table) -> bool:
    is_rowid = table.primary_key == (column.name,) and column.type.upper() == "INTEGER"
    return column.default is not None or column.generated is not None or is_rowid


def _keys(table: Table, columns: dict[str, TableColumn]) -> tuple[tuple[str, ...], ...]:
    # An index with a condition is unique among some rows only; an expression is no column.
    indexes = [each.columns for each in table.indexes if each.unique and each.valid and not _is_partial(each)]
    found = [table.primary_key, *(unique.columns for unique in table.uniques), *indexes]
    plain = [tuple(name.removesuffix(" DESC").strip('"') for name in key) for key in found if key]
    return tuple(
        dict.fromkeys(key for key in plain if all(name in columns and not columns[name].nullable for name in key))
    )
