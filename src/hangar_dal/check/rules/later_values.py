"""Find columns in RETURNING that a trigger of SQLite changes afterwards."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import of_type
from hangar_dal.check.sql.visible import target_of
from hangar_dal.rules import Rule

RETURNING_EARLY: Final = Rule(
    "returning-early",
    "error",
    "RETURNING has no column that a trigger changes afterwards.",
    """\
SQLite runs AFTER triggers when RETURNING has been evaluated. If such a trigger updates the written row, the statement
returns the value from before. On PostgreSQL, a BEFORE trigger changes the row first, so the same statement returns the
new value. Leave the column out of RETURNING and read the row in the same transaction, or set the column in the
statement and drop the trigger.

Reported are triggers without WHEN, or with `WHEN new.changed_at = old.changed_at`, which change the row by its key. The
functions of PostgreSQL's own AFTER triggers are not read.
""",
    bad="""\
--- notes.py
@query
async def edit_note(db: Executor, id: UUID, body: str) -> datetime | None: ...
--- notes.sql
-- name: edit_note
UPDATE notes
SET body = :body
WHERE id = :id
RETURNING changed_at;
""",
    good="""\
--- notes.py
@query
async def edit_note(db: Executor, id: UUID, body: str) -> RowCount: ...
@query
async def get_change(db: Executor, id: UUID) -> datetime: ...
--- notes.sql
-- name: edit_note
UPDATE notes
SET body = :body
WHERE id = :id;

-- name: get_change
SELECT changed_at
FROM notes
WHERE id = :id;
""",
)


def later_values(binding: Binding) -> Iterator[Remark]:
    for write in of_type(binding.nodes, exp.Insert, exp.Update):
        returning, target = write.args.get("returning"), target_of(write)
        table = binding.table(target) if target is not None else None
        changed = set(_changed(binding, write, table)) if returning is not None and table is not None else set()
        for node in returning.find_all(exp.Column, exp.Star) if returning is not None and changed else ():
            found = sorted(changed) if isinstance(node, exp.Star) else [_name(binding, node, table)]
            if changed.issuperset(found):
                message = f"RETURNING gives {', '.join(map(str, found))} from before the trigger that changes it after "
                message += f"the {write.key}"
                yield Remark(RETURNING_EARLY, node, message, "read the row afterwards, in the same transaction")


def _name(binding: Binding, node: exp.Expr, table: str | None) -> str | None:
    origin = binding.origin(node)
    return origin[1] if origin is not None and origin[0] == table else None


def _changed(binding: Binding, write: exp.Expr, table: str) -> Iterator[str]:
    """Yield the columns that triggers change after the events of the statement."""
    conflict = write.args.get("conflict")
    pairs = write.expressions if isinstance(write, exp.Update) else conflict.expressions if conflict else []
    assigned = {name for pair in pairs for name in _names(pair)}
    for later in binding.tables.later.get(table, ()):
        is_update = bool(assigned.intersection(later.of) if later.of else assigned) and later.unless not in assigned
        if is_update if later.event == "update" else isinstance(write, exp.Insert):
            yield from later.columns


def _names(pair: exp.Expr) -> list[str]:
    """Return the columns that `a = 1` or `(a, b) = (1, 2)` assigns."""
    return [column.name.lower() for column in pair.this.find_all(exp.Column)] if isinstance(pair, exp.EQ) else []
