"""Read the values that a condition allows or excludes: `status IN ('A', 'B')`, `NOT is_on`, `removed_at IS NULL`."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from sqlglot import exp

from hangar_dal.check.sql.parse import conjuncts, disjuncts
from hangar_dal.check.storage_types import number_in
from hangar_dal.sqlscan import Dialect

Value = str | bool | None  # a number is a text, and None is NULL

_BYTEWISE: Final = frozenset({"binary", "c", "posix", "ucs_basic"})
_UNEQUAL: Final = (exp.NEQ, exp.NullSafeNEQ)
_NULL_SAFE: Final = (exp.NullSafeEQ, exp.NullSafeNEQ)
_BOOLEANS: Final = {"1": True, "0": False}


class Restriction(NamedTuple):
    """The values that an expression may have where a condition holds; those that it cannot have if `is_negated`."""

    value: exp.Expr
    values: tuple[Value, ...]
    is_negated: bool

    def texts(self) -> set[str | None]:
        """Return the values in any order, with 1 and 0 for TRUE and FALSE."""
        return {str(int(value)) if isinstance(value, bool) else value for value in self.values}


class _Test(NamedTuple):
    """A comparison of an expression with values. If `finds_null` is False, the comparison with NULL is NULL."""

    value: exp.Expr
    values: tuple[Value, ...]
    is_negated: bool = False
    finds_null: bool = False


def required(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the conditions that AND joins, also within `(...) IS TRUE`."""
    for each in conjuncts(condition):
        if isinstance(each, exp.Is) and _boolean(each.expression) is True:
            yield from required(each.this)
        else:
            yield each


def restriction(condition: exp.Expr, dialect: Dialect) -> Restriction | None:
    """Return the values to which a condition without AND restricts one expression; None if it does no such thing."""
    condition = condition.unnest()
    if isinstance(condition, exp.Or):
        arms = [restriction(arm, dialect) for arm in disjuncts(condition)]
        known = [arm for arm in arms if arm is not None and not arm.is_negated]
        if len(known) < len(arms) or len({_name(arm.value) for arm in known}) > 1:
            return None
        return Restriction(
            known[0].value, tuple(dict.fromkeys(chain.from_iterable(arm.values for arm in known))), False
        )
    test = _test(condition, dialect)
    if test is None:
        return None
    excludes_null = test.is_negated and not test.finds_null
    return Restriction(test.value, (*test.values, None) if excludes_null else test.values, test.is_negated)


def _test(test: exp.Expr, dialect: Dialect) -> _Test | None:
    match test:
        case exp.Not():
            found = _test(test.this.unnest(), dialect)
            return found._replace(is_negated=not found.is_negated) if found is not None else None
        case exp.Column() if not isinstance(test.this, exp.Star):
            # SQLite takes each number other than 0 for true.
            return _Test(test, (True,)) if dialect == "postgresql" else _Test(test, ("0",), is_negated=True)
        case exp.Is() if isinstance(test.expression, exp.Null):
            return _Test(_plain(test.this), (None,), bool(test.args.get("negate")), finds_null=True)
        case exp.Is() if dialect == "postgresql" and (value := _boolean(test.expression)) is not None:
            return _Test(_plain(test.this), (value,), finds_null=True)
        case exp.Case() if test.this is not None:
            return _case(test)
        case exp.In() if test.expressions:
            return _compared(test.args["this"], test.expressions)
        case exp.EQ() | exp.NEQ() | exp.NullSafeEQ() | exp.NullSafeNEQ():
            one, other = test.args["this"], test.args["expression"]
            if _literals([one]) is not None:
                one, other = other, one
            items = _items(other, is_equal=not isinstance(test, _UNEQUAL))
            found = _compared(one, items)
            is_negated, finds_null = isinstance(test, _UNEQUAL), isinstance(test, _NULL_SAFE)
            return found._replace(is_negated=is_negated, finds_null=finds_null) if found is not None else None
    return None


def _compared(value: exp.Expr, items: Sequence[exp.Expr]) -> _Test | None:
    values = _literals(items)
    return _Test(_plain(value), values) if values is not None else None


def _case(case: exp.Case) -> _Test | None:
    """Return the test that `CASE value WHEN 'A' THEN TRUE ELSE FALSE END` is; None for any other CASE."""
    whens, default = case.args["ifs"], _boolean(case.args.get("default"))
    values, results = _literals([each.this for each in whens]), [_boolean(each.args["true"]) for each in whens]
    if values is None or default is None or None in results or len({*values}) < len(values):
        return None
    found = tuple(value for value, result in zip(values, results, strict=True) if result is not default)
    return _Test(_plain(case.this), found, is_negated=default, finds_null=True)


def _items(value: exp.Expr, *, is_equal: bool) -> Sequence[exp.Expr]:
    """Return the values of `= value`, `= ANY (ARRAY[...])` and `<> ALL ('{...}')`."""
    value = _plain(value)
    array: exp.Expr | None = None
    if isinstance(value, exp.Any) and is_equal:  # `<> ANY` and `= ALL` have another meaning
        array = _plain(value.this)
    elif (
        isinstance(value, exp.Anonymous)
        and value.name.upper() == "ALL"
        and not is_equal
        and len(value.expressions) == 1
    ):
        array = _plain(value.expressions[0])
    if isinstance(array, exp.Literal) and array.name[:1] == "{":
        items = next(csv.reader([array.name[1:-1]], escapechar="\\", doublequote=False))
        return [exp.Null() if item.upper() == "NULL" else exp.Literal.string(item) for item in items]
    return array.expressions if isinstance(array, exp.Array) else [value]


def _literals(items: Sequence[exp.Expr]) -> tuple[Value, ...] | None:
    """Return the values of literals; None if anything else is among them."""
    values: list[Value] = []
    for item in items:
        literal = _plain(item)
        sign = "-" if isinstance(literal, exp.Neg) else ""
        literal = _plain(literal.this) if sign else literal
        if isinstance(literal, exp.Boolean) and not sign:
            values.append(bool(literal.this))
        elif isinstance(literal, exp.Literal) and not (sign and literal.is_string):
            is_number = not literal.is_string or (
                isinstance(item, exp.Cast) and item.to.is_type(*exp.DataType.NUMERIC_TYPES)
            )
            number = number_in(sign + literal.name) if is_number else None
            values.append(sign + literal.name if number is None else f"{number.normalize():f}")
        else:
            return None
    return tuple(values)


def _plain(value: exp.Expr) -> exp.Expr:
    """Return the value without parentheses, without casts that keep it, and without collations that compare bytes."""
    while isinstance(value, exp.Paren) or _keeps_value(value):
        value = value.this
    return value


def _keeps_value(value: exp.Expr) -> bool:
    """Return whether this is such a cast or collation."""
    if isinstance(value, exp.Cast):
        is_text = value.to.is_type(exp.DType.TEXT, exp.DType.VARCHAR) and not value.to.expressions
        return is_text or isinstance(_plain(value.this), exp.Literal | exp.Array | exp.Neg)
    return isinstance(value, exp.Collate) and value.expression.name.lower() in _BYTEWISE


def _boolean(value: exp.Expr | None) -> bool | None:
    """Return the constant TRUE or FALSE, which SQLite also writes as 1 and 0; None for any other value."""
    if isinstance(value, exp.Boolean):
        return bool(value.this)
    return _BOOLEANS.get(value.name) if isinstance(value, exp.Literal) and not value.is_string else None


def _name(value: exp.Expr) -> str:
    return value.sql(comments=False).replace('"', "").lower()
