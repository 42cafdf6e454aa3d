"""Find the columns that a condition proves to be not NULL in each row that it selects.

Only columns of tables count, also if a subquery selects them. An expression or a column of a view may have another
value when it is evaluated again.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeGuard

from sqlglot import exp

from hangar_dal.check.nullability.aggregates import is_of
from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.nullability.type_classes import class_of
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import conjuncts, disjuncts, parameter_name
from hangar_dal.database.kinds import postgresql_kind

_INTERVAL: Final = exp.DType.INTERVAL
_COMPARISONS: Final = (exp.EQ, exp.GT, exp.GTE, exp.ILike, exp.LT, exp.LTE, exp.Like, exp.NEQ)
# Expressions that the parser and the database delimit in the same way, whatever operators are next to them.
_AGGREGATES: Final = (exp.Avg, exp.Max, exp.Min, exp.Sum)
_WHOLE: Final = (
    exp.Boolean, exp.Cast, exp.Coalesce, exp.Column, exp.Literal, exp.Lower, exp.Upper, *_AGGREGATES,
)  # fmt: skip
# What an aggregate may be made of if two calls of it have the same result.
_REPEATABLE: Final = (
    exp.Add, exp.Column, exp.Div, exp.Identifier, exp.Literal, exp.Mul, exp.Neg, exp.Paren, exp.Sub,
)  # fmt: skip


def prove(condition: exp.Expr, scope: NullScope) -> None:
    """Record in the sources of the scope which of their columns the condition proves to be not NULL."""
    scope.prove(proven_by(condition, scope))


def proven_by(condition: exp.Expr, scope: NullScope, *, is_negated: bool = False) -> Iterator[exp.Column]:
    """Yield the columns that are not NULL if the condition holds, or if NOT of it holds."""
    for held, negated in _held(condition, is_negated=is_negated):
        arms = list(conjuncts(held) if negated else disjuncts(held))
        if len(arms) > 1:
            yield from _of_each_arm([list(proven_by(arm, scope, is_negated=negated)) for arm in arms], scope)
        else:
            yield from (value for value in _not_null(held, scope, negated) if isinstance(value, exp.Column))


def _held(condition: exp.Expr, *, is_negated: bool) -> Iterator[tuple[exp.Expr, bool]]:
    """Yield the conditions that hold, and those of which NOT holds with True: `NOT (a OR b)` is `NOT a AND NOT b`."""
    for held in disjuncts(condition.unnest()) if is_negated else conjuncts(condition):
        if isinstance(held, exp.Not):
            yield from _held(held.this, is_negated=not is_negated)
        elif isinstance(held, exp.Is) and isinstance(held.expression, exp.Boolean) and not is_negated:
            if not held.args.get("negate"):  # `IS NOT TRUE` holds for NULL
                yield from _held(held.this, is_negated=not held.expression.this)
        else:
            yield held, is_negated


def refuted_by(condition: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns that are not NULL if the condition does not hold: those of `a IS NULL OR b IS NULL`."""
    for arm in disjuncts(condition.unnest()):
        inner = arm.this.unnest() if isinstance(arm, exp.Not) else arm
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            is_negated = isinstance(arm, exp.Not) is not bool(inner.args.get("negate"))
            operand = inner.this.unnest()
            if not is_negated and _is_column(operand):
                yield operand


def counted_by(having: exp.Expr, binding: Binding) -> Iterator[exp.Expr]:
    """Yield the arguments of the count() that HAVING proves to be more than 0. Then the group has a row."""
    for held, is_negated in _held(having, is_negated=False):
        if isinstance(held, exp.GT | exp.GTE | exp.EQ) and not is_negated:
            counted, number = held.left.unnest(), held.right.unnest()
            least = int(number.name) if isinstance(number, exp.Literal) and number.is_int else 0
            is_some = least + isinstance(held, exp.GT) > 0 and not number.is_string
            if isinstance(counted, exp.Count) and is_some and is_of(counted, counted.parent_select, binding):
                yield counted.this


def aggregates_of(having: exp.Expr, scope: NullScope) -> Iterator[exp.Expr]:
    """Yield the aggregates that HAVING proves to be not NULL, and that have the same result when they are repeated."""
    for held, is_negated in _held(having, is_negated=False):
        for value in _not_null(held, scope, is_negated):
            if isinstance(value, _AGGREGATES) and is_repeatable(value.this):
                yield value


def is_repeatable(value: exp.Expr) -> bool:
    """Return whether two aggregates of this value have the same result."""
    return all(isinstance(part, _REPEATABLE) for part in value.walk())


def _of_each_arm(arms: list[list[exp.Column]], scope: NullScope) -> Iterator[exp.Column]:
    """Yield the columns of the first arm that each other arm has too."""
    places = [{_place(column, scope) for column in arm} for arm in arms]
    first, *others = places
    shared = first.intersection(*others) - {None}
    yield from (column for column in arms[0] if _place(column, scope) in shared)


def _place(column: exp.Column, scope: NullScope) -> tuple[int, int] | None:
    found = scope.local(column)
    return (id(found[0]), found[1]) if found is not None else None


def _not_null(held: exp.Expr, scope: NullScope, is_negated: bool) -> Iterator[exp.Expr]:
    """Yield the values that are not NULL if this condition, or NOT of it, holds. A comparison with NULL is NULL."""
    sides: list[exp.Expr]
    others: list[exp.Expr]
    held = held.this if isinstance(held, exp.Escape) else held
    if isinstance(held, _COMPARISONS):
        sides, others = [held.left.unnest(), held.right.unnest()], []
    elif isinstance(held, exp.In):
        sides, others = [held.this.unnest()], held.expressions
        if set(filter(held.args.get, held.args)) != {"this", "expressions"}:  # a list, and nothing else
            return
    elif isinstance(held, exp.Between):
        sides, others = [held.this.unnest()], [held.args["low"].unnest(), held.args["high"].unnest()]
    else:
        if isinstance(held, exp.Is) and isinstance(held.expression, exp.Null):
            yield from _values([held.this.unnest()] if bool(held.args.get("negate")) is not is_negated else [])
        return
    values = [*sides, *others]
    if all(
        _has_built_in_comparison(value, scope) or (_is_equal_any(value, held) and not is_negated) for value in values
    ):
        yield from _values(sides)


def _values(values: Iterable[exp.Expr | None]) -> Iterator[exp.Expr]:
    return (value for value in values if isinstance(value, _AGGREGATES) or _is_column(value))


def _is_column(value: exp.Expr | None) -> TypeGuard[exp.Column]:
    return isinstance(value, exp.Column) and not isinstance(value.this, exp.Star)


def _has_built_in_comparison(value: exp.Expr, scope: NullScope) -> bool:
    """Return whether the value is compared by a built-in operator, which matches no NULL.

    On PostgreSQL, a user may have defined another operator for the type, unless the type is a known built-in one.
    """
    value = value.this if isinstance(value, exp.Neg) else value
    if isinstance(value, exp.Placeholder) or _is_instant(value, scope):
        return True
    return isinstance(value, _WHOLE) and (scope.dialect == "sqlite" or class_of(value, scope) is not None)


def _is_instant(value: exp.Expr, scope: NullScope) -> bool:
    """Return whether the value is `now()` or a parameter with a time zone, plus or minus an interval."""
    if not isinstance(value, exp.Add | exp.Sub) or scope.dialect != "postgresql":
        return False
    left, right = value.left.unnest(), value.right.unnest()
    is_interval = isinstance(right, exp.Interval) or (isinstance(right, exp.Cast) and right.to.this == _INTERVAL)
    if isinstance(left, exp.Placeholder):
        return is_interval and postgresql_kind(scope.given.get(parameter_name(left), "")) == "instant"
    return is_interval and isinstance(left, exp.CurrentTimestamp)


def _is_equal_any(value: exp.Expr, comparison: exp.Expr) -> bool:
    """Return whether the value is the right side of `= ANY`. `<> ALL` holds for NULL if the array is empty."""
    return isinstance(comparison, exp.EQ) and isinstance(value, exp.Any)
