"""Which row of a query's result it is, and what that follows from.

Where GROUP BY or DISTINCT makes one row of several, what holds of all rows holds of the one that stands for them.
"""

from collections.abc import Sequence

from sqlglot import exp

from hangar_dal.check.ordering.conditions import equations
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute
from hangar_dal.check.ordering.names import Scope, number_of
from hangar_dal.check.ordering.values import value_of
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import is_aggregate, makes_rows
from hangar_dal.check.sql.names import NotUnderstood


def read_rows(select: exp.Select, scope: Scope, columns: Sequence[Attribute]) -> None:
    """Which row of the result it is, and what that follows from."""
    group, having = select.args.get("group"), select.args.get("having")
    values = [*select.expressions, *([having.this] if having is not None else [])]
    whole, row = frozenset({scope.whole}), frozenset({scope.row})
    if group is not None:
        _groups(group, select, scope)
    else:
        scope.give(scope.rows, whole)
        answers = [is_aggregate(value) for value in values]
        if True in answers or having is not None:
            scope.give(NOTHING, row | whole)
        elif None in answers or _aggregates_within(values, select, scope.statement.binding):
            scope.doubt()
    scope.give(whole, scope.rows)
    if having is not None:
        for left, right, is_proven in equations(having.this, scope):
            scope.give(left, frozenset({right}), is_proven=is_proven and is_aggregate(having.this) is False)
    makes = [makes_rows(value) for value in select.expressions] if scope.statement.dialect == "postgresql" else []
    if True not in makes:
        scope.give(whole, row, is_proven=None not in makes)
    scope.give(row, whole)
    outputs = frozenset(columns)
    scope.give(row, outputs)
    if (distinct := select.args.get("distinct")) is not None:
        if (on := distinct.args.get("on")) is not None:
            keys = on.expressions if isinstance(on, exp.Tuple) else [on]
            # Which row is taken of those that are equal in these may be settled by nothing.
            scope.give(frozenset(value_of(key, scope) for key in keys), row, is_proven=False)
        elif not any(source.relation.is_open for source in scope.sources):
            scope.give(outputs, row)
        else:
            scope.doubt()


def _aggregates_within(values: Sequence[exp.Expr], select: exp.Select, binding: Binding) -> bool:
    """Whether an aggregate in a query within this one is of this one, because all that it names is."""
    calls = [call for value in values for call in value.find_all(exp.AggFunc) if call.parent_select is not select]
    named = [[binding.column(column) for column in call.find_all(exp.Column)] for call in calls]
    return any(each and all(found is not None and found.statement is select for found in each) for each in named)


def _groups(group: exp.Expr, select: exp.Select, scope: Scope) -> None:
    listed = {key for key, value in group.args.items() if value}
    if listed != {"expressions"} or any(
        isinstance(key, exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple) for key in group.expressions
    ):
        raise NotUnderstood
    keys = frozenset(value_of(_group_key(key, select, scope), scope) for key in group.expressions)
    scope.give(keys, frozenset({scope.whole}))
    scope.give(frozenset({scope.whole}), keys)
    scope.group = keys


def _group_key(key: exp.Expr, select: exp.Select, scope: Scope) -> exp.Expr:
    """A number is the column of the result; a name is the table's column first."""
    key = key.unnest()
    if isinstance(key, exp.Literal) and not key.is_string:
        place = number_of(key)
        if place is None or not 0 < place <= len(select.expressions):
            raise NotUnderstood
        found: exp.Expr = select.expressions[place - 1]
        if found.is_star:
            raise NotUnderstood
        return found
    named = scope.statement.binding.selected_as(key)
    return named[0] if named else key
