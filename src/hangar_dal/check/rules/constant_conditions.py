"""Find conditions that do not depend on the row: `a.x = a.x`, `:x = :x`, `JOIN b ON TRUE`, `OR TRUE`.

Finds subqueries too that select nothing but a column of the query around them.

Comparisons of two constants, as in `WHERE 1 = 1`, and CROSS JOIN are not reported, because they are intended. Builds
on `bind`.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.column_uses import assignments, sides
from hangar_dal.check.sql.parse import of_type, parameter_name
from hangar_dal.check.sql.same_values import same_value
from hangar_dal.check.sql.visible import cte_of
from hangar_dal.rules import Rule

CONDITION_CONSTANT: Final = Rule(
    "condition-constant",
    "error",
    "A condition depends on the row.",
    """\
`a.x = a.x`, `:x = :x`, `JOIN items ON TRUE` and `status = :status OR TRUE` are the same for every row. The reason is
often a column without its table: in the example, both sides are columns of `orders`. In
`DELETE FROM users WHERE id IN (SELECT id FROM orders)`, `id` is that of `users` if `orders` has no `id`, so that every
user is deleted. Write the table before each column. `WHERE TRUE`, `1 = 1` and `CROSS JOIN` are fine, and so is
`ON TRUE` for a subquery, a function or a table of one row.

A LIKE whose pattern ends in its escape character (`name LIKE 'C:\\'` on PostgreSQL, `LIKE 'C:\\' ESCAPE '\\'` on both)
matches no row, or raises an error on PostgreSQL. An ESCAPE with several characters is an error on both.
""",
    bad="""\
--- users.py
class User(Row):
    id: UUID
    email: str

@query
async def find_customer(db: Executor, id: UUID) -> User | None: ...
--- users.sql
-- name: find_customer
SELECT id, email
FROM users
WHERE id = :id
AND EXISTS (SELECT 1 FROM orders WHERE orders.user_id = user_id);
""",
    good="""\
--- users.sql
-- name: find_customer
SELECT id, email
FROM users
WHERE id = :id
AND EXISTS (SELECT 1 FROM orders WHERE orders.user_id = users.id);
""",
)
_COMPARISONS: Final = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Like, exp.ILike,
)  # fmt: skip


_ROWS: Final = (exp.From, exp.Join, exp.CTE, exp.Exists, exp.Insert, exp.Lateral)


def constant_conditions(binding: Binding) -> Iterator[Remark]:
    written = {id(pair) for pair, _ in assignments(binding.nodes)}
    for node in of_type(binding.nodes, *_COMPARISONS, exp.In, exp.Between):
        if id(node) not in written:
            yield from _with_itself(node, binding)
    for join in of_type(binding.nodes, exp.Join):
        if join.kind != "CROSS" and _is_true(join.args.get("on")) and _may_have_rows(join.this, binding):
            message = f"{join.this.name} is joined to every row, because its ON condition is always true"
            yield Remark(
                CONDITION_CONSTANT, join.this, message, "join by a key, or write CROSS JOIN if every pair is wanted"
            )
    for either in of_type(binding.nodes, exp.Or):
        for arm, other in ((either.this, either.expression), (either.expression, either.this)):
            if _is_true(arm) and isinstance(either.find_ancestor(exp.Where, exp.Join, exp.Having), exp.Expr):
                message = "OR with a condition that is always true keeps every row"
                yield Remark(CONDITION_CONSTANT, other, message, "delete the constant, or the whole condition")
    for select in of_type(binding.nodes, exp.Select):
        if select.args.get("from_") is not None and _is_value(select):
            yield from _of_outer_query(select, binding)


def _is_value(select: exp.Select) -> bool:
    """Return whether the query is a value or a list of values, so that it matters what it selects."""
    at: exp.Expr | None = select
    while isinstance(at, exp.Query) and not (isinstance(at, exp.Subquery) and at.alias):
        at = at.parent
    return at is not None and not isinstance(at, (exp.Query, *_ROWS))


def _of_outer_query(select: exp.Select, binding: Binding) -> Iterator[Remark]:
    """Yield a remark for each value that a subquery selects without reading a column of its own tables."""
    for value in select.expressions:
        columns = list(value.find_all(exp.Column))
        if not columns or value.find(exp.Query, exp.Star, exp.Case) is not None:
            continue
        found = [(column, binding.column(column)) for column in columns if not column.table]
        outer = [(column, ref) for column, ref in found if ref is not None and ref.statement is not select]
        if len(outer) == len(columns):
            column, ref = outer[0]
            owner = f"of {ref.source.alias}" if ref.source.alias else "of the query around it"
            sources = ", ".join(source.alias or "the function" for source in binding.sources(select))
            message = f"{column.name} is a column {owner}, because {sources} has no column of this name"
            yield Remark(
                CONDITION_CONSTANT, column, message, "select a column of the subquery, and write its table before it"
            )


def _with_itself(node: exp.Expr, binding: Binding) -> Iterator[Remark]:
    pairs = [(node.this, each) for each in node.expressions] if isinstance(node, exp.In) else list(sides(node))
    if isinstance(node, exp.Between):
        pairs = [(node.this, node.args["low"]), (node.this, node.args["high"])]
    for one, other in pairs:
        if name := _same_parameter(one, other):
            message = f":{name} is compared with itself, so the comparison is the same for every row"
            yield Remark(CONDITION_CONSTANT, one, message, "compare a column with the parameter")
        elif same_value(one, other, binding):
            message = f"{_spoken(one, other)}, so the comparison is the same for every row"
            yield Remark(
                CONDITION_CONSTANT, one, message, "write the name of the table that is meant before the column"
            )


def _same_parameter(one: exp.Expr, other: exp.Expr) -> str | None:
    """Return the name of the parameter if both sides are this parameter, else None."""
    one, other = one.unnest(), other.unnest()
    if isinstance(one, exp.Placeholder) and isinstance(other, exp.Placeholder) and one == other:
        return parameter_name(one)
    return None


def _spoken(one: exp.Expr, other: exp.Expr) -> str:
    left, right = one.sql(comments=False), other.sql(comments=False)
    return f"{left} is compared with itself" if left == right else f"{left} and {right} are the same column here"


def _is_true(condition: exp.Expr | None) -> bool:
    condition = condition.unnest() if condition is not None else None
    if isinstance(condition, exp.EQ):
        both = (condition.this, condition.expression)
        return all(isinstance(side, exp.Literal) for side in both) and both[0] == both[1]
    if isinstance(condition, exp.Literal):
        return not condition.is_string and condition.name == "1"
    return isinstance(condition, exp.Boolean) and bool(condition.this)


def _may_have_rows(source: exp.Expr, binding: Binding) -> bool:
    """Return whether the source is a table that may have many rows.

    A subquery or a function may return one row for each row of the tables before it, so that ON TRUE is correct.
    """
    table = binding.table(source) if cte_of(source, binding.dialect) is None else None
    return table is not None and () not in binding.tables.keys.get(table, ((),))
