"""Find CASTs, comparisons and concatenations whose result differs between the databases."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.value_kinds import Kinds, ValueKind, values_together
from hangar_dal.check.storage_types import has_other_form

_D: Final = exp.DType
_INTEGERS: Final = frozenset({_D.INT, _D.BIGINT, _D.SMALLINT})
_SHARED: Final = frozenset({*_INTEGERS, _D.DOUBLE, _D.TEXT, _D.VARCHAR, _D.CHAR, _D.FLOAT, _D.DECIMAL})
# Values of these kinds become different texts on the two databases.
_NO_COMMON_TEXT: Final = frozenset(
    {"bool", "float", "numeric", "instant", "interval", "time without time zone", "json", "bytes", "list"}
)
_JOINED: Final = frozenset({"json", "list", "bytes"})
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_NUMBERS: Final = frozenset({"int", "numeric", "float"})
# SQLite converts the quoted number if the other side is a column or a CAST.
_KEEPS_AFFINITY: Final = (exp.Column, exp.Cast)


def in_types(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the names of the differences in CASTs, comparisons and concatenations."""
    if isinstance(node, exp.Cast):
        yield from _cast(node, kinds)
    elif isinstance(node, exp.DPipe):
        yield from _joined(node, kinds)
    elif isinstance(node, exp.Concat | exp.ConcatWs | exp.Format):
        if any(_has_no_common_text(each, kinds) for each in node.expressions):
            yield "as_text"
    elif isinstance(node, _COMPARISONS):
        yield from _compared(node.this, node.expression, kinds)
        yield from _compared(node.expression, node.this, kinds)
        is_assignment = isinstance(node.parent, exp.Update | exp.OnConflict)
        if not is_assignment and _are_json([node.this, node.expression], kinds):
            yield "json_compare"
    elif isinstance(node, exp.In):
        for each in node.expressions:
            yield from _compared(node.this, each, kinds)
        if node.args.get("query") is not None and _are_json([node.this], kinds):
            yield "json_compare"
    elif any(_are_json([each], kinds) for each in _made_distinct(node)):
        yield "json_compare"
    elif isinstance(node, exp.Between):
        for each in (node.args["low"], node.args["high"]):
            yield from _compared(node.this, each, kinds)


def in_days(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the name of the difference if dates are compared or combined with timestamps.

    Arguments have a rule of their own, and so have columns that are written.
    """
    values: list[exp.Expr] = []
    if isinstance(node, _COMPARISONS) and not isinstance(node.parent, exp.Update | exp.OnConflict):
        values = [node.this, node.expression]
    elif isinstance(node, exp.In):
        values = [node.this, *node.expressions]
    elif isinstance(node, exp.Between):
        values = [node.this, node.args["low"], node.args["high"]]
    elif isinstance(node, exp.Coalesce | exp.Case):
        values = values_together(node)
    if {"date", "instant"} <= {kinds.of(each).name for each in values if not isinstance(each, exp.Placeholder)}:
        yield "day_and_time"


def _cast(cast: exp.Cast, kinds: Kinds) -> Iterator[str]:
    to, kind = cast.to.this, kinds.of(cast.this)
    if isinstance(cast.this, exp.Null) or _is_null_test(cast) or _keeps_unit(cast, kind):
        return
    if to not in _SHARED:
        if not (to is _D.BOOLEAN and (kind.name == "bool" or _is_json_value(cast.this))):
            yield "cast_type"
    elif to is _D.DECIMAL:
        yield "cast_numeric"
    elif to is _D.FLOAT:
        yield "cast_real"
    elif to is _D.CHAR or cast.to.expressions:
        yield "cast_length"
    elif to in _INTEGERS and kind.name in ("numeric", "float") and not kind.whole:
        yield "cast_fraction"
    elif to in (_D.TEXT, _D.VARCHAR):
        if _has_no_common_text(cast.this, kinds):
            yield "as_text"
    elif kind.name == "text" and not _is_json_value(cast.this) and not _is_number(cast.this, to in _INTEGERS):
        yield "cast_text"


def _keeps_unit(cast: exp.Cast, kind: ValueKind) -> bool:
    """Return whether SQLite keeps the integer that a Decimal or an interval is, or 0 for an interval of no length.

    Other CASTs of a Decimal are reported with those of other values that have a unit.
    """
    if cast.to.this is _D.INTERVAL:
        return kind.name == "interval" or (isinstance(cast.this, exp.Literal) and cast.this.name == "0")
    return kind.places is not None and cast.to.this not in (_D.TEXT, _D.VARCHAR, _D.CHAR)


def _is_null_test(cast: exp.Cast) -> bool:
    """Return whether the CAST is only tested for NULL, which no CAST changes."""
    test = cast.parent
    return isinstance(test, exp.Is) and test.this is cast and isinstance(test.expression, exp.Null)


def _is_json_value(value: exp.Expr) -> bool:
    return isinstance(value.unnest(), exp.JSONExtractScalar)


def _is_number(value: exp.Expr, is_whole: bool) -> bool:
    pattern = r"\s*[+-]?\d+\s*" if is_whole else r"\s*[+-]?\d+(\.\d+)?\s*"
    return isinstance(value, exp.Literal) and value.is_string and re.fullmatch(pattern, value.name) is not None


def _has_no_common_text(value: exp.Expr, kinds: Kinds) -> bool:
    """Return whether the databases write the value as different texts. Literal numbers have the same text on both."""
    kind = kinds.of(value)
    return kind.name in _NO_COMMON_TEXT and not isinstance(value, exp.Literal) and not _is_whole_sum(value, kinds)


def _is_whole_sum(value: exp.Expr, kinds: Kinds) -> bool:
    kind = kinds.of(value)
    return kind.name == "numeric" and kind.whole and kind.stored == "integer"


def _joined(pipe: exp.DPipe, kinds: Kinds) -> Iterator[str]:
    sides = [pipe.this, pipe.expression]
    # The left side of `a || b || c` is checked by itself.
    names = [kinds.of(side).name for side in sides if not isinstance(side, exp.DPipe)]
    if any(isinstance(side, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod) for side in sides):
        yield "concat_arithmetic"
    elif _JOINED & set(names):
        yield "join"
    elif any(_has_no_common_text(side, kinds) for side in sides if not isinstance(side, exp.DPipe)):
        yield "as_text"


def _are_json(values: Sequence[exp.Expr], kinds: Kinds) -> bool:
    return all(kinds.of(each).name == "json" for each in values)


def _made_distinct(node: exp.Expr) -> Sequence[exp.Expr]:
    """Return the expressions that DISTINCT, GROUP BY or a UNION without ALL compares."""
    if isinstance(node, exp.Group | exp.Distinct):
        return node.expressions
    if isinstance(node, exp.Select) and node.args.get("distinct") is not None:
        return node.expressions
    return node.selects if isinstance(node, exp.SetOperation) and node.args.get("distinct") else ()


def _compared(one: exp.Expr, other: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the differences in a comparison of a value with a quoted literal."""
    if not (isinstance(other, exp.Literal) and other.is_string):
        return
    kind = kinds.of(one)
    if kind.places is not None:
        return  # a Decimal beside any other value is reported with those
    if kind.name in _NUMBERS:
        if not isinstance(one.unnest(), _KEEPS_AFFINITY):
            yield "number_as_text"
    elif has_other_form(kind.name, other.name) or (
        kind.name == "bool" and not isinstance(one.unnest(), _KEEPS_AFFINITY)
    ):
        yield "literal_form"
    elif kind.name == "json" and other.name.lstrip()[:1] in ("{", "["):
        yield "json_compare"
