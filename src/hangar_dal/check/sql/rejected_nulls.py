"""Find the columns for which a condition rejects NULL, because a comparison must hold. Does not need the tables.

Ignores `IS NOT NULL`, because it excludes NULL explicitly.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.parse import conjuncts

_ORDERED: Final = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_COMPARISONS: Final = (exp.EQ, exp.NEQ, *_ORDERED, exp.Like, exp.ILike)
# Expressions that are NULL if their first argument is NULL.
_STRICT: Final = (
    exp.Paren, exp.Cast, exp.Lower, exp.Upper, exp.Neg, exp.Collate, exp.Length, exp.Substring, exp.Trim, exp.Abs,
)  # fmt: skip
# Expressions that are NULL if one of their two sides is NULL.
_CALCULATED: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div)


def rejecting(test: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns for which the condition rejects NULL. The condition must be neither AND nor OR."""
    is_not = isinstance(test, exp.Not)
    test = test.this.unnest() if is_not else test
    match test:
        case exp.Column():
            yield from strict(test)
        case exp.In() | exp.Between():
            yield from strict(test.this) if is_not or not isinstance(test.this, exp.Tuple) else _any_of(test.this)
        case exp.Exists() if not is_not and isinstance(query := test.this.unnest(), exp.Select):
            # With an aggregate, the query always has a row.
            if query.find(exp.AggFunc) is None:
                for held in conjuncts(query.args.get("where")):
                    yield from rejecting(held.unnest()) if not isinstance(held.unnest(), exp.Or) else ()
        case _ if isinstance(test, _COMPARISONS):
            for side in (test.this, test.expression):
                if not isinstance(side, exp.Tuple):
                    yield from strict(side)
                elif isinstance(test, exp.EQ) and not is_not:
                    yield from _any_of(side)
                elif isinstance(test, _ORDERED):  # the first items decide, unless they are equal
                    yield from strict(side.expressions[0])


def strict(value: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns of a value that make it NULL if one of them is NULL."""
    while isinstance(value, _STRICT):
        value = value.this
    if isinstance(value, _CALCULATED):
        yield from strict(value.this)
        yield from strict(value.expression)
    if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star):
        yield value


def _any_of(row: exp.Tuple) -> Iterator[exp.Column]:
    """Yield the columns of all items of a row value."""
    for part in row.expressions:
        yield from strict(part)
