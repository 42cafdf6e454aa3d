"""Determine whether an expression is never NULL. An expression without a rule is nullable.

Some functions have no rule because they return NULL for arguments that are not NULL: `lower(range)`,
`extract(day FROM infinity)`, the cast of a JSON null (PostgreSQL 18), and `path + path` of closed paths.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from sqlglot import exp

from hangar_dal.check.nullability.aggregates import NEVER_NULL_BY_NAME, collected, is_collecting
from hangar_dal.check.nullability.on_sqlite import is_certain_on_sqlite
from hangar_dal.check.nullability.proofs import is_repeatable, proven_by, refuted_by
from hangar_dal.check.nullability.scope import MayBeNull, NullScope
from hangar_dal.check.nullability.strict_functions import is_certain_function
from hangar_dal.check.nullability.type_classes import ARITHMETIC, CAST_TO, class_of
from hangar_dal.check.nullability.windows import is_certain_window, is_number

_NEVER: Final = (
    exp.Count,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.Exists,
    exp.Literal,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)
_NEVER_IN: Final[dict[str, tuple[type[exp.Expr], ...]]] = {
    "postgresql": (
        exp.Array, exp.CurrentDatabase, exp.CurrentTime, exp.CurrentUser, exp.Localtime, exp.Localtimestamp,
        exp.SessionUser,
    ),
    # Without rows, they return '[]' and '{}'.
    "sqlite": (exp.JSONArrayAgg, exp.JSONObject, exp.JSONObjectAgg),
}  # fmt: skip
# NULL only if an operand is NULL.
_STRICT: Final = (
    exp.And, exp.Between, exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ, exp.Not, exp.Or, exp.Paren,
)  # fmt: skip
# Never NULL with GROUP BY if the argument is never NULL.
_EXTREMES: Final = (exp.LogicalAnd, exp.LogicalOr, exp.Max, exp.Min)
# Never NULL with GROUP BY if the argument is a number that is never NULL.
_ADDING: Final = (exp.Avg, exp.Sum)


# Returns whether a scalar subquery always has a row, with a value that is never NULL.
OneCertainValue = Callable[[exp.Subquery, NullScope], bool]


def may_be_null(value: exp.Expr, scope: NullScope, of_query: OneCertainValue) -> MayBeNull:
    """Return False if the value is never NULL, True for NULL and for a nullable column, and None for anything else."""
    if is_certain(value, scope, of_query):
        return False
    bare = value.unalias().unnest()
    if isinstance(bare, exp.Column) and not isinstance(bare.this, exp.Star):
        return scope.resolve(bare).may_be_null
    return True if isinstance(bare, exp.Null) else None


def is_certain(value: exp.Expr, scope: NullScope, of_query: OneCertainValue) -> bool:  # noqa: PLR0912 - a rule each
    """Return whether a rule proves that the value is never NULL."""

    def certain(*operands: Any) -> bool:
        return all(isinstance(operand, exp.Expr) and is_certain(operand, scope, of_query) for operand in operands)

    if isinstance(value, _NEVER + _NEVER_IN[scope.dialect]):
        return True
    if isinstance(value, _STRICT):
        return certain(*value.iter_expressions())
    match value:
        case exp.Alias() | exp.Collate():
            return certain(value.this)
        case exp.Boolean():  # on SQLite, a column may have this name
            return scope.dialect == "postgresql" or not scope.might_have(str(value.this).lower())
        case exp.Column():
            return not isinstance(value.this, exp.Star) and scope.resolve(value).may_be_null is False
        case exp.Is():
            return isinstance(value.expression, exp.Null | exp.Boolean)
        case exp.Anonymous():
            by_name = str(value.this).lower() in NEVER_NULL_BY_NAME[scope.dialect]
            if by_name and not value.find(exp.Variadic):  # `VARIADIC NULL` returns NULL
                return True
        case exp.Filter():
            return isinstance(value.this, exp.Count) or (
                isinstance(value.this, _NEVER_IN[scope.dialect]) and scope.dialect == "sqlite"
            )
        case exp.Window():
            return is_certain_window(value, scope, certain)
        case (
            exp.Greatest() | exp.Least()
        ):  # PostgreSQL omits NULLs; on SQLite, these are max() and min() of several values
            found = [certain(each) for each in [value.this, *value.expressions]]
            return any(found) if scope.dialect == "postgresql" else all(found)
        case exp.Coalesce():
            return any(certain(arm) for arm in [value.this, *value.expressions])
        case exp.Placeholder():
            return scope.parameter(value).may_be_null is False
        case exp.Case() | exp.If():
            return _is_certain_case(value, scope, certain)
        case exp.In():
            by_list = not any(value.args.get(other) for other in ("query", "unnest", "field"))
            return by_list and certain(value.this, *value.expressions)
        case exp.DPipe():
            return certain(value.left, value.right) and (
                scope.dialect == "sqlite" or all(class_of(operand, scope) for operand in (value.left, value.right))
            )
        case exp.Subquery():
            return of_query(value, scope)
    if any(value == proven for proven in scope.aggregates if proven.parent_select is value.parent_select):
        return True
    if is_collecting(value, scope.dialect):
        return scope.has_groups
    if isinstance(value, exp.GroupConcat):  # a separator that is NULL counts as an empty text
        joined = collected(value.this)
        is_text = scope.dialect == "sqlite" or class_of(joined, scope) == "plain"
        return scope.has_groups and is_text and certain(joined)
    if isinstance(value, exp.WithinGroup):
        return scope.has_groups and _is_certain_percentile(value, scope, certain)
    if isinstance(value, _EXTREMES):
        return scope.has_groups and (certain(value.this) or _is_counted(value, scope))
    if isinstance(value, _ADDING):
        is_there = certain(value.this) or _is_counted(value, scope)
        return scope.has_groups and is_there and is_number(value.this, scope)
    if is_certain_function(value, scope, certain):
        return True
    if scope.dialect == "sqlite":
        return is_certain_on_sqlite(value, scope, certain)
    # PostgreSQL's built-in operators and casts are strict. For other types, a user may have defined them differently.
    match value:
        case exp.Cast():
            return value.to.this in CAST_TO and class_of(value.this, scope) is not None and certain(value.this)
        case exp.Neg():
            return class_of(value.this, scope) == "number" and certain(value.this)
    return isinstance(value, ARITHMETIC) and class_of(value, scope) == "number" and certain(value.left, value.right)


def _is_counted(aggregate: exp.Expr, scope: NullScope) -> bool:
    """Return whether a row of each group has a value that is not NULL, because HAVING counts these."""
    mine = (each for each in scope.counted if each.parent_select is aggregate.parent_select)
    return is_repeatable(aggregate.this) and any(each == aggregate.this for each in mine)


def branches(value: exp.Case | exp.If, scope: NullScope) -> Iterator[tuple[exp.Expr | None, list[exp.Column]]]:
    """Yield each value of a CASE, and the columns that are not NULL where it is taken.

    A value is taken if its condition holds and no condition before it does. Other rows are not restricted by this.
    """
    if isinstance(value, exp.Case):
        tests = [] if value.this is not None else [arm.this for arm in value.args["ifs"]]
        values = [*(arm.args.get("true") for arm in value.args["ifs"]), value.args.get("default")]
    else:
        tests, values = [value.this], [value.args.get("true"), value.args.get("false")]
    for at, taken in enumerate(values):
        known = [column for test in tests[:at] for column in refuted_by(test)]
        known += proven_by(tests[at], scope) if at < len(tests) else ()
        is_of_row = taken is not None and taken.find(exp.AggFunc, exp.Query, exp.Window) is None
        yield taken, known if is_of_row else []


def _is_certain_case(value: exp.Case | exp.If, scope: NullScope, certain: Callable[..., bool]) -> bool:
    for taken, known in branches(value, scope):
        with scope.assuming(known):
            if not certain(taken):
                return False
    return True


def _is_certain_percentile(value: exp.WithinGroup, scope: NullScope, certain: Callable[..., bool]) -> bool:
    """Return whether a percentile or the mode of a group is never NULL. They skip rows whose sort key is NULL."""
    keys = [ordered.this for ordered in value.expression.expressions]
    if not certain(*keys):
        return False
    if isinstance(value.this, exp.PercentileCont):
        return certain(value.this.this) and [class_of(key, scope) for key in keys] == ["number"]
    return isinstance(value.this, exp.Mode) or (isinstance(value.this, exp.PercentileDisc) and certain(value.this.this))
