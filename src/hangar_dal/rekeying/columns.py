"""Find the columns with sealed values in the live schema, by the declarations of the catalogs."""

from collections.abc import Iterable
from dataclasses import dataclass

from hangar_dal.migrations.schema import Schema, Table
from hangar_dal.query import Catalog
from hangar_dal.query.sealed import sealed_values
from hangar_dal.query.signature import read_signature
from hangar_dal.sealing import Sealed


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values, with the primary key of its table in `key`.

    `seals` are all declarations of the column in the catalogs. They may differ.
    """

    table: str
    column: str
    key: tuple[str, ...]
    seals: tuple[Sealed, ...]

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def bound(self) -> tuple[str, ...]:
        """The columns to which any of the declarations binds the value, without duplicates."""
        return tuple(dict.fromkeys(name for seal in self.seals for name in seal.bind))


def sealed_columns(catalogs: Iterable[Catalog], schema: Schema) -> tuple[list[SealedColumn], list[str]]:
    """Return the sealed columns that the catalogs' queries declare, and a sentence for each column that is left out."""
    declared: dict[tuple[str, str], dict[Sealed, None]] = {}
    for catalog in catalogs:
        for query in catalog.queries.values():
            for _, sealed in sealed_values(read_signature(query.function)):
                place = (sealed.table.rpartition(".")[2].lower(), sealed.column.lower())
                declared.setdefault(place, {})[sealed] = None
    tables = {table.name.lower(): table for table in schema.tables}
    columns, left_out = [], []
    for (name, column), seals in sorted(declared.items()):
        table = tables.get(name)
        if reason := _unfit(table, column, seals):
            left_out.append(f"{name}.{column}: {reason}")
        elif table is not None:
            columns.append(SealedColumn(table.name, _names(table)[column], table.primary_key, tuple(seals)))
    return columns, left_out


def _unfit(table: Table | None, column: str, seals: Iterable[Sealed]) -> str:
    if table is None:
        return "the database has no such table"
    names = _names(table)
    if column not in names:
        return "the table has no such column"
    if not table.primary_key:
        return "the table has no primary key"
    if nullable := _nullable_key(table):
        return (
            f"{nullable} of its primary key is nullable, and rows with NULL in it cannot be found; declare it NOT NULL"
        )
    missing = [name for seal in seals for name in seal.bind if name not in names.values()]
    return f"it is bound to {missing[0]}, and the table has no such column" if missing else ""


def _nullable_key(table: Table) -> str | None:
    """Return a column of the primary key that accepts NULL, as in SQLite tables that are not STRICT; None if none."""
    key = [column for column in table.columns if column.name in table.primary_key]
    if [column.type for column in key] == ["integer"]:  # SQLite's rowid, which is never NULL
        return None
    return next((column.name for column in key if column.nullable), None)


def _names(table: Table) -> dict[str, str]:
    """Map each column name in lower case, as PostgreSQL stores it, to the name in the schema."""
    return {column.name.lower(): column.name for column in table.columns}
