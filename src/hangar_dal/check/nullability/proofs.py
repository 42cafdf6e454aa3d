"""Find the columns that a condition proves to be not NULL in each row that it selects.

Only columns of tables count. An expression or a column of a view may have another value when it is evaluated again.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.nullability.type_classes import class_of
from hangar_dal.check.sql.parse import conjuncts

_COMPARISONS: Final = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ)
# Expressions that the parser and the database delimit in the same way, whatever operators are next to them.
_WHOLE: Final = (exp.Boolean, exp.Cast, exp.Coalesce, exp.Column, exp.Literal, exp.Lower, exp.Upper)


def prove(condition: exp.Expr, scope: NullScope) -> None:
    """Record in the sources of the scope which of their columns the condition proves to be not NULL."""
    for held in conjuncts(condition):
        for column in _not_null(held, scope):
            found = scope.local(column)
            if found is not None and found[0].of(found[1]).stored:
                found[0].prove(found[1])


def _not_null(held: exp.Expr, scope: NullScope) -> Iterator[exp.Column]:
    """Yield the columns that are not NULL if this condition holds. A comparison with NULL matches no row."""
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
        yield from _columns([_operand_of_is_not_null(held)])
        return
    if all(_has_built_in_comparison(value, scope) or _is_equal_any(value, held) for value in [*sides, *others]):
        yield from _columns(sides)


def _columns(values: Iterable[exp.Expr | None]) -> Iterator[exp.Column]:
    return (value for value in values if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star))


def _has_built_in_comparison(value: exp.Expr, scope: NullScope) -> bool:
    """Return whether the value is compared by a built-in operator, which matches no NULL.

    On PostgreSQL, a user may have defined another operator for the type, unless the type is a known built-in one.
    """
    value = value.this if isinstance(value, exp.Neg) else value
    if isinstance(value, exp.Placeholder):
        return True
    return isinstance(value, _WHOLE) and (scope.dialect == "sqlite" or class_of(value, scope) is not None)


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
