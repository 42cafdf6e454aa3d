"""Find ON CONFLICT with a unique key that PostgreSQL checks later, because it is DEFERRABLE.

PostgreSQL prepares such a statement, and refuses each call.
"""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.rules.parameters import STATEMENT_REFUSED
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import of_type
from hangar_dal.check.sql.visible import target_of


def deferrable_keys(binding: Binding) -> Iterator[Remark]:
    for insert in of_type(binding.nodes, exp.Insert):
        conflict, target = insert.args.get("conflict"), target_of(insert)
        table = binding.table(target) if conflict is not None else None
        if conflict is None or target is None or table is None:
            continue
        constraint = conflict.args.get("constraint")
        named = {key.name.lower() for key in conflict.args.get("conflict_keys") or ()}
        for name, columns in binding.tables.deferrable.get(table, {}).items():
            if constraint is not None:
                is_arbiter = name.lower() == constraint.name.lower()
            else:
                is_arbiter = not named or named == {column.lower() for column in columns}
            if is_arbiter:
                key = ", ".join(columns)
                message = f"PostgreSQL refuses each call: ON CONFLICT cannot use the unique key ({key}), because it is "
                message += "DEFERRABLE"
                yield Remark(STATEMENT_REFUSED, target, message, "make the key NOT DEFERRABLE in a migration")
                break
