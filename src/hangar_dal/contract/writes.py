"""What a write leaves out, and what writes unseen. Stands above `syntax`."""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.contract.facts import Described, Tables
from hangar_dal.contract.finding import Finding
from hangar_dal.contract.place import found
from hangar_dal.contract.syntax import parsed, target
from hangar_dal.contract.variants import CheckedVariant


def compare_writes(checked: CheckedVariant, described: Described, tables: Tables) -> Iterator[Finding]:
    """Columns that an INSERT must give; a statement that writes where its words do not say so."""
    if described.reads_only is False and not checked.block.writes:
        message = "the statement writes, and neither its verb nor a FOR UPDATE says so"
        yield found(checked, "write-unseen", message, "write what it changes as INSERT, UPDATE or DELETE")
    tree = parsed(checked.variant.text, checked.block.dialect)
    for insert in tree.find_all(exp.Insert) if tree is not None else ():
        table = target(insert)
        if not isinstance(insert.this, exp.Schema) or table is None or table not in tables.columns:
            continue
        given = {column.name.lower() for column in insert.this.expressions}
        for column in tables.columns[table].values():
            if not column.nullable and not column.fills_itself and column.name.lower() not in given:
                message = f"{table}.{column.name} is NOT NULL without a default, and this INSERT leaves it out"
                yield found(checked, "required-column", message, "insert it, or give it a default in a migration")
