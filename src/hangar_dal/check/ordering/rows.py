"""Add the dependencies of the rows of a SELECT's result: on the rows of its sources, GROUP BY, HAVING and DISTINCT.

A dependency that holds for all rows also holds for the rows that GROUP BY or DISTINCT makes of them.
"""

from collections.abc import Sequence

from sqlglot import exp

from hangar_dal.check.ordering.conditions import equations
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute
from hangar_dal.check.ordering.names import OrderScope, number_of
from hangar_dal.check.ordering.values import value_of
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import is_aggregate, makes_rows
from hangar_dal.check.sql.names import NotUnderstood


def read_rows(select: exp.Select, scope: OrderScope, columns: Sequence[Attribute]) -> None:
    """Add the dependencies between the rows of the sources, the rows of the result, and its columns.

    `columns` are the attributes of the target list.
    """
    group, having = select.args.get("group"), select.args.get("having")
    values = [*select.expressions, *([having.this] if having is not None else [])]
    input_row, row = frozenset({scope.input_row}), frozenset({scope.row})
    if group is not None:
        _groups(group, select, scope)
    else:
        scope.add_dependency(scope.rows, input_row)
        answers = [is_aggregate(value) for value in values]
        if True in answers or having is not None:
            scope.add_dependency(NOTHING, row | input_row)
        elif None in answers or _is_aggregated_by_subquery(values, select, scope.context.binding):
            scope.doubt()
    scope.add_dependency(input_row, scope.rows)
    if having is not None:
        for left, right, is_proven in equations(having.this, scope):
            scope.add_dependency(left, frozenset({right}), is_proven=is_proven and is_aggregate(having.this) is False)
    makes = [makes_rows(value) for value in select.expressions] if scope.context.dialect == "postgresql" else []
    if True not in makes:
        scope.add_dependency(input_row, row, is_proven=None not in makes)
    scope.add_dependency(row, input_row)
    outputs = frozenset(columns)
    scope.add_dependency(row, outputs)
    if (distinct := select.args.get("distinct")) is not None:
        if (on := distinct.args.get("on")) is not None:
            keys = on.expressions if isinstance(on, exp.Tuple) else [on]
            # DISTINCT ON may return any of the tied rows.
            scope.add_dependency(frozenset(value_of(key, scope) for key in keys), row, is_proven=False)
        elif not any(source.relation.is_open for source in scope.sources):
            scope.add_dependency(outputs, row)
        else:
            scope.doubt()


def _is_aggregated_by_subquery(values: Sequence[exp.Expr], select: exp.Select, binding: Binding) -> bool:
    """Return whether an aggregate in a subquery belongs to this query, because it names only columns of this query."""
    calls = [call for value in values for call in value.find_all(exp.AggFunc) if call.parent_select is not select]
    named = [[binding.column(column) for column in call.find_all(exp.Column)] for call in calls]
    return any(each and all(found is not None and found.statement is select for found in each) for each in named)


def _groups(group: exp.Expr, select: exp.Select, scope: OrderScope) -> None:
    """Add the dependencies of GROUP BY. Raises `NotUnderstood` for grouping sets."""
    listed = {key for key, value in group.args.items() if value}
    if listed != {"expressions"} or any(
        isinstance(key, exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple) for key in group.expressions
    ):
        raise NotUnderstood
    keys = frozenset(value_of(_group_key(key, select, scope), scope) for key in group.expressions)
    scope.add_dependency(keys, frozenset({scope.input_row}))
    scope.add_dependency(frozenset({scope.input_row}), keys)
    scope.group = keys


def _group_key(key: exp.Expr, select: exp.Select, scope: OrderScope) -> exp.Expr:
    """Return the expression of a key of GROUP BY.

    A number is the position of a result column. A name means a column of a source, or else a result column.
    """
    key = key.unnest()
    if isinstance(key, exp.Literal) and not key.is_string:
        place = number_of(key)
        if place is None or not 0 < place <= len(select.expressions):
            raise NotUnderstood
        found: exp.Expr = select.expressions[place - 1]
        if found.is_star:
            raise NotUnderstood
        return found
    named = scope.context.binding.selected_as(key)
    return named[0] if named else key
