"""Find `-- not null:` lines that no statement needs.

A line applies to all variants of its block. Both dialect files may have the line even if only one database needs it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from hangar_dal.check.rules.unneeded_optional import CheckedStatement
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.rules import Finding, Rule

OVERRIDE_NEEDLESS: Final = Rule(
    "override-needless",
    "warning",
    "A `-- not null:` line is only written where `check` needs it.",
    """\
The column is known never to be NULL, in every variant and on both databases. Delete the line. If one database needs the
line, both dialect files may have it.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
-- not null: name: every item has a name
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)


def needless_overrides(answers: Sequence[CheckedStatement]) -> Iterator[Finding]:
    """Yield a finding for each dialect file; none if a dialect with the same line was not checked."""
    known: dict[tuple[DeclaredQuery, str], dict[str, list[CheckedStatement]]] = {}
    needed: set[tuple[DeclaredQuery, str]] = set()
    for answer in answers:
        query, block = answer.checked.query, answer.checked.block
        for place, column in enumerate(answer.info.columns):
            if column.name in block.not_null:
                known.setdefault((query, column.name), {}).setdefault(block.dialect, []).append(answer)
                if answer.info.nulls is None or answer.info.nulls[place] is not False:
                    needed.add((query, column.name))
    for (query, name), of_dialects in known.items():
        having = {dialect for dialect, block in query.blocks.items() if name in block.not_null}
        if (query, name) in needed or having != of_dialects.keys():
            continue
        for of_one in of_dialects.values():
            message = f"`-- not null: {name}`: the column is never NULL, and check knows this without the line"
            yield finding_at(of_one[0].checked, OVERRIDE_NEEDLESS, message, "delete the line")
