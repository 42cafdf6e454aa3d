"""Find outer joins that act as inner joins, because a later comparison drops the rows that they add.

The condition may be outside of the subquery that has the join.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.padded_rows import Dropping, Padding, droppings, padding
from hangar_dal.check.sql.parse import conjuncts, disjuncts, of_type
from hangar_dal.check.sql.rejected_nulls import rejecting
from hangar_dal.rules import Rule

OUTER_JOIN_UNDONE: Final = Rule(
    "outer-join-undone",
    "error",
    "No condition drops the rows that an outer join adds.",
    """\
For an item without orders, each column of `orders` is NULL, so a comparison in WHERE drops the row that LEFT JOIN has
added. The ON of a later INNER JOIN does the same, and so does a WHERE outside of the subquery or the query of WITH
that has the join. Move the comparison into the ON of the outer join, or write INNER JOIN. `IS NULL`, `IS NOT NULL`
and lines behind `-- when` are fine. A subquery with a window function or LIMIT, which count the added rows, is left
alone, and so is a query of WITH that is read twice.

USING counts like ON: `users LEFT JOIN orders ON ... INNER JOIN payments USING (order_id)` needs an order, if only
`orders` has that column.
""",
    bad="""\
--- items.py
class ItemOrders(Row):
    id: UUID
    orders: int

@query
async def list_item_orders(
    db: Executor, owner_id: UUID, since: datetime
) -> list[ItemOrders]: ...
--- items.sql
-- name: list_item_orders
SELECT
    items.id,
    count(orders.id) AS orders
FROM items
LEFT JOIN orders ON orders.item_id = items.id
WHERE items.owner_id = :owner_id AND orders.created_at >= :since
GROUP BY items.id
ORDER BY items.id;
""",
    good="""\
--- items.sql
-- name: list_item_orders
SELECT
    items.id,
    count(orders.id) AS orders
FROM items
LEFT JOIN orders ON orders.item_id = items.id AND orders.created_at >= :since
WHERE items.owner_id = :owner_id
GROUP BY items.id
ORDER BY items.id;
""",
)


def outer_joins(binding: Binding) -> Iterator[Remark]:
    if not any(join.side for join in of_type(binding.nodes, exp.Join)):
        return
    for scope in of_type(binding.nodes, exp.Select, exp.Update, exp.Delete):
        for dropping in droppings(scope, binding):
            for test in conjuncts(dropping.condition):
                for (_, kind), column in _dropped(test, scope, dropping, binding).items():
                    message = (
                        f"{dropping.clause} compares {column.sql(comments=False)}, which is NULL in the rows that "
                    )
                    message += f"the {kind} JOIN adds, so none of these rows is left"
                    fix = "move the comparison into the ON of that join, or write INNER JOIN"
                    yield Remark(OUTER_JOIN_UNDONE, column, message, fix, always=True)


def _dropped(test: exp.Expr, scope: exp.Expr, dropping: Dropping, binding: Binding) -> dict[Padding, exp.Column]:
    """Return the outer joins whose added rows do not pass the condition, each with a column that it compares.

    If the condition is an OR, the rows must not pass any of its arms.
    """
    arms: list[dict[Padding, exp.Column]] = []
    for arm in disjuncts(test.unnest()):
        found: dict[Padding, exp.Column] = {}
        for held in conjuncts(arm):
            for column in rejecting(held.unnest()):
                if (place := padding(column, scope, dropping, binding)) is not None:
                    found.setdefault(place, column)
        arms.append(found)
    return {place: column for place, column in arms[0].items() if all(place in arm for arm in arms)}
