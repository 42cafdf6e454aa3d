"""What SQLite alone makes certain: functions that make a value of whatever they get, and numbers that stay finite.

Stands alone. Left out on purpose: `substr` of an empty blob and `unicode` of an empty text are NULL, and so is
what is no number: infinity less infinity, infinity times 0, whatever is divided by 0.
"""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

# NULL only if one of what they are given is.
_STRICT: Final = (
    exp.Abs, exp.Hex, exp.Length, exp.Lower, exp.Neg, exp.Replace, exp.Round, exp.StrPosition, exp.Trim, exp.Upper,
)  # fmt: skip
_WINDOWS: Final = (exp.Count, exp.DenseRank, exp.Rank, exp.RowNumber)
# More digits could be too many for a whole number.
_DIGITS: Final = 18


def is_certain_on_sqlite(value: exp.Expr, certain: Callable[..., bool]) -> bool:
    """Whether it is never NULL; `certain` says so of what it is made of."""
    match value:
        case exp.Cast():
            # `date 'x'` is no text that is cast: it is the column `date`, called x.
            return not _is_text(value.this) and certain(value.this)
        case exp.Typeof():
            return True
        case exp.Add() | exp.Sub():
            return (_is_finite(value.left) or _is_finite(value.right)) and certain(value.left, value.right)
        case exp.Mul() | exp.Div() | exp.Mod():
            return _is_whole(value.right) and int(value.right.name) != 0 and certain(value.left)
    return isinstance(value, _STRICT) and certain(*value.iter_expressions())


def _is_text(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and value.is_string


def _is_whole(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and value.is_int and len(value.name) <= _DIGITS


def _is_finite(value: exp.Expr) -> bool:
    """A whole number, or a sum of such: by adding them alone one never comes near infinity."""
    if isinstance(value, exp.Paren | exp.Neg):
        return _is_finite(value.this)
    if isinstance(value, exp.Window):
        return isinstance(value.this, _WINDOWS)
    if isinstance(value, exp.Add | exp.Sub):
        return _is_finite(value.left) and _is_finite(value.right)
    return isinstance(value, exp.Count | exp.Length) or _is_whole(value)
