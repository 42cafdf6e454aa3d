"""Find the columns that determine the value of an expression, and the column that the value determines."""

from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import Attribute, Attributes
from hangar_dal.check.ordering.scopes import OrderScope
from hangar_dal.check.sql.functions import call_of, definition_of, is_aggregate, makes_rows, own, steadiness

_INTEGERS: Final = frozenset({"int", "integer"})
_NUMBERS: Final = _INTEGERS | {"float", "real"}
_INTEGER_TYPES: Final = (exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT)
_LOSSY_TYPES: Final = (exp.DType.DATE, exp.DType.BOOLEAN, exp.DType.FLOAT, exp.DType.DOUBLE, exp.DType.DECIMAL)
_COARSE: Final = frozenset({"nocase", "rtrim"})
_RANKS: Final = (exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist)


def determined_by(value: exp.Expr, scope: OrderScope) -> Attributes | None:
    """Return the columns that determine the value, none for a constant; None if it is volatile or not understood."""
    if steadiness(value) is False or value.find(exp.Any, exp.All) is not None:
        return None
    found: set[Attribute] = set()
    for node in own(value):
        if isinstance(node, exp.Column):
            if isinstance(node.this, exp.Star):
                return None
            found.add(scope.resolve(node))
        elif isinstance(node, exp.Query):
            found |= _correlated_columns(node, scope)
    return frozenset(found)


def determines(value: exp.Expr, scope: OrderScope) -> Attribute | None:
    """Return the column that the value determines, as `-column` determines `column`; None if there is none."""
    match value:
        case exp.Column() if not isinstance(value.this, exp.Star):
            return scope.resolve(value)
        case exp.Paren() | exp.Neg():
            return determines(value.this, scope)
        case exp.Collate():
            return determines(value.this, scope) if not is_coarse(value, scope) else None
        case exp.Add() | exp.Sub():
            sides = [value.this, value.expression]
            changed = [side for side in sides if side.find(exp.Column, exp.Query) is not None]
            return determines(changed[0], scope) if len(changed) == 1 else None
        case exp.Cast():
            found, to = determines(value.this, scope), value.args["to"]
            stored = scope.context.stored.get(found) if found is not None else None
            is_integer = stored is not None and stored.kind in _INTEGERS
            is_lossy = to.is_type(*_LOSSY_TYPES) or (to.is_type(*_INTEGER_TYPES) and not is_integer)
            return None if is_lossy else found
        case exp.Coalesce():
            found = determines(value.this, scope)
            return found if found is not None and scope.is_never_null(found) else None
        case exp.Max() | exp.Min():  # the value of a row of the group
            return determines(value.this, scope)
    return _list_of(value, scope)


def value_of(value: exp.Expr, scope: OrderScope) -> Attribute:
    """Return the attribute of an expression, and add its dependencies. Equal expressions have the same attribute."""
    value = value.unalias()
    while isinstance(value, exp.Paren):
        value = value.this
    if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star):
        return scope.resolve(value)
    if steadiness(value) is False or makes_rows(value):
        attribute = (scope.number, f"once {id(value)}")
        scope.add(frozenset({scope.row}), attribute)
        return attribute
    attribute = (scope.number, f"={_canonical(value, scope)}")
    if attribute in scope.expressions:
        return attribute
    scope.expressions.add(attribute)
    scope.add(frozenset({scope.row}), attribute)
    if isinstance(value, exp.Window):
        _add_window(value, attribute, scope)
    elif value.find(exp.Window) is None and is_aggregate(value) is False:
        _add_scalar(value, attribute, scope)
    if (found := determines(value, scope)) is not None:
        scope.add(frozenset({attribute}), found)
    return attribute


def is_coarse(value: exp.Collate, scope: OrderScope) -> bool:
    """Return whether different values are certainly equal in the collation of a COLLATE, as texts are in NOCASE."""
    if scope.context.dialect != "sqlite" or value.expression.name.lower() not in _COARSE:
        return False
    column = value.this.unnest()
    if not isinstance(column, exp.Column):
        return False
    return _folds(value.expression.name.lower(), scope.resolve(column), scope)


def is_exact(one: exp.Expr, other: exp.Expr, column: Attribute, scope: OrderScope) -> bool:
    """Return whether `one = other` finds only values of this column that are equal in its own collation.

    SQLite compares in the collation that COLLATE gives on the left or else on the right, or else in that of the column
    on the left or else on the right.
    """
    given = [side.expression.name.lower() for side in (one, other) if isinstance(side, exp.Collate)]
    stored = [scope.context.stored.get(scope.resolve(side)) for side in (one, other) if isinstance(side, exp.Column)]
    used = [*given, *(each.detail for each in stored if each is not None), ""]
    return scope.context.dialect != "sqlite" or not _folds(used[0], column, scope)


def _folds(collation: str, column: Attribute, scope: OrderScope) -> bool:
    """Return whether texts that differ in the column's own collation are certainly equal in this one of SQLite."""
    stored = scope.context.stored.get(column)
    return collation in _COARSE and (stored is None or (stored.kind not in _NUMBERS and stored.detail != collation))


def is_row(value: exp.Expr) -> bool:
    """Return whether the expression is a row value: `(a, b)` or `row(a, b)`."""
    return isinstance(value, exp.Tuple) or (isinstance(value, exp.Anonymous) and str(value.this).lower() == "row")


def _list_of(value: exp.Expr, scope: OrderScope) -> Attribute | None:
    """Return the row of the list whose item gives the value, as `item ->> 'id'`. Such fields of items may be unique."""
    columns = (determined_by(value, scope) if value.find(exp.Query) is None else None) or ()
    lists = (each.relation for each in scope.sources if each.relation.is_distinct)
    return next((each.row for each in lists if columns and {number for number, _ in columns} == {each.row[0]}), None)


def _add_scalar(value: exp.Expr, attribute: Attribute, scope: OrderScope) -> None:
    """Add the dependencies of an expression without window function or aggregate."""
    if is_row(value):
        scope.add(frozenset({attribute}), *(value_of(part, scope) for part in value.expressions))
    if (found := determined_by(value, scope)) is not None:
        scope.add(found, attribute)


def _add_window(value: exp.Window, attribute: Attribute, scope: OrderScope) -> None:
    """Add the dependencies of a window function.

    row_number() determines the row within its partition. rank() determines the sort keys within its partition.
    """
    call, over = call_of(value), definition_of(value)
    if over is None:
        scope.add(frozenset({attribute}), scope.row)
        return
    parts = {value_of(part, scope) for part in over.args.get("partition_by") or ()}
    left = frozenset(parts | {attribute})
    if isinstance(call, exp.RowNumber):
        scope.add(left, scope.row)
    elif isinstance(call, _RANKS):
        order = over.args.get("order")
        scope.add(left, *(value_of(key.this, scope) for key in (order.expressions if order is not None else ())))


def _canonical(value: exp.Expr, scope: OrderScope) -> str:
    """Return the SQL of an expression, in which each column has the name of its attribute."""
    copy = value.copy()
    for node, other in zip(list(own(value)), list(own(copy)), strict=True):
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star) and other.parent is not None:
            number, name = scope.resolve(node)
            other.replace(exp.to_identifier(f"{number}.{name}", quoted=True))
    return copy.sql(comments=False)


def _correlated_columns(query: exp.Expr, scope: OrderScope) -> set[Attribute]:
    """Return the columns of this query that a correlated subquery names."""
    named = (column for column in query.find_all(exp.Column) if not isinstance(column.this, exp.Star))
    found = (scope.context.binding.column(column) for column in named)
    return {at for each in found if each is not None and (at := scope.attribute(each)) is not None}
