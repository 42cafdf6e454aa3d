"""Find NOT IN with values of which one may be NULL, so that the condition holds for no row.

`5 NOT IN (1, NULL)` is NULL, because the unknown value might be 5.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.columns import outputs_of
from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.ordering.one_row import with_queries
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import of_type
from hangar_dal.check.sql.rejected_nulls import strict
from hangar_dal.rules import Rule

NOT_IN_NULL: Final = Rule(
    "not-in-null",
    "error",
    "No value after NOT IN may be NULL, because the condition would then hold for no row.",
    """\
As soon as one of the values is NULL, the condition is NULL for each row that would pass, so the statement finds
nothing. Write `IS NOT NULL` in the subquery, or
`NOT EXISTS (SELECT 1 FROM items AS newer WHERE newer.replaces_id = items.id)`. The same is reported for
`<> ALL (SELECT ...)`, for `NOT IN (1, NULL)` and for `max()` and the like without GROUP BY, which are NULL if there
is no row.
""",
    bad="""\
--- items.py
@query
async def list_current_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_current_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
AND id NOT IN (SELECT replaces_id FROM items WHERE owner_id = :owner_id)
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_current_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
AND id NOT IN (
    SELECT replaces_id FROM items
    WHERE owner_id = :owner_id AND replaces_id IS NOT NULL
)
ORDER BY id;
""",
)
_OF_ALL_ROWS: Final = (exp.Max, exp.Min, exp.Sum, exp.Avg)


def not_in(binding: Binding) -> Iterator[Remark]:
    for test, query in _excluded(binding.nodes):
        nulls = [each for each in test.expressions if isinstance(each, exp.Null)]
        if nulls:
            yield Remark(
                NOT_IN_NULL, nulls[0], "NOT IN a list with NULL holds for no row", "leave NULL out of the list"
            )
        for select in _arms(query):
            value = select.expressions[0]
            if _may_give_null(select, binding):
                shown = value.unalias().sql(comments=False)
                message = f"{shown} may be NULL, and NOT IN a query that gives NULL holds for no row"
                yield Remark(
                    NOT_IN_NULL, value, message, f"add `{shown} IS NOT NULL` to the query, or write NOT EXISTS"
                )


def _excluded(nodes: Sequence[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr | None]]:
    """Yield each `NOT IN` and `<> ALL`, with its query or None."""
    for negation in of_type(nodes, exp.Not):
        test = negation.this.unnest()
        if isinstance(test, exp.In):
            query = test.args.get("query")
            yield test, query.unnest() if query is not None else None
    for test in of_type(nodes, exp.NEQ):
        if isinstance(test.expression, exp.All):
            yield test, test.expression.this.unnest()


def _arms(query: exp.Expr | None) -> Iterator[exp.Select]:
    """Yield the SELECT of a query with one column, or each SELECT of a UNION."""
    if isinstance(query, exp.Union):
        yield from _arms(query.this.unnest())
        yield from _arms(query.expression.unnest())
    elif isinstance(query, exp.Select) and len(query.expressions) == 1:
        yield query


def _may_give_null(select: exp.Select, binding: Binding) -> bool:
    value = select.expressions[0].unalias()
    if isinstance(value, _OF_ALL_ROWS) and not select.args.get("group") and not select.args.get("having"):
        return True  # it is NULL if there are no rows
    asked = with_queries(binding.tree, select.copy())
    if columns := [*strict(value)]:
        asked.set("expressions", [each.copy() for each in columns])
    try:
        return any(
            output.may_be_null
            for output in outputs_of(asked, NullScope(Binding(asked, binding.dialect, binding.tables)))
        )
    except (NotUnderstood, RecursionError):
        return False
