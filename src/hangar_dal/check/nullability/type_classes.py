"""Classify expressions of PostgreSQL by type, to find out whether they use built-in operators and functions."""

from collections.abc import Iterable
from typing import Any, Final

from sqlglot import exp

from hangar_dal.check.nullability.scope import NullScope, TypeClass

_D: Final = exp.DType
CAST_TO: Final[dict[Any, TypeClass | None]] = {
    **dict.fromkeys((_D.INT, _D.BIGINT, _D.SMALLINT, _D.DOUBLE, _D.FLOAT, _D.DECIMAL), "number"),
    **dict.fromkeys((_D.TEXT, _D.VARCHAR, _D.CHAR, _D.BOOLEAN, _D.UUID, _D.DATE, _D.TIMESTAMPTZ), "plain"),
    **dict.fromkeys((_D.ARRAY, _D.JSON, _D.JSONB, _D.TIMESTAMP, _D.VARBINARY)),
}
RANKING: Final = (exp.CumeDist, exp.DenseRank, exp.PercentRank, exp.Rank, exp.RowNumber)
ARITHMETIC: Final = (exp.Add, exp.Div, exp.Mod, exp.Mul, exp.Sub)
_PLAIN: Final = (exp.Boolean, exp.Date, exp.DPipe, exp.Lower, exp.Upper)
_WHOLE: Final = (exp.Count, exp.Length, exp.Ntile, exp.StrPosition)
_SAME: Final = (
    exp.Alias, exp.Collate, exp.Filter, exp.FirstValue, exp.Lag, exp.LastValue, exp.Lead, exp.Left, exp.Max, exp.Min,
    exp.Paren, exp.Replace, exp.Right, exp.Substring, exp.Trim,
)  # fmt: skip
_NUMBERS: Final = (exp.Abs, exp.Avg, exp.Ceil, exp.Floor, exp.Neg, exp.Round, exp.Sign, exp.Sum)


def class_of(value: exp.Expr, scope: NullScope) -> TypeClass | None:
    """Return the class of the value's type; None if it is unknown or has no class."""
    match value:
        case exp.Literal():
            return "plain" if value.is_string else "number"
        case exp.Placeholder():
            return scope.parameter(value).type_class
        case exp.Window():
            return "number" if isinstance(value.this, RANKING) else class_of(value.this, scope)
        case exp.Case():
            return _common([*(arm.args["true"] for arm in value.args["ifs"]), value.args.get("default")], scope)
        case exp.Column():
            return None if isinstance(value.this, exp.Star) else scope.resolve(value).type_class
        case exp.Cast():
            return CAST_TO.get(value.to.this)
        case exp.Coalesce():
            return _common([value.this, *value.expressions], scope)
    if isinstance(value, _PLAIN + _WHOLE):
        return "plain" if isinstance(value, _PLAIN) else "number"
    if isinstance(value, _SAME):
        return class_of(value.this, scope)
    if isinstance(value, _NUMBERS):
        return _number([value.this], scope)
    return _number([value.left, value.right], scope) if isinstance(value, ARITHMETIC) else None


def _common(values: Iterable[exp.Expr | None], scope: NullScope) -> TypeClass | None:
    """Return the class that all values share; None if they differ. NULL and a missing ELSE have any type."""
    known = (value for value in values if value is not None and not isinstance(value, exp.Null))
    classes: set[TypeClass | None] = {class_of(value, scope) for value in known}
    return classes.pop() if len(classes) == 1 else None


def _number(values: Iterable[exp.Expr], scope: NullScope) -> TypeClass | None:
    return "number" if all(class_of(value, scope) == "number" for value in values) else None
