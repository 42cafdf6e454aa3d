"""Find calculations whose result differs between the databases."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.meanings.zero_divisors import may_divide_by_zero
from hangar_dal.check.sql.value_kinds import Kinds, ValueKind, is_function

_LARGEST: Final = 2**63
_INTEGERS: Final = frozenset({exp.DType.BIGINT, exp.DType.INT, exp.DType.SMALLINT})
_BITS: Final = 63  # the number of the highest bit in 64 bits
_BITS_OF_LITERAL: Final = 30  # on PostgreSQL, an integer literal has 32 bits, and the highest one is the sign
_FRACTIONS: Final = ("numeric", "float")


def in_numbers(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the names of the differences in a calculation.

    Calculations with Decimals are reported by their unit.
    """
    if isinstance(node, exp.Binary | exp.Round) and any(
        kinds.of(each).places is not None for each in (node.this, node.args.get("expression"))
    ):
        return
    match node:
        case exp.Div():
            yield from _division(node, kinds)
        case exp.Mod():
            yield from _remainder(node, kinds)
        case exp.Round():
            yield from _rounding(node, kinds)
        case exp.BitwiseLeftShift() | exp.BitwiseRightShift():
            yield from _shift(node)
        case exp.Literal() if node.is_int and int(node.name) > _LARGEST:
            yield "big_number"
        case exp.Rand() if not isinstance(node.parent, exp.Ordered):
            yield "random"
        case exp.Sqrt() | exp.Ln() if _is_outside(node):
            yield "out_of_range"
        case exp.Cast() if node.to.this in _INTEGERS and abs(_constant(node.this) or 0) >= _LARGEST:
            yield "out_of_range"
        case exp.Update():
            for each in node.expressions:
                column = kinds.column(each.this) if isinstance(each, exp.EQ) else None
                if column is not None and column.kind == "int" and _is_fraction(kinds.of(each.expression)):
                    yield "fraction_stored"


def _is_outside(node: exp.Sqrt | exp.Ln) -> bool:
    """Return whether the argument is a constant for which the function has no result."""
    value = _constant(node.this)
    return value is not None and (value < 0 or (value == 0 and isinstance(node, exp.Ln)))


def _constant(value: exp.Expr) -> float | None:
    """Return the number that is written here, also rounded by a function; None for another expression."""
    value = value.unnest()
    if isinstance(value, exp.Neg):
        inner = _constant(value.this)
        return -inner if inner is not None else None
    if isinstance(value, exp.Floor | exp.Ceil | exp.Trunc | exp.Cast):
        return _constant(value.this)
    return float(value.name) if isinstance(value, exp.Literal) and not value.is_string else None


def _is_fraction(kind: ValueKind) -> bool:
    return kind.name in _FRACTIONS and not kind.whole


def _division(node: exp.Div, kinds: Kinds) -> Iterator[str]:
    one, other = kinds.of(node.this), kinds.of(node.expression)
    if one.stored and other.stored:
        on_postgresql = one.name == other.name == "int"
        on_sqlite = "real" not in (one.stored, other.stored)
        if on_postgresql != on_sqlite:
            yield "division_kind"
    if may_divide_by_zero(node, kinds):
        yield "division_zero"


def _remainder(node: exp.Mod, kinds: Kinds) -> Iterator[str]:
    sides = [kinds.of(node.this), kinds.of(node.expression)]
    if is_function(node):
        if all(side.name == "int" for side in sides):
            yield "mod_integers"
    elif any(_is_fraction(side) for side in sides):
        yield "remainder"
    if may_divide_by_zero(node, kinds):
        yield "division_zero"


def _rounding(node: exp.Round, kinds: Kinds) -> Iterator[str]:
    digits = node.args.get("decimals")
    if digits is None and kinds.of(node.this).name == "float" and not kinds.of(node.this).whole:
        yield "round_half"
    elif isinstance(digits, exp.Neg):
        yield "round_digits"


def _shift(node: exp.Binary) -> Iterator[str]:
    distance = node.expression.unnest()
    value = node.this.unnest()
    bits = _BITS
    if isinstance(value, exp.Literal) and isinstance(node, exp.BitwiseLeftShift):
        bits = _BITS_OF_LITERAL - int(value.name).bit_length() + 1 if value.is_int else 0
    if isinstance(distance, exp.Neg) or (
        isinstance(distance, exp.Literal) and distance.is_int and int(distance.name) > bits
    ):
        yield "shift"
