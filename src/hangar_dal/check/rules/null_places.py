"""Find sort keys that may be NULL without NULLS FIRST or NULLS LAST, in windows, aggregates and subqueries with LIMIT.

`ordering.nulls` finds those of the whole statement.
"""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.nullability.possible import can_be_null, root_scope, scope_of
from hangar_dal.check.nullability.proofs import proven_by
from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.rules.row_order import NULLS_UNPLACED
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import conjuncts, has_place, of_type


def null_places(binding: Binding) -> Iterator[Remark]:
    orders = [order for order in of_type(binding.nodes, exp.Order) if _has_effect(order, binding)]
    root = root_scope(binding) if orders else None
    for order in orders:
        select = order.find_ancestor(exp.Select)
        scope = scope_of(select, binding, root) if select is not None and root is not None else None
        if select is None or scope is None:
            continue
        before: list[exp.Expr] = list(order.parent.args.get("partition_by") or ()) if order.parent is not None else []
        filter_ = order.find_ancestor(exp.Filter, exp.Select)
        known = list(proven_by(filter_.expression, scope)) if isinstance(filter_, exp.Filter) else []
        for ordered in order.expressions:
            key = binding.sort_key(ordered)
            if not isinstance(ordered, exp.Ordered) or _is_unique(before, scope, binding):
                break
            with scope.assuming(known):
                is_nullable = not _is_decided(key, select) and can_be_null(key, scope)
            if is_nullable and not has_place(ordered):
                places = ("last", "first") if ordered.args.get("desc") else ("first", "last")
                text = ordered.this.sql(comments=False)
                message = f"{text}: NULL comes {places[0]} on SQLite and {places[1]} on PostgreSQL"
                yield Remark(NULLS_UNPLACED, ordered, message, "write NULLS FIRST or NULLS LAST")
            before.append(key)


def _has_effect(order: exp.Order, binding: Binding) -> bool:
    """Return whether the order of these rows has an effect on the result, and is not that of the whole statement."""
    around = order.parent
    if around is binding.tree or isinstance(around, exp.WithinGroup | exp.SetOperation | exp.Subquery):
        return False
    if isinstance(around, exp.Select):
        return any(around.args.get(clause) for clause in ("limit", "offset"))
    return True


def _is_decided(key: exp.Expr, select: exp.Select) -> bool:
    """Return whether a condition may decide whether the key is NULL: `x IS NULL`, or one of a subquery."""
    where = select.args.get("where")
    nulls = (each for each in conjuncts(where) if isinstance(each, exp.Is) and isinstance(each.expression, exp.Null))
    tested = {each.this.unnest() for each in nulls}
    queries = where.find_all(exp.Select) if where is not None else ()
    inner = [condition for query in queries for condition in query.find_all(exp.Where)]
    names = {column.name for condition in inner for column in condition.find_all(exp.Column)}
    columns = [*key.find_all(exp.Column)]
    return key in tested or key.find(exp.Query) is not None or any(column.name in names for column in columns)


def _is_unique(keys: list[exp.Expr], scope: NullScope, binding: Binding) -> bool:
    """Return whether these keys hold a unique key of each source, so that the next keys have no effect."""
    found = [(column.source, column.column.name) for key in keys if (column := binding.column(key)) is not None]
    return bool(scope.sources) and all(
        any(
            {*unique} <= {name for of, name in found if of is source.source}
            for unique in binding.tables.keys.get(source.source.table or "", ())
        )
        for source in scope.sources
    )
