"""Determine whether an expression is never NULL, by rules that hold only on SQLite.

SQLite returns NULL instead of NaN, as for infinity - infinity and infinity * 0. Arithmetic is therefore never NULL only
if its operands are proven to be finite. Division by 0 is NULL as well. `unicode` has no rule, because `unicode` of an
empty text is NULL.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.scope import NullScope

# A template of `printf` whose first letters are written for each argument, also for NULL.
_BEGINS_WITH_TEXT: Final = re.compile(r"[^%\0]|%%|%0?\d{0,3}d|%(\d{1,2})?\.\d{1,2}f")
# A literal with more digits may not fit a 64-bit integer.
_DIGITS: Final = 18
_WHOLE_BITS: Final = 64
_MOST_BITS: Final = 900  # a double has an exponent of up to 1024, and sums need 64 more
_WHOLE: Final = (exp.Count, exp.DenseRank, exp.Length, exp.Mod, exp.Ntile, exp.Rank, exp.RowNumber)
_WHOLE_TYPES: Final = (exp.DType.BIGINT, exp.DType.INT, exp.DType.SMALLINT)
_TEXT_TYPES: Final = (exp.DType.TEXT, exp.DType.VARCHAR)
_NUMBER_TYPES: Final = (*_WHOLE_TYPES, exp.DType.DOUBLE, exp.DType.FLOAT)
_TEXTS: Final = (exp.DPipe, exp.Hex, exp.Lower, exp.Replace, exp.Substring, exp.Trim, exp.Typeof, exp.Upper)
_NUMBERS: Final = (
    exp.Abs, exp.Add, exp.Avg, exp.Ceil, exp.Div, exp.Floor, exp.Mul, exp.Neg, exp.Round, exp.Sign, exp.StrPosition,
    exp.Sub, exp.Sum, *_WHOLE,
)  # fmt: skip
_SAME: Final = (
    exp.Abs, exp.Alias, exp.Ceil, exp.Collate, exp.Filter, exp.FirstValue, exp.Floor, exp.LastValue, exp.Max, exp.Min,
    exp.Neg, exp.Paren, exp.Round, exp.Window,
)  # fmt: skip


def is_certain_on_sqlite(value: exp.Expr, scope: NullScope, certain: Callable[..., bool]) -> bool:
    """Return whether the value is never NULL. `certain` returns whether all of its arguments are never NULL."""
    match value:
        case exp.Cast():
            # The parser reads `date 'x'` as a cast. On SQLite, it is the column `date` with the alias x.
            return not _is_text(value.this) and certain(value.this)
        case exp.Typeof():
            return True
        case exp.Format():
            return _is_never_empty(value.this)
        case exp.Anonymous() if str(value.this).lower() == "printf" and value.expressions:
            return _is_never_empty(value.expressions[0])
        case exp.Add() | exp.Sub():
            is_finite = bits_of(value.left, scope) is not None or bits_of(value.right, scope) is not None
            return is_finite and certain(value.left, value.right)
        case exp.Mul():
            is_finite = _is_whole(value.right) and int(value.right.name) != 0
            return (is_finite or bits_of(value, scope) is not None) and certain(value.left, value.right)
        case exp.Div() | exp.Mod():
            return _is_divisor(value.right, scope) and certain(value.left)
    return False


def storage_of(value: exp.Expr, scope: NullScope) -> str:
    """Return "number" or "text" if each value that is not NULL is one; "" if this is not known."""
    match value:
        case exp.Literal():
            return "text" if value.is_string else "number"
        case exp.Column():
            return "" if isinstance(value.this, exp.Star) else scope.resolve(value).storage
        case exp.Cast():
            return "text" if value.to.this in _TEXT_TYPES else "number" if value.to.this in _NUMBER_TYPES else ""
        case exp.Coalesce():
            return _common([value.this, *value.expressions], scope)
        case exp.Case():
            return _common([*(arm.args.get("true") for arm in value.args["ifs"]), value.args.get("default")], scope)
        case exp.Alias() | exp.Paren() | exp.Collate() | exp.Max() | exp.Min():
            return _common([value.this, *value.expressions], scope) if isinstance(value.this, exp.Expr) else ""
    return "text" if isinstance(value, _TEXTS) else "number" if isinstance(value, _NUMBERS) else ""


def _common(values: Iterable[exp.Expr | None], scope: NullScope) -> str:
    found = {storage_of(value, scope) for value in values if value is not None and not isinstance(value, exp.Null)}
    return found.pop() if len(found) == 1 else ""


def bits_of(value: exp.Expr, scope: NullScope) -> int | None:
    """Return an exponent n such that each value that is not NULL is a number with a magnitude below 2**n.

    Returns None if a value may be infinite or no number, or if this is not known.
    """
    bits = _bits_of(value, scope)
    return bits if bits is not None and bits <= _MOST_BITS else None


def _bits_of(value: exp.Expr, scope: NullScope) -> int | None:
    def most(*operands: exp.Expr | None, more: int = 0) -> int | None:
        bits = [_bits_of(each, scope) for each in operands if each is not None and not isinstance(each, exp.Null)]
        known = [each for each in bits if each is not None]
        return max(known, default=0) + more if len(known) == len(bits) else None

    match value:
        case exp.Literal():
            return _WHOLE_BITS if _is_whole(value) else None
        case exp.Column():
            return None if isinstance(value.this, exp.Star) else scope.resolve(value).bits
        case exp.Cast():
            return _WHOLE_BITS if value.to.this in _WHOLE_TYPES and not _is_text(value.this) else None
        case exp.Add() | exp.Sub():
            return most(value.left, value.right, more=1)
        case exp.Mul():
            left, right = _bits_of(value.left, scope), _bits_of(value.right, scope)
            return None if left is None or right is None else left + right
        case exp.Div():
            return most(value.left) if _is_divisor(value.right, scope) else None
        case exp.Avg() | exp.Sum():
            return most(value.this, more=_WHOLE_BITS)
        case exp.Coalesce():
            return most(value.this, *value.expressions)
        case exp.Case():
            return most(value.args.get("default"), *(arm.args.get("true") for arm in value.args["ifs"]))
        case exp.Lag() | exp.Lead():
            return most(value.this, value.args.get("default"))
    if isinstance(value, _WHOLE):
        return _WHOLE_BITS
    return most(value.this, more=1) if isinstance(value, _SAME) and not value.expressions else None


def _is_divisor(value: exp.Expr, scope: NullScope) -> bool:
    """Return whether the divisor is never 0: it is an integer literal other than 0, or count(*) of a group."""
    if _is_whole(value):
        return int(value.name) != 0
    return scope.has_groups and isinstance(value, exp.Count) and isinstance(value.this, exp.Star)


def _is_never_empty(template: exp.Expr) -> bool:
    """Return whether `printf` never writes an empty text, which SQLite returns as NULL in some cases."""
    return _is_text(template) and _BEGINS_WITH_TEXT.match(template.name) is not None


def _is_text(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and value.is_string


def _is_whole(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and value.is_int and len(value.name) <= _DIGITS
