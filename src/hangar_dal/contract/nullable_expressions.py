"""Whether an expression can be NULL. Each rule names what makes a value certain; what has no rule is not.

Stands above `nullable_scope`. Left out on purpose, since NULL comes out of values that are none: `lower(range)`,
`extract(day FROM infinity)`, a JSON null that is cast (PostgreSQL 18), a closed `path + path`; division, infinities
and text functions of empty blobs on SQLite.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from hangar_dal.contract.nullable_aggregates import NEVER_NULL_BY_NAME
from hangar_dal.contract.nullable_scope import MayBeNull, Scope, Sort

_D: Final = exp.DType
_NEVER: Final = (
    exp.Boolean,
    exp.Count,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.Exists,
    exp.Literal,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)
_NEVER_IN: Final[dict[str, tuple[type[exp.Expr], ...]]] = {
    "postgresql": (exp.Array,),
    # Of no rows they are '[]' and '{}'.
    "sqlite": (exp.JSONArrayAgg, exp.JSONObject, exp.JSONObjectAgg),
}
# NULL only if an operand is.
_STRICT: Final = (
    exp.And, exp.Between, exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ, exp.Not, exp.Or, exp.Paren,
)  # fmt: skip
_RANKING: Final = (exp.CumeDist, exp.DenseRank, exp.PercentRank, exp.Rank, exp.RowNumber)
# Of a group, which has a row: these whatever they gather ...
_GATHERING: Final = (exp.ArrayAgg, exp.JSONArrayAgg)
# ... these as strict as their argument.
_OF_GROUP: Final = (exp.Max, exp.Min)
_CAST_TO: Final[dict[Any, Sort | None]] = {
    **dict.fromkeys((_D.INT, _D.BIGINT, _D.SMALLINT, _D.DOUBLE, _D.FLOAT, _D.DECIMAL), "number"),
    **dict.fromkeys((_D.TEXT, _D.VARCHAR, _D.CHAR, _D.BOOLEAN, _D.UUID, _D.DATE, _D.TIMESTAMPTZ), "plain"),
    **dict.fromkeys((_D.ARRAY, _D.JSON, _D.JSONB, _D.TIMESTAMP, _D.VARBINARY)),
}


# Whether a query in parentheses always gives exactly one row, with a value that is never NULL.
OneCertainValue = Callable[[exp.Subquery, Scope], bool]


def may_be_null(value: exp.Expr, scope: Scope, of_query: OneCertainValue) -> MayBeNull:
    """False only where it is certain; True for NULL itself and a column that may be; else None."""
    if is_certain(value, scope, of_query):
        return False
    bare = value.unalias().unnest()
    if isinstance(bare, exp.Column) and not isinstance(bare.this, exp.Star):
        return scope.resolve(bare).may_be_null
    return True if isinstance(bare, exp.Null) else None


def is_certain(value: exp.Expr, scope: Scope, of_query: OneCertainValue) -> bool:  # noqa: PLR0912 - a rule each
    """Whether it is never NULL."""

    def certain(*operands: Any) -> bool:
        return all(isinstance(operand, exp.Expr) and is_certain(operand, scope, of_query) for operand in operands)

    if isinstance(value, _NEVER + _NEVER_IN[scope.dialect]):
        return True
    if isinstance(value, _STRICT):
        return certain(*value.iter_expressions())
    match value:
        case exp.Alias() | exp.Collate():
            return certain(value.this)
        case exp.Column():
            return not isinstance(value.this, exp.Star) and scope.resolve(value).may_be_null is False
        case exp.Is():
            return isinstance(value.expression, exp.Null | exp.Boolean)
        case exp.Anonymous():
            return str(value.this).lower() in NEVER_NULL_BY_NAME[scope.dialect]
        case exp.Filter():
            return isinstance(value.this, exp.Count) or (
                isinstance(value.this, _NEVER_IN[scope.dialect]) and scope.dialect == "sqlite"
            )
        case exp.Window():
            counted = value.this.this if isinstance(value.this, exp.Filter) else value.this
            return isinstance(counted, (exp.Count, *_RANKING))
        case exp.Coalesce():
            return any(certain(arm) for arm in [value.this, *value.expressions])
        case exp.Case():
            return certain(value.args.get("default"), *(arm.args.get("true") for arm in value.args["ifs"]))
        case exp.If():
            return certain(value.args.get("true"), value.args.get("false"))
        case exp.In():
            by_list = not any(value.args.get(other) for other in ("query", "unnest", "field"))
            return by_list and certain(value.this, *value.expressions)
        case exp.DPipe():
            return certain(value.left, value.right) and (
                scope.dialect == "sqlite" or all(_sort(operand, scope) for operand in (value.left, value.right))
            )
        case exp.Subquery():
            return of_query(value, scope)
    if isinstance(value, _GATHERING):
        return scope.has_groups
    if isinstance(value, _OF_GROUP):
        return scope.has_groups and certain(value.this)
    if scope.dialect == "sqlite":
        return isinstance(value, exp.Cast) and certain(value.this)  # it makes a value of whatever it is given
    # Strict for PostgreSQL's own types, as far as one can see that it is about them.
    match value:
        case exp.Cast():
            return value.to.this in _CAST_TO and _sort(value.this, scope) is not None and certain(value.this)
        case exp.Length() | exp.Lower() | exp.Upper():
            return _sort(value.this, scope) == "plain" and certain(value.this)
        case exp.Neg() | exp.Sum() | exp.Avg():
            grouped = scope.has_groups or isinstance(value, exp.Neg)
            return grouped and _sort(value.this, scope) == "number" and certain(value.this)
        case exp.Add() | exp.Div() | exp.Mod() | exp.Mul() | exp.Sub():
            both = (value.left, value.right)
            return all(_sort(operand, scope) == "number" for operand in both) and certain(*both)
    return False


def _sort(value: exp.Expr, scope: Scope) -> Sort | None:
    match value:
        case exp.Literal():
            return "plain" if value.is_string else "number"
        case exp.Boolean() | exp.DPipe() | exp.Lower() | exp.Upper():
            return "plain"
        case exp.Count() | exp.Length():
            return "number"
        case exp.Column():
            return None if isinstance(value.this, exp.Star) else scope.resolve(value).sort
        case exp.Alias() | exp.Paren() | exp.Collate():
            return _sort(value.this, scope)
        case exp.Cast():
            return _CAST_TO.get(value.to.this)
    return None
