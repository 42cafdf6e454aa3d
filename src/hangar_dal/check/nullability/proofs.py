"""What a condition keeps out: columns of tables that are not NULL in any row for which it holds.

An expression, or a column of a view, might be another one when it is read again.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.scope import Scope
from hangar_dal.check.nullability.type_classes import class_of
from hangar_dal.check.sql.parse import conjuncts

_COMPARISONS: Final = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ)
# Expressions that need no parentheses, because no operator beside them can take a part of them.
_WHOLE: Final = (exp.Boolean, exp.Cast, exp.Coalesce, exp.Column, exp.Literal, exp.Lower, exp.Upper)


def prove(condition: exp.Expr, scope: Scope) -> None:
    """Notes it with the sources of the query whose columns these are."""
    for held in conjuncts(condition):
        for column in _not_null(held, scope):
            found = scope.local(column)
            if found is not None and found[0].of(found[1]).stored:
                found[0].prove(found[1])


def _not_null(held: exp.Expr, scope: Scope) -> Iterator[exp.Column]:
    """A comparison with NULL never holds, whichever side it stands on."""
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
        yield from _columns([_is_not_null(held)])
        return
    if all(_is_compared(value, scope) or _is_any(value, held) for value in [*sides, *others]):
        yield from _columns(sides)


def _columns(values: Iterable[exp.Expr | None]) -> Iterator[exp.Column]:
    return (value for value in values if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star))


def _is_compared(value: exp.Expr, scope: Scope) -> bool:
    """Whether it is compared as it is, and by the database's own operator: who knows what one of the user's holds."""
    value = value.this if isinstance(value, exp.Neg) else value
    if isinstance(value, exp.Placeholder):
        return True
    return isinstance(value, _WHOLE) and (scope.dialect == "sqlite" or class_of(value, scope) is not None)


def _is_any(value: exp.Expr, comparison: exp.Expr) -> bool:
    """`= ANY`, which holds of one at least; `<> ALL` holds of nothing at all."""
    return isinstance(comparison, exp.EQ) and isinstance(value, exp.Any)


def _is_not_null(condition: exp.Expr) -> exp.Expr | None:
    """What `IS NOT NULL` is said of; the parser puts one dialect's NOT here, the other's there."""
    negated = isinstance(condition, exp.Not)
    inner = condition.this.unnest() if negated else condition
    if not (isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null)):
        return None
    return inner.this.unnest() if negated is not bool(inner.args.get("negate")) else None
