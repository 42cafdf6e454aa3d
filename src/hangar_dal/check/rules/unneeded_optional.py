"""Find fields with `| None` that no query fills with NULL.

Many statements on both databases may return the same model. A field is reported only if none of them needs the None.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from hangar_dal.check.rules.result_columns import result_fields
from hangar_dal.check.rules.results import may_be_null
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.check.statements.locations import column_at, finding_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.rules import Finding, Rule


class CheckedStatement(NamedTuple):
    """A statement, and what is known about it on its database."""

    checked: CheckedVariant
    info: StatementInfo


NULL_NEEDLESS: Final = Rule(
    "null-needless",
    "warning",
    "A field accepts None only if its column may be NULL.",
    """\
The field is NULL in no query that reads the model, on either database. Remove `| None`.
""",
    bad="""\
--- items.py
class PricedItem(Row):
    id: UUID
    price: int | None

@query
async def list_prices(db: Executor, owner_id: UUID) -> list[PricedItem]: ...
--- items.sql
-- name: list_prices
SELECT id, price
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.py
class PricedItem(Row):
    id: UUID
    price: int

@query
async def list_prices(db: Executor, owner_id: UUID) -> list[PricedItem]: ...
""",
)


def too_loose(answers: Iterable[CheckedStatement]) -> Iterator[Finding]:
    """Yield one finding for each field, at the first column that is read into it."""
    first: dict[tuple[object, str], Finding] = {}
    needed: set[tuple[object, str]] = set()
    for answer in answers:
        result, fields = answer.checked.query.signature.result, result_fields(answer.checked)
        if fields is None or "" in fields or result.model is None:
            continue
        for place, column in enumerate(answer.info.columns):
            value, key = fields.get(column.name), (result.model, column.name)
            if value is None or not value.optional:
                continue
            if may_be_null(answer.checked, column, place, answer.info.nulls) is not False:
                needed.add(key)
            if key in needed or key in first:
                continue
            message = f"{result.model.__name__}.{column.name} allows None, and its column is never NULL"
            at = column_at(answer.checked, column.name)
            fix = "remove `| None` from the field"
            first[key] = finding_at(answer.checked, NULL_NEEDLESS, message, fix, at=at)
    yield from (finding for key, finding in first.items() if key not in needed)
