"""Find out which columns a condition makes equal or constant, NULL, or not NULL."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Attributes
from hangar_dal.check.ordering.scopes import OrderScope
from hangar_dal.check.ordering.values import determined_by, determines, is_exact, is_row
from hangar_dal.check.sql.functions import is_aggregate
from hangar_dal.check.sql.parse import conjuncts

_COMPARED: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.Glob)
_NULL_OF_NULL: Final = (
    exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Cast, exp.Collate, exp.Lower, exp.Upper,
)  # fmt: skip

Equation = tuple[Attributes, Attribute]  # within each row, the columns determine the column; no columns: it is constant


def equations(condition: exp.Expr | None, scope: OrderScope) -> Iterator[Equation]:
    """Yield the equations that hold in each row that the condition selects."""
    for each in conjuncts(condition):
        yield from _equations(each.unnest(), scope)


def not_null(condition: exp.Expr | None, scope: OrderScope) -> set[Attribute]:
    """Return the columns that are not NULL in each row that the condition selects."""
    found: set[Attribute] = set()
    for each in conjuncts(condition):
        found |= _not_null(each.unnest(), scope)
    return found


def null_columns(condition: exp.Expr | None, scope: OrderScope) -> Iterator[Attribute]:
    """Yield the columns that the condition requires to be NULL."""
    for each in conjuncts(condition):
        test = each.unnest()
        if _is_null_test(test) and not test.args.get("negate") and (found := determines(test.this, scope)) is not None:
            yield found


def _equations(test: exp.Expr, scope: OrderScope) -> Iterator[Equation]:
    match test:
        case exp.Not() if isinstance(inner := test.this.unnest(), exp.NullSafeNEQ):
            yield from _equal(inner.this, inner.expression, scope)
        case exp.Not() if isinstance(inner := test.this.unnest(), exp.Column):
            yield NOTHING, scope.resolve(inner)
        case exp.Column():
            yield NOTHING, scope.resolve(test)
        case exp.Is() if not test.args.get("negate"):
            if not isinstance(test.expression, exp.Null | exp.Boolean):
                yield from _equal(test.this, test.expression, scope)
            elif (found := determines(test.this, scope)) is not None:
                yield NOTHING, found
        case exp.EQ() | exp.NullSafeEQ():
            yield from _equal(test.this, test.expression, scope)
        case exp.In():
            yield from _in(test, scope)


def _in(test: exp.In, scope: OrderScope) -> Iterator[Equation]:
    listed, query = test.expressions, test.args.get("query")
    if len(listed) == 1:
        yield from _equal(test.this, listed[0], scope)
    elif query is not None and _may_be_one_row(query.unnest()):
        for part in test.this.expressions if is_row(test.this) else [test.this]:
            if (found := determines(part, scope)) is not None:
                yield NOTHING, found


def _may_be_one_row(query: exp.Expr) -> bool:
    """Return whether a subquery after IN may always return a single row, so that IN is an equation."""
    if not isinstance(query, exp.Select):
        return True
    is_of_all = query.args.get("group") is None and any(is_aggregate(each) is not False for each in query.expressions)
    return is_of_all or not query.args.get("from_") or bool(query.args.get("limit"))


def _equal(one: exp.Expr, other: exp.Expr, scope: OrderScope) -> Iterator[Equation]:
    """Yield the equations that hold where the two values are equal."""
    one, other = one.unnest(), other.unnest()
    if is_row(one) and is_row(other) and len(one.expressions) == len(other.expressions):
        for left, right in zip(one.expressions, other.expressions, strict=True):
            yield from _equal(left, right, scope)
    elif is_row(one) and isinstance(other, exp.Query) and (found := determined_by(other, scope)) is not None:
        for part in one.expressions:
            if (column := determines(part, scope)) is not None:
                yield found, column
    else:
        for left, right in ((one, other), (other, one)):
            follows, decides = determines(right, scope), determined_by(left, scope)
            if follows is None or decides is None or decides == {follows}:
                continue
            if is_exact(one, other, follows, scope):
                yield decides, follows


def _not_null(test: exp.Expr, scope: OrderScope) -> set[Attribute]:
    """Return the columns that are not NULL if the condition holds. It must not be an AND."""
    if _is_null_test(test):
        return _strict(test.this, scope) if test.args.get("negate") else set()
    if isinstance(test, exp.Not):
        inner = test.this.unnest()
        if _is_null_test(inner):
            return _strict(inner.this, scope) if not inner.args.get("negate") else set()
        if isinstance(inner, exp.In):  # NOT IN an empty list or query is true for NULL
            return _strict(inner.this, scope) if inner.expressions else set()
        is_plain = isinstance(inner, (*_COMPARED, exp.Between, exp.Column)) and inner.find(exp.Tuple) is None
        return _not_null(inner, scope) if is_plain else set()
    if isinstance(test, _COMPARED):
        if not isinstance(test, exp.EQ) and test.find(exp.Tuple) is not None:  # the first items may decide
            return set()
        return _strict(test.this, scope) | _strict(test.expression, scope)
    if isinstance(test, exp.Between | exp.In | exp.Column):
        return _strict(test if isinstance(test, exp.Column) else test.this, scope)
    return set()


def _is_null_test(test: exp.Expr) -> bool:
    return isinstance(test, exp.Is) and isinstance(test.expression, exp.Null)


def _strict(value: exp.Expr, scope: OrderScope) -> set[Attribute]:
    """Return the columns that make the value NULL if one of them is NULL."""
    if isinstance(value, exp.Column):
        return {scope.resolve(value)}
    if isinstance(value, exp.Tuple):
        return set().union(*(_strict(part, scope) for part in value.expressions))
    if not isinstance(value, _NULL_OF_NULL):
        return set()
    inner = [value.this, value.expression] if isinstance(value, exp.Binary) else [value.this]
    return set().union(*(_strict(part, scope) for part in inner))
