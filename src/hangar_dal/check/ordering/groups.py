"""Add the dependencies of the rows of a SELECT's result: on the rows of its sources, GROUP BY, HAVING and DISTINCT."""

from collections.abc import Sequence

from sqlglot import exp

from hangar_dal.check.ordering.conditions import equations
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute
from hangar_dal.check.ordering.scopes import OrderScope
from hangar_dal.check.ordering.values import value_of
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import is_aggregate, makes_rows
from hangar_dal.check.sql.names import NotUnderstood


def add_result_rows(select: exp.Select, scope: OrderScope, columns: Sequence[Attribute]) -> None:
    """Add the dependencies between the rows of the sources, the rows of the result, and its columns.

    `columns` are the attributes of the target list.
    """
    group, having, distinct = (select.args.get(clause) for clause in ("group", "having", "distinct"))
    values = [*select.expressions, *([having.this] if having is not None else [])]
    items = set[Attribute]()
    if scope.context.dialect == "postgresql":  # a set-returning function makes several rows of one
        items = {value_of(value, scope) for value in select.expressions if makes_rows(value)}
    if group is not None:
        scope.group = _keys(group, select, scope)
        scope.add(scope.group | items, scope.row)
        scope.add(frozenset({scope.row}), *scope.group)
    else:
        scope.add(scope.rows | items, scope.row)
        is_single = having is not None or any(is_aggregate(value) is not False for value in values)
        if is_single or _is_aggregated_by_subquery(values, select, scope.context.binding):
            scope.doubt()
    scope.add(frozenset({scope.row}), *scope.rows, *columns)
    if having is not None:
        for left, right in equations(having.this, scope):
            scope.add(left, right)
    on = distinct.args.get("on") if distinct is not None else None
    if on is not None:  # may return any of the tied rows
        keys = on.expressions if isinstance(on, exp.Tuple) else [on]
        scope.add(frozenset(value_of(key, scope) for key in keys), scope.row)
    elif distinct is not None:
        is_open = any(source.relation.is_open for source in scope.sources)
        scope.add(NOTHING if is_open else frozenset(columns), scope.row)


def _is_aggregated_by_subquery(values: Sequence[exp.Expr], select: exp.Select, binding: Binding) -> bool:
    """Return whether an aggregate in a subquery belongs to this query, because it names only columns of this query."""
    calls = [call for value in values for call in value.find_all(exp.AggFunc) if call.parent_select is not select]
    named = [[binding.column(column) for column in call.find_all(exp.Column)] for call in calls]
    return any(each and all(found is not None and found.statement is select for found in each) for each in named)


def _keys(group: exp.Expr, select: exp.Select, scope: OrderScope) -> frozenset[Attribute]:
    """Return the attributes of the keys of GROUP BY. Raises `NotUnderstood` for grouping sets."""
    listed = {key for key, value in group.args.items() if value}
    if listed != {"expressions"} or any(
        isinstance(key, exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple) for key in group.expressions
    ):
        raise NotUnderstood
    named = [(key.unnest(), scope.context.binding.output_of(key, select)) for key in group.expressions]
    return frozenset(value_of(output.value if output and output.value else key, scope) for key, output in named)
