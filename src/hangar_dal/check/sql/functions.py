"""Classify function calls as volatile, aggregate or set-returning."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

_VOLATILE_CLASSES: Final = (exp.Rand, exp.Randn, exp.Uuid)
_VOLATILE: Final = frozenset(
    {"random", "randomblob", "gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v4", "nextval", "setval"}
    | {"clock_timestamp", "timeofday", "random_normal", "gen_random_bytes", "uuid7", "changes", "total_changes"}
)
# Functions without a class of their own in sqlglot. Any other function may be volatile, aggregate or set-returning.
_PURE: Final = frozenset(
    {"current_setting", "now", "statement_timestamp", "transaction_timestamp", "datetime", "julianday", "unixepoch"}
    | {"printf", "format", "quote", "hex", "unicode", "zeroblob", "json", "jsonb", "json_array", "json_array_length"}
    | {"json_valid", "json_object", "json_build_object", "jsonb_build_object", "json_build_array", "row", "to_json"}
    | {"jsonb_build_array", "to_jsonb", "row_to_json", "json_set", "json_patch", "jsonb_set", "array_to_json", "likely"}
    | {"unlikely", "casefold", "normalize", "octet_length", "bit_length", "char_length", "date_trunc", "strftime"}
    | {"jsonb_array_length", "json_quote", "json_type", "json_remove", "json_insert", "json_replace", "to_tsvector"}
    | {"plainto_tsquery", "websearch_to_tsquery", "ts_rank", "similarity", "array_position", "cardinality"}
)
_AGGREGATES: Final = frozenset(
    {"total", "every", "json_group_array", "json_group_object", "jsonb_group_array", "jsonb_group_object"}
    | {"json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "bool_and", "bool_or", "string_agg"}
    | {"bit_and", "bit_or", "xmlagg", "range_agg", "any_value", "median"}
)
_MANY_ROWS_CLASSES: Final = (exp.UDTF, exp.GenerateSeries, exp.ExplodingGenerateSeries)
MANY_ROWS: Final = frozenset(
    {"unnest", "generate_series", "generate_subscripts", "json_array_elements", "jsonb_array_elements", "json_each"}
    | {"json_array_elements_text", "jsonb_array_elements_text", "jsonb_each", "json_each_text", "jsonb_each_text"}
    | {"json_object_keys", "jsonb_object_keys", "regexp_matches", "regexp_split_to_table", "string_to_table"}
    | {"jsonb_path_query", "json_populate_recordset", "jsonb_populate_recordset", "json_to_recordset"}
    | {"jsonb_to_recordset", "json_tree"}
)
_AROUND_A_CALL: Final = (exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)


def own(value: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the nodes of an expression, without the nodes inside of subqueries."""
    return value.walk(prune=lambda node: isinstance(node, exp.Query))


def steadiness(value: exp.Expr) -> bool | None:
    """Return True if equal columns give equal values, False if a function is volatile, None if one is unknown."""
    answer: bool | None = True
    for node in value.walk():
        if isinstance(node, _VOLATILE_CLASSES) or (isinstance(node, exp.Anonymous) and _called(node) in _VOLATILE):
            return False
        if isinstance(node, exp.Anonymous) and _called(node) not in _PURE | _AGGREGATES | MANY_ROWS:
            answer = None
    return answer


def is_aggregate(value: exp.Expr) -> bool | None:
    """Return whether the value has an aggregate call; None if a function is unknown. Window functions do not count."""
    answer: bool | None = False
    for node in own(value):
        if not isinstance(node, exp.AggFunc | exp.Anonymous) or _is_windowed(node):
            continue
        if isinstance(node, exp.AggFunc) or _called(node) in _AGGREGATES:
            return True
        if _called(node) not in _PURE | _VOLATILE | MANY_ROWS:
            answer = None
    return answer


def makes_rows(value: exp.Expr) -> bool | None:
    """Return whether the value has a set-returning function such as `unnest`; None if a function is unknown."""
    answer: bool | None = False
    for node in own(value):
        if isinstance(node, _MANY_ROWS_CLASSES):
            return True
        if isinstance(node, exp.Anonymous):
            if _called(node) in MANY_ROWS:
                return True
            if _called(node) not in _PURE | _VOLATILE | _AGGREGATES:
                answer = None
    return answer


def call_of(window: exp.Window) -> exp.Expr:
    """Return the call of a window function, without OVER, FILTER, IGNORE NULLS or WITHIN GROUP."""
    call: exp.Expr = window.this
    while isinstance(call, _AROUND_A_CALL):
        call = call.this
    return call


def definition_of(window: exp.Window) -> exp.Expr | None:
    """Return the definition of the window, from OVER or from WINDOW; None if it extends another named window."""
    name = window.args.get("alias")
    if name is None:
        return window if not isinstance(window.args.get("first"), exp.Identifier) else None
    select = window.parent_select
    defined = (select.args.get("windows") or ()) if select is not None else ()
    named = [each for each in defined if each.name.lower() == name.name.lower()]
    return named[0] if len(named) == 1 and named[0].args.get("alias") is None else None


def _called(node: exp.Anonymous) -> str:
    return str(node.this).lower()


def _is_windowed(call: exp.Expr) -> bool:
    """Return whether the call is a window function."""
    inner, outer = call, call.parent
    while isinstance(outer, _AROUND_A_CALL):
        inner, outer = outer, outer.parent
    return isinstance(outer, exp.Window) and outer.this is inner
