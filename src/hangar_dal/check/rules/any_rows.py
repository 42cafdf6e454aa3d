"""Find LIMIT without ORDER BY if WHERE fixes no unique key, so that LIMIT takes any of several rows.

If WHERE has no equality at all, `query.row_order` reports the LIMIT.
"""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.ordering.one_row import unkeyed_query
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
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


def _without_exists(select: exp.Select) -> None:
    """Replace the EXISTS conditions of WHERE by TRUE.

    EXISTS may fix a key, so that one row is left. But a LIMIT with a parameter means that several rows are expected.
    """
    for held in conjuncts(select.args.get("where")):
        if isinstance(held.unnest(), exp.Exists):
            held.replace(exp.true())
