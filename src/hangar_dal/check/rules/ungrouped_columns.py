"""Find columns of a query with GROUP BY or an aggregate that SQLite takes from any row of the group.

PostgreSQL refuses such a statement.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import closure
from hangar_dal.check.ordering.one_row import scope_of, selecting
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import is_aggregate
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import of_type
from hangar_dal.rules import Rule

COLUMN_UNGROUPED: Final = Rule(
    "column-ungrouped",
    "error",
    "A column of a query with GROUP BY has one value in each group.",
    """\
If a selected column is neither in GROUP BY nor in an aggregate, SQLite takes its value from any row of the group.
PostgreSQL refuses such a statement, so only a catalog for SQLite alone can have one. A column that the keys of GROUP BY
determine, because they hold a unique key of its table, is accepted. So is every column beside a single `max()` or
`min()`: SQLite takes them from the row that has this value.
""",
    bad="""\
--- pyproject.toml
[tool.hangar_dal]
catalogs = ["shop.items:ITEMS"]
modules = ["shop"]
migrations = ["migrations"]
--- items.py
from pathlib import Path
from hangar_dal import Catalog

ITEMS = Catalog("items", dialects=["sqlite"], sql=Path(__file__).parent / "sql")

class Named(Row):
    name: str
    created_at: datetime
    items: int

@ITEMS.query
async def list_names(db: Executor, owner_id: UUID) -> list[Named]: ...
--- sqlite/items.sql
-- name: list_names
SELECT name, created_at, count(*) AS items
FROM items
WHERE owner_id = :owner_id
GROUP BY name
ORDER BY name;
""",
    good="""\
--- sqlite/items.sql
-- name: list_names
SELECT name, min(created_at) AS created_at, count(*) AS items
FROM items
WHERE owner_id = :owner_id
GROUP BY name
ORDER BY name;
""",
)
_CLAUSES: Final = ("group", "having", "order", "limit", "offset", "distinct", "windows")


def ungrouped_columns(binding: Binding) -> Iterator[Remark]:
    """Yield a remark for each column that has no certain value in its group."""
    for select in of_type(binding.nodes, exp.Select) if binding.dialect == "sqlite" else ():
        values = _values(select, binding)
        calls = [call for value in values for call in _calls(value)]
        is_one_row = len(calls) == 1 and isinstance(calls[0], exp.Max | exp.Min)
        if (select.args.get("group") is None and not calls) or is_one_row:
            continue
        try:
            yield from _judged(select, values, binding)
        except (NotUnderstood, RecursionError):
            continue


def _values(select: exp.Select, binding: Binding) -> list[exp.Expr]:
    """Return the values that the groups have: those of the select list, of HAVING and of ORDER BY."""
    outputs = binding.outputs(select) or ()
    selected = [each.value for each in outputs if each.value is not None]
    having, order = select.args.get("having"), select.args.get("order")
    sorted_by = order.expressions if order is not None else ()
    return [
        *selected,
        *([having.this] if having is not None else []),
        *(key.this for key in sorted_by if binding.output_of(key, select) is None),
    ]


def _judged(select: exp.Select, values: list[exp.Expr], binding: Binding) -> Iterator[Remark]:
    group = select.args.get("group")
    named = [(key.unnest(), binding.output_of(key, select)) for key in (group.expressions if group is not None else ())]
    keys = [output.value if output is not None and output.value is not None else key for key, output in named]
    bare = [column for value in values for column in _bare(value, keys)]
    rows = selecting((*keys, *bare), select, binding.tree, without=_CLAUSES)
    relation, scope = scope_of(rows, binding.dialect, binding.tables)
    if scope is None or not bare or len(relation.columns) != len(keys) + len(bare):
        return
    known = closure(relation.columns[: len(keys)], scope.all_rules())
    for column, attribute in zip(bare, relation.columns[len(keys) :], strict=True):
        if attribute not in known:
            message = f"{column.name} is neither in GROUP BY nor in an aggregate, and SQLite takes it from any row"
            fix = f"add it to GROUP BY, or write max({column.name}) or another aggregate"
            star = next((each for each in select.expressions if each.is_star), select)
            yield Remark(COLUMN_UNGROUPED, column if "start" in column.this.meta else star, message, fix)
            return


def _bare(value: exp.Expr, keys: list[exp.Expr]) -> Iterator[exp.Column]:
    """Yield the columns of a value outside of aggregates, window functions, subqueries and keys of GROUP BY."""
    pruned = (exp.AggFunc, exp.Filter, exp.Window, exp.Query)
    walked = value.walk(prune=lambda node: isinstance(node, pruned) or node in keys or _may_be_aggregate(node))
    for node in walked:
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star) and node not in keys:
            yield node


def _calls(value: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the aggregate calls of a value."""
    for node in value.walk(prune=lambda node: isinstance(node, exp.Window | exp.Query)):
        if isinstance(node, exp.AggFunc) or _may_be_aggregate(node):
            yield node


def _may_be_aggregate(node: exp.Expr) -> bool:
    """Return whether this is an aggregate without a class of its own, or a function that may be one."""
    return isinstance(node, exp.Anonymous) and is_aggregate(node) is not False
