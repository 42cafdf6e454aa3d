"""What a probe's tables do not tell: which columns are keys, and which fill themselves. Stands above `facts`."""

from dataclasses import replace

from hangar_dal.contract.facts import TableColumn, Tables
from hangar_dal.migrations.schema import Column, Schema, Table


def with_keys(tables: Tables, schema: Schema) -> Tables:
    """The same tables, with what the schema that was read says of their keys and defaults."""
    columns = {name: dict(of_one) for name, of_one in tables.columns.items()}
    keys: dict[str, tuple[tuple[str, ...], ...]] = {}
    for table in schema.tables:
        known = columns.get(table.name)
        if known is None:
            continue
        for column in table.columns:
            if column.name in known:
                known[column.name] = replace(known[column.name], fills_itself=_fills_itself(column, table))
        keys[table.name] = _keys(table, known)
    return Tables(columns, keys)


def _fills_itself(column: Column, table: Table) -> bool:
    is_rowid = table.primary_key == (column.name,) and column.type.upper() == "INTEGER"
    return column.default is not None or column.generated is not None or is_rowid


def _keys(table: Table, columns: dict[str, TableColumn]) -> tuple[tuple[str, ...], ...]:
    # An index with a condition is unique among some rows only; an expression is no column.
    indexes = [
        each.columns for each in table.indexes if each.unique and each.valid and " WHERE " not in each.text.upper()
    ]
    found = [table.primary_key, *(unique.columns for unique in table.uniques), *indexes]
    plain = [tuple(name.removesuffix(" DESC").strip('"') for name in key) for key in found if key]
    return tuple(
        dict.fromkeys(key for key in plain if all(name in columns and not columns[name].nullable for name in key))
    )
