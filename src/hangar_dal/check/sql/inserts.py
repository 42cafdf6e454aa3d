"""Find the columns that an INSERT must give but leaves out."""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import bind
from hangar_dal.check.sql.parse import of_type
from hangar_dal.check.sql.visible import target_of
from hangar_dal.sqlscan import Dialect


def missing_columns(text: str, dialect: Dialect, tables: Tables) -> Iterator[tuple[str, str]]:
    """Yield the table and the name of each NOT NULL column without a default that an INSERT leaves out."""
    binding = bind(text, dialect, tables)
    if binding is None:
        return
    for insert in of_type(binding.nodes, exp.Insert):
        table = binding.table(target_of(insert))
        listed = isinstance(insert.this, exp.Schema)
        if not (listed or insert.args.get("default")) or table is None:
            continue
        given = {column.name.lower() for column in insert.this.expressions} if listed else set()
        for column in tables.columns[table].values():
            if not column.nullable and not column.fills_itself and column.name.lower() not in given:
                yield table, column.name
