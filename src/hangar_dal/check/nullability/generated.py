"""Determine which generated columns are never NULL, from the expressions that give their values."""

from dataclasses import replace
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.columns import nullable_columns
from hangar_dal.database.rows_by_key import quoted
from hangar_dal.migrations.formatting import readable
from hangar_dal.migrations.schema import Schema
from hangar_dal.sqlscan import Dialect

_KEPT: Final = (" stored", " virtual")  # what SQLite's expressions end with


def with_generated(tables: Tables, schema: Schema, dialect: Dialect) -> Tables:
    """Return the tables in which no generated column is nullable whose expression is never NULL."""
    columns = {name: dict(of_one) for name, of_one in tables.columns.items()}
    stored = replace(tables, keys=dict.fromkeys(columns, ()))  # without keys, they would be views
    for table in schema.tables:
        for column in table.columns:
            known = columns.get(table.name, {}).get(column.name)
            if known is not None and known.nullable and column.generated is not None:
                value = column.generated.removesuffix(_KEPT[0]).removesuffix(_KEPT[1])
                source = ".".join(map(quoted, table.name.split(".")))
                text = f"SELECT {readable(value)} FROM {source}"  # noqa: S608 - of the migrations
                if nullable_columns(text, dialect, stored) == (False,):
                    columns[table.name][column.name] = replace(known, nullable=False)
    return replace(tables, columns=columns)
