"""Find aggregate calls, and the query to which each of them belongs.

On SQLite, an aggregate query without GROUP BY has one row even if it reads no rows. All bare columns are then NULL.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import name_of
from hangar_dal.sqlscan import Dialect

# Functions without a class of their own in sqlglot.
NEVER_NULL_BY_NAME: Final = {
    "postgresql": frozenset(
        {"json_build_array", "json_build_object", "jsonb_build_array", "jsonb_build_object", "merge_action"}
    ),
    "sqlite": frozenset({"json_array"}),
}
# Aggregates that are never NULL with GROUP BY, whatever they are given. Without rows, they are NULL on PostgreSQL.
_COLLECTING: Final = (exp.ArrayAgg, exp.JSONArrayAgg, exp.JSONBObjectAgg, exp.JSONObjectAgg)
_COLLECTING_BY_NAME: Final = {"postgresql": frozenset({"jsonb_agg"}), "sqlite": frozenset[str]()}
_AGGREGATES: Final = (exp.Avg, exp.Count, exp.GroupConcat, exp.Max, exp.Min, exp.Sum, *_COLLECTING)
_ONE_ROW_BY_NAME: Final = {"to_json", "to_jsonb", "jsonb_agg", *NEVER_NULL_BY_NAME["postgresql"]}
_ONE_ROW: Final = (
    exp.And, exp.Cast, exp.Case, exp.Coalesce, exp.CurrentDate, exp.CurrentTimestamp, exp.Exists, exp.If, exp.Length,
    exp.LogicalAnd, exp.LogicalOr, exp.Lower, exp.Or, exp.Upper, *_AGGREGATES,
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


def aggregates_in(value: exp.Expr, dialect: Dialect) -> Iterator[exp.Expr]:
    """Yield each call that is or may be an aggregate, also in subqueries. Window functions are not aggregates."""
    for node in value.find_all(exp.AggFunc, exp.Anonymous):
        call = filtered(node)
        if isinstance(call.parent, exp.Window) and call.parent.this is call:
            continue
        if (
            is_aggregate(node, dialect)
            or isinstance(node, exp.AggFunc)
            or (dialect == "sqlite" and str(node.this).lower() not in NEVER_NULL_BY_NAME["sqlite"] | _SCALARS)
        ):
            yield node


def filtered(call: exp.Expr) -> exp.Expr:
    """Return the call, or the FILTER around it if it has one."""
    return call.parent if isinstance(call.parent, exp.Filter) else call


def is_aggregate(call: exp.Expr, dialect: Dialect) -> bool:
    """Return whether the call is certainly an aggregate."""
    return isinstance(call, _AGGREGATES) or is_collecting(call, dialect)


def is_collecting(call: exp.Expr, dialect: Dialect) -> bool:
    """Return whether the call is an aggregate that is never NULL for a group, because each group has a row."""
    by_name = isinstance(call, exp.Anonymous) and str(call.this).lower() in _COLLECTING_BY_NAME[dialect]
    return by_name or isinstance(call, _COLLECTING)


def collected(argument: exp.Expr) -> exp.Expr:
    """Return the argument of an aggregate, without DISTINCT and ORDER BY."""
    while isinstance(argument, exp.Order) or (isinstance(argument, exp.Distinct) and len(argument.expressions) == 1):
        argument = argument.this if isinstance(argument, exp.Order) else argument.expressions[0]
    return argument


def gives_one_row(value: exp.Expr, dialect: Dialect) -> bool:
    """Return whether the value has no set-returning function such as `unnest`; False also for unknown functions."""
    return dialect == "sqlite" or all(
        isinstance(node, _ONE_ROW) or (isinstance(node, exp.Anonymous) and str(node.this).lower() in _ONE_ROW_BY_NAME)
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
    PostgreSQL takes the innermost query of which a column or a whole row is named.
    """
    if any(filtered(call).find_all(exp.Query)):
        return False
    if not any(filtered(call).find_all(exp.Column)):
        return True
    found = [binding.column(column) for column in call.find_all(exp.Column)]
    if binding.dialect == "postgresql":
        return any(
            column.statement is query if column is not None else _is_row_of(name, query, binding)
            for column, name in zip(found, call.find_all(exp.Column), strict=True)
        )
    return any(each is not None and each.statement is query for each in found)


def _is_row_of(name: exp.Column, query: exp.Expr | None, binding: Binding) -> bool:
    """Return whether the name is that of a source of the query, and no source here or further out has such a column."""
    if query is None or name.table:
        return False
    called = name_of(name.this, binding.dialect)
    sources = list(binding.sources(query))
    around: exp.Expr | None = query
    is_row = any(each.alias == called for each in sources)
    while around is not None:
        around = around.find_ancestor(exp.Select, exp.Insert, exp.Update, exp.Delete, exp.Merge)
        sources += binding.sources(around) if around is not None else ()
    columns = [binding.columns(each) for each in sources]
    return is_row and not any(each.is_open or each.named(called) for each in columns)
