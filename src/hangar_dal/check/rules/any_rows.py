"""Find LIMIT without ORDER BY if WHERE fixes no unique key, so that LIMIT takes any of several rows.

If WHERE has no equality at all, `query.row_order` reports the LIMIT. Finds also the LIMIT of a subquery whose ORDER BY
leaves ties. Those of the whole statement are `list-unordered` and `row-ordered`.
"""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.meanings.scalar_subqueries import with_outer_columns_as_parameters
from hangar_dal.check.ordering.one_row import unkeyed_query, with_queries
from hangar_dal.check.ordering.ties import ties_of_tree
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import conjuncts, of_type
from hangar_dal.query.row_order import LIMIT_UNORDERED


def any_rows(binding: Binding) -> Iterator[Remark]:
    """Yield a remark for each such query, also for subqueries. Omits queries that may find at most one row."""
    for select in of_type(binding.nodes, exp.Select):
        limit, where = select.args.get("limit"), select.args.get("where")
        if limit is None or where is None or select.args.get("order") is not None or where.find(exp.EQ) is None:
            continue
        if isinstance(select.parent, exp.Exists):
            continue
        whole = select.copy()
        for clause in ("limit", "offset"):
            whole.set(clause, None)
        if isinstance(limit.expression, exp.Placeholder):
            _without_exists(whole)
        if lacking := unkeyed_query(whole, binding.tree, binding.dialect, binding.tables):
            message = f"LIMIT without ORDER BY returns any rows: WHERE fixes no unique key of {' and '.join(lacking)}"
            yield Remark(LIMIT_UNORDERED, limit, message, "write an ORDER BY before it")


def tied_rows(binding: Binding) -> Iterator[Remark]:
    """Yield a remark for each LIMIT of a subquery that takes some of several rows that tie in its ORDER BY.

    Omits queries that lock their rows, because SKIP LOCKED takes any rows, and those whose rows are only counted. A
    sort key that is a subquery may be unique.
    """
    for select in of_type(binding.nodes, exp.Select):
        limit, order = select.args.get("limit"), select.args.get("order")
        if limit is None or order is None or order.find(exp.Query) is not None or select is binding.tree:
            continue
        if select.args.get("locks") or _is_only_counted(select):
            continue
        try:
            alone = with_queries(binding.tree, with_outer_columns_as_parameters(select, binding))
        except NotUnderstood:
            continue
        if lacking := ties_of_tree(alone, binding.dialect, binding.tables):
            message = "LIMIT takes any of the rows that tie: the ORDER BY holds no unique NOT NULL key of "
            yield Remark(LIMIT_UNORDERED, limit, f"{message}{' and '.join(lacking)}", "end it with the primary key")


def _is_only_counted(select: exp.Select) -> bool:
    """Return whether it only matters how many rows the query has: in EXISTS, or below count(*)."""
    outer = select.parent_select
    counts = outer is not None and all(isinstance(value.unalias(), exp.Count) for value in outer.expressions)
    return isinstance(select.parent, exp.Exists) or (
        counts and isinstance(select.find_ancestor(exp.From, exp.Where), exp.From)
    )


def _without_exists(select: exp.Select) -> None:
    """Replace the EXISTS conditions of WHERE by TRUE.

    EXISTS may fix a key, so that one row is left. But a LIMIT with a parameter means that several rows are expected.
    """
    for held in conjuncts(select.args.get("where")):
        if isinstance(held.unnest(), exp.Exists):
            held.replace(exp.true())
