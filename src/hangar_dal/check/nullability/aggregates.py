"""Find aggregate calls, and the query to which each of them belongs.

On SQLite, an aggregate query without GROUP BY has one row even if it reads no rows. All bare columns are then NULL.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding

# Functions without a class of their own in sqlglot.
NEVER_NULL_BY_NAME: Final = {
    "postgresql": frozenset(
        {"json_build_array", "json_build_object", "jsonb_build_array", "jsonb_build_object", "merge_action"}
    ),
    "sqlite": frozenset({"json_array"}),
}
_AGGREGATES: Final = (
    exp.ArrayAgg, exp.Avg, exp.Count, exp.JSONArrayAgg, exp.JSONObjectAgg, exp.Max, exp.Min, exp.Sum,
)  # fmt: skip
_ONE_ROW: Final = (
    exp.And, exp.Cast, exp.Case, exp.Coalesce, exp.CurrentDate, exp.CurrentTimestamp, exp.Exists, exp.GroupConcat,
    exp.If, exp.Length, exp.LogicalAnd, exp.LogicalOr, exp.Lower, exp.Or, exp.Upper, *_AGGREGATES,
)  # fmt: skip
# SQLite's scalar functions without a class of their own in sqlglot. Any other name may be an aggregate.
_SCALARS: Final = frozenset({
    "bm25", "changes", "char", "concat", "concat_ws", "date", "datetime", "format", "glob", "highlight", "json",
    "json_array_length", "json_error_position", "json_extract", "json_insert", "json_patch", "json_pretty",
    "json_quote", "json_remove", "json_replace", "json_set", "json_type", "json_valid", "jsonb", "jsonb_array",
    "jsonb_extract", "jsonb_insert", "jsonb_object", "jsonb_patch", "jsonb_remove", "jsonb_replace", "jsonb_set",
    "julianday",
    "last_insert_rowid", "like", "likelihood", "likely", "octet_length", "printf", "quote", "randomblob", "sign",
    "snippet", "soundex", "sqlite_version", "strftime", "time", "timediff", "total_changes", "unhex", "unicode",
    "unixepoch", "unlikely", "zeroblob",
})  # fmt: skip


def aggregates_in(value: exp.Expr, dialect: str) -> Iterator[exp.Expr]:
    """Yield each call that is or may be an aggregate, also in subqueries. Window functions are not aggregates."""
    for node in value.find_all(exp.AggFunc, exp.Anonymous):
        call = filtered(node)
        if isinstance(call.parent, exp.Window) and call.parent.this is call:
            continue
        if isinstance(node, exp.AggFunc) or (
            dialect == "sqlite" and str(node.this).lower() not in NEVER_NULL_BY_NAME["sqlite"] | _SCALARS
        ):
            yield node


def filtered(call: exp.Expr) -> exp.Expr:
    """Return the call, or the FILTER around it if it has one."""
    return call.parent if isinstance(call.parent, exp.Filter) else call


def is_aggregate(call: exp.Expr) -> bool:
    """Return whether the call is certainly an aggregate."""
    return isinstance(call, _AGGREGATES)


def gives_one_row(value: exp.Expr, dialect: str) -> bool:
    """Return whether the value has no set-returning function such as `unnest`; False also for unknown functions."""
    return dialect == "sqlite" or all(
        isinstance(node, _ONE_ROW)
        or (isinstance(node, exp.Anonymous) and str(node.this).lower() in NEVER_NULL_BY_NAME[dialect])
        for node in value.find_all(exp.Func, exp.UDTF)
    )


def may_be_one_row(select: exp.Select, binding: Binding) -> bool:
    """Return whether the query may be an aggregate query without GROUP BY.

    False on PostgreSQL, which does not allow bare columns in such a query.
    """
    if binding.dialect == "postgresql":
        return False
    clauses = (select.args.get("having"), select.args.get("order"), *(select.args.get("windows") or ()))
    parts = [*select.expressions, *filter(None, clauses)]
    calls = (call for part in parts for call in aggregates_in(part, binding.dialect))
    return any(call.parent_select is select or not is_of(call, call.parent_select, binding) for call in calls)


def is_of(call: exp.Expr, query: exp.Expr | None, binding: Binding) -> bool:
    """Return whether the aggregate belongs to this query: it names a column of the query, or no column.

    Otherwise it may belong to an outer query. Columns in its FILTER prove nothing: only PostgreSQL considers them.
    """
    if any(filtered(call).find_all(exp.Query)):
        return False
    if not any(filtered(call).find_all(exp.Column)):
        return True
    found = [binding.column(column) for column in call.find_all(exp.Column)]
    return any(each is not None and each.statement is query for each in found)
