"""Add the keys of each table, and the columns that the database fills, to the tables that a probe describes."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from hangar_dal.check.databases.trigger_writes import later_writes
from hangar_dal.check.model import NullableUniqueKey, TableColumn, Tables
from hangar_dal.migrations.schema import Column, Schema, Table

_BEFORE_INSERT: Final = re.compile(r"^CREATE TRIGGER \S+ BEFORE .*\bINSERT\b.* ON ")
_BEFORE: Final = re.compile(r"^CREATE (?:CONSTRAINT )?TRIGGER \S+ BEFORE ")
_PARENTHESES: Final = re.compile(r"[()]|^CHECK\b")


def with_keys(tables: Tables, schema: Schema) -> Tables:
    """Return the tables with their keys, and with the columns that the database fills, as the schema shows them."""
    columns = {name: dict(of_one) for name, of_one in tables.columns.items()}
    keys: dict[str, tuple[tuple[str, ...], ...]] = {}
    loose = dict(tables.loose)
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
        found = dict.fromkeys(_uniques(table, known))
        keys[table.name] = tuple(key.columns for key, is_full in found if is_full)
        if _has_one_row(table, known):
            keys[table.name] = ((), *keys[table.name])
        if others := tuple(key for key, is_full in found if not is_full):
            loose[table.name] = (*loose.get(table.name, ()), *others)
    return replace(
        tables,
        columns=columns,
        keys=keys,
        loose=loose,
        triggered=_triggered(schema),
        later=later_writes(schema),
    )


def _triggered(schema: Schema) -> dict[str, bool]:
    """Return the tables with a trigger before a write, or with a rule. One of a partition counts for its table too."""
    found = {other.table: True for other in schema.others if other.kind == "rule" or _BEFORE.search(other.text)}
    parents = {table.name: table.partition_of for table in schema.tables if table.partition_of}
    for name in [*found]:
        while name in parents:
            name = parents[name]  # noqa: PLW2901 - from the partition up
            found[name] = True
    return found


def indexed_columns(schema: Schema) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the columns of each index and key of a table, by table. Omits partial and invalid indexes."""
    return {
        table.name: tuple(
            dict.fromkeys(
                key
                for key in (
                    table.primary_key,
                    *(unique.columns for unique in table.uniques),
                    *(index.columns for index in table.indexes if index.valid and not index.where),
                )
                if key
            )
        )
        for table in schema.tables
    }


def _has_one_row(table: Table, columns: dict[str, TableColumn]) -> bool:
    """Return whether a CHECK allows one value of the primary key only: `id integer PRIMARY KEY CHECK (id = 1)`."""
    if len(table.primary_key) != 1 or table.primary_key[0] not in columns:
        return False
    column = columns[table.primary_key[0]]
    rules = (_PARENTHESES.sub(" ", check.rule).lower().split() for check in table.checks)
    name = column.name.lower()
    return len(column.allowed) == 1 or any(
        rule in ([name], [name, "=", "true"], [name, "is", "true"]) for rule in rules
    )


def _fills_itself(column: Column, table: Table) -> bool:
    is_rowid = table.primary_key == (column.name,) and column.type.upper() == "INTEGER"
    return column.default is not None or column.generated is not None or is_rowid


def _uniques(table: Table, columns: dict[str, TableColumn]) -> Iterator[tuple[NullableUniqueKey, bool]]:
    """Yield each unique key, and whether no two rows have equal values in it.

    Rows with NULL in a column may have equal values, unless NULLS NOT DISTINCT is set.
    """
    given = [(table.primary_key, "", False)] if table.primary_key else []
    given += [(unique.columns, "", "nulls not distinct" in unique.options) for unique in table.uniques]
    given += [
        (each.columns, each.where, each.nulls_not_distinct) for each in table.indexes if each.unique and each.valid
    ]
    for names, where, one_null in given:
        plain = [name.removesuffix(" DESC").strip('"') for name in names]
        known = tuple(name if name in columns else "" for name in plain)
        is_full = all(known) and not where
        holds_null = any(columns[name].nullable for name in known if name)
        yield NullableUniqueKey(known, where), is_full and (one_null or not holds_null)
