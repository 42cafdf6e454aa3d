"""Determine the columns of functions in FROM."""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.functions import MANY_ROWS
from hangar_dal.check.sql.names import name_of, stored_name
from hangar_dal.check.sql.references import Columns, Output
from hangar_dal.sqlscan import Dialect

_JSON: Final = ("key", "value", "type", "atom", "id", "parent", "fullkey", "path")
_JSON_HIDDEN: Final = ("json", "root")
# Functions of PostgreSQL with exactly one column. Its name is given here; None stands for the alias of the function.
_ONE_COLUMN: Final[dict[str, str | None]] = {
    "generate_series": None,
    "generate_subscripts": None,
    "json_array_elements": "value",
    "json_array_elements_text": "value",
    "json_object_keys": None,
    "jsonb_array_elements": "value",
    "jsonb_array_elements_text": "value",
    "jsonb_object_keys": None,
    "regexp_split_to_table": None,
    "string_to_table": None,
}


def name_of_function(node: exp.Expr) -> str | None:
    """Return the name of a function in FROM, by which its columns are called if it has no alias; None if unknown."""
    call = node.this if isinstance(node, exp.Table) else node
    if isinstance(call, exp.Unnest):
        return "unnest"
    if isinstance(call, exp.ExplodingGenerateSeries):
        return "generate_series"
    return stored_name(str(call.this), "sqlite") if isinstance(call, exp.Anonymous) else None


def may_have_several_rows(item: exp.Expr) -> bool:
    """Return whether an item of FROM, or a query of WITH, certainly may have several rows.

    They are VALUES with several rows, and functions with a row for each item. `regexp_matches` has one without "g".
    """
    inner = item.this if isinstance(item, exp.Lateral) else item
    if isinstance(inner, exp.Values):
        return len(inner.expressions) > 1
    return name_of_function(inner) in MANY_ROWS - {"regexp_matches"}


def columns_of_function(node: exp.Expr, alias: str | None, dialect: Dialect) -> Columns:
    """Return the columns of a function in FROM. `is_open` is True if it may have other columns."""
    inner = node.this if isinstance(node, exp.Lateral) else node
    function = name_of_function(inner)
    if dialect == "sqlite":
        if function in {"json_each", "json_tree"}:
            return _listed(_JSON, hidden=_JSON_HIDDEN)
        return _listed((), is_open=True)
    named = node.args.get("alias") or inner.args.get("alias")
    given = named.args.get("columns") or () if named is not None else ()
    if any(isinstance(each, exp.ColumnDef) for each in given):
        return _listed([name_of(each.this, dialect) for each in given])
    names = [name_of(each, dialect) for each in given]
    called = inner.this if isinstance(inner, exp.Table) else inner
    if isinstance(called, exp.Unnest):
        position = called.args.get("offset")
        names = names or ([alias] if len(called.expressions) == 1 and alias is not None else [])
        names += [name_of(position, dialect)] if isinstance(position, exp.Identifier) else []
        return _listed(names, is_open=True)  # an item may have several columns
    if function not in _ONE_COLUMN or alias is None or inner.args.get("ordinality") or node.args.get("ordinality"):
        return _listed(names, is_open=True)
    return _listed(names or [_ONE_COLUMN[function] or alias])


def _listed(names: Sequence[str], *, hidden: Sequence[str] = (), is_open: bool = False) -> Columns:
    shown, others = map(Output, names), (Output(name, is_hidden=True) for name in hidden)
    return Columns((*shown, *others), is_open, not is_open)
