"""Find the columns that a condition proves to be not NULL in each row that it selects.

Only columns of tables count, also if a subquery selects them. An expression or a column of a view may have another
value when it is evaluated again.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeGuard

from sqlglot import exp

from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.nullability.type_classes import class_of
from hangar_dal.check.sql.parse import conjuncts, disjuncts, parameter_name
from hangar_dal.database.kinds import postgresql_kind

_INTERVAL: Final = exp.DType.INTERVAL
_COMPARISONS: Final = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ)
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


def proven_by(condition: exp.Expr, scope: NullScope) -> Iterator[exp.Column]:
    """Yield the columns that are not NULL if the condition holds."""
    for held in conjuncts(condition):
        if isinstance(held, exp.Or):
            yield from _of_each_arm([list(proven_by(arm, scope)) for arm in disjuncts(held)], scope)
        else:
            yield from (value for value in _not_null(held, scope) if isinstance(value, exp.Column))


def refuted_by(condition: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns that are not NULL if the condition does not hold: those of `a IS NULL OR b IS NULL`."""
    for arm in disjuncts(condition.unnest()):
        inner = arm.this.unnest() if isinstance(arm, exp.Not) else arm
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            is_negated = isinstance(arm, exp.Not) is not bool(inner.args.get("negate"))
            operand = inner.this.unnest()
            if not is_negated and _is_column(operand):
                yield operand


def aggregates_of(having: exp.Expr, scope: NullScope) -> Iterator[exp.Expr]:
    """Yield the aggregates that HAVING proves to be not NULL, and that have the same result when they are repeated."""
    for held in conjuncts(having):
        for value in _not_null(held, scope):
            if isinstance(value, _AGGREGATES) and all(
                isinstance(part, _REPEATABLE) for part in value.walk() if part is not value
            ):
                yield value


def _of_each_arm(arms: list[list[exp.Column]], scope: NullScope) -> Iterator[exp.Column]:
    """Yield the columns of the first arm that each other arm has too."""
    places = [{_place(column, scope) for column in arm} for arm in arms]
    first, *others = places
    shared = first.intersection(*others) - {None}
    yield from (column for column in arms[0] if _place(column, scope) in shared)


def _place(column: exp.Column, scope: NullScope) -> tuple[int, int] | None:
    found = scope.local(column)
    return (id(found[0]), found[1]) if found is not None else None


def _not_null(held: exp.Expr, scope: NullScope) -> Iterator[exp.Expr]:
    """Yield the values that are not NULL if this condition holds. A comparison with NULL matches no row."""
    sides: list[exp.Expr]
    others: list[exp.Expr]
    if isinstance(held, _COMPARISONS):
        sides, others = [held.left.unnest(), held.right.unnest()], []
    elif isinstance(held, exp.In):
        sides, others = [held.this.unnest()], held.expressions
        if set(filter(held.args.get, held.args)) != {"this", "expressions"}:  # a list, and nothing else
            return
    elif isinstance(held, exp.Between):
        sides, others = [held.this.unnest()], [held.args["low"].unnest(), held.args["high"].unnest()]
    else:
        yield from _values([_operand_of_is_not_null(held)])
        return
    if all(_has_built_in_comparison(value, scope) or _is_equal_any(value, held) for value in [*sides, *others]):
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


def _operand_of_is_not_null(condition: exp.Expr) -> exp.Expr | None:
    """Return the operand of IS NOT NULL; None for any other condition.

    The parser represents NOT as a node around IS or as an argument of IS, depending on the dialect.
    """
    negated = isinstance(condition, exp.Not)
    inner = condition.this.unnest() if negated else condition
    if not (isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null)):
        return None
    return inner.this.unnest() if negated is not bool(inner.args.get("negate")) else None
