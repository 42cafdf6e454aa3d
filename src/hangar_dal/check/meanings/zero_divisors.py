"""Determine whether a divisor may be 0."""

from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.value_kinds import Kinds

_ARITHMETIC: Final = (exp.Sum, exp.Sub, exp.Mul, exp.Max, exp.Min, exp.Avg)
_MIRRORED: Final[dict[type[exp.Expr], type[exp.Expr]]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
}
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_NULL_WITHOUT_ROWS: Final = (exp.Sum, exp.Avg, exp.Max, exp.Min)


def may_divide_by_zero(node: exp.Binary, kinds: Kinds) -> bool:
    """Return whether the divisor may be 0. Returns False for arguments, whose types may exclude 0."""
    return _may_be_zero(node.expression, node, kinds)


def _may_be_zero(value: exp.Expr, division: exp.Binary, kinds: Kinds) -> bool:
    value = value.unnest()
    while isinstance(value, exp.Cast):
        value = value.this.unnest()
    match value:
        case exp.Literal():
            return not value.is_string and float(value.name) == 0
        case exp.Neg():
            return _may_be_zero(value.this, division, kinds)
        case exp.Coalesce():
            is_excluded = _is_excluded(value, division)
            return not is_excluded and any(
                _may_be_zero(each, division, kinds) for each in (value.this, *value.expressions)
            )
        case exp.Select() if len(value.expressions) == 1:
            return _may_be_zero(value.expressions[0].unalias(), division, kinds)
        case exp.Filter() if isinstance(value.this, exp.Count):
            return not _is_null_without_rows(division.this) and not _is_excluded(value, division)
        case exp.Count():
            return _may_count_nothing(value, division, kinds) and not _is_excluded(value, division)
        case exp.Column() | exp.Length():
            return not _is_excluded(value, division)
    return isinstance(value, _ARITHMETIC) and not _is_excluded(value, division)


def _may_count_nothing(count: exp.Count, division: exp.Binary, kinds: Kinds) -> bool:
    """Return whether a count may be 0 where the dividend is not NULL.

    A group always has rows, but perhaps none with a value. Without GROUP BY, there may be no rows.
    """
    select = count.parent_select
    if select is division.parent_select and _is_null_without_rows(division.this):
        return False
    if select is None or select.args.get("group") is None:
        return True
    counted = count.this.expressions[0] if isinstance(count.this, exp.Distinct) else count.this
    if isinstance(counted, exp.Star | exp.Literal):
        return False
    column = kinds.column(counted)
    is_joined = any(join.side for join in select.args.get("joins") or ())
    return column is None or column.nullable or is_joined


def _is_null_without_rows(value: exp.Expr) -> bool:
    """Return whether the value is NULL if there are no rows: a sum, or an expression calculated from one."""
    value = value.unnest()
    if isinstance(value, exp.Add | exp.Sub | exp.Mul):
        return _is_null_without_rows(value.this) or _is_null_without_rows(value.expression)
    return _is_null_without_rows(value.this) if isinstance(value, exp.Cast) else isinstance(value, _NULL_WITHOUT_ROWS)


def _is_excluded(value: exp.Expr, division: exp.Binary) -> bool:
    """Return whether a condition of the statement compares the value with a constant in a way that excludes 0."""
    for test in division.root().find_all(*_COMPARISONS, exp.Between, exp.In):
        holds = _holds_for_zero(test, value)
        if holds is not None and holds == _is_negated(test, division):
            return True
    return any(
        case.this is not None and case.this.unnest() == value and any(_is_zero(each.this) for each in case.args["ifs"])
        for case in division.root().find_all(exp.Case)
    )


def _holds_for_zero(test: exp.Expr, value: exp.Expr) -> bool | None:
    """Return whether the comparison is true if the value is 0; None if it does not compare it with a constant."""
    if isinstance(test, exp.Between):
        low, high = _number(test.args["low"]), _number(test.args["high"])
        if test.this.unnest() != value or low is None or high is None:
            return None
        return low <= 0 <= high
    if isinstance(test, exp.In):
        listed = [_number(each) for each in test.expressions]
        return None if test.this.unnest() != value or not listed or None in listed else 0 in listed
    one, other = test.this.unnest(), test.expression.unnest()
    kind: type[exp.Expr] = type(test)
    if other == value:
        one, other, kind = other, one, _MIRRORED.get(kind, kind)
    number = _number(other)
    if one != value or number is None:
        return None
    holds: dict[type[exp.Expr], bool] = {
        exp.EQ: number == 0, exp.NEQ: number != 0, exp.GT: number < 0, exp.GTE: number <= 0, exp.LT: number > 0,
        exp.LTE: number >= 0,
    }  # fmt: skip
    return holds[kind]


def _number(value: exp.Expr) -> float | None:
    value = value.unnest()
    if isinstance(value, exp.Neg):
        number = _number(value.this)
        return -number if number is not None else None
    return float(value.name) if isinstance(value, exp.Literal) and not value.is_string else None


def _is_zero(value: exp.Expr) -> bool:
    return _number(value) == 0


def _is_negated(test: exp.Expr, division: exp.Expr) -> bool:
    """Return whether the division is evaluated where the comparison does not hold: after NOT, or in a later WHEN."""
    is_negated = False
    at: exp.Expr = test
    while at.parent is not None:
        at, below = at.parent, at
        is_negated ^= isinstance(at, exp.Not)
        if isinstance(at, exp.If) and at.this is below:
            return is_negated ^ (not _contains(at.args["true"], division))
    return is_negated


def _contains(outer: exp.Expr, node: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None and at is not outer:
        at = at.parent
    return at is outer
