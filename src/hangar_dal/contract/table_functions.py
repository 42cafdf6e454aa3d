"""The columns of functions in FROM, as far as the statement or the rules of the database show them."""

from string import ascii_lowercase, ascii_uppercase
from typing import Final

from sqlglot import exp

from hangar_dal.contract.names import name_of
from hangar_dal.sqlscan import Dialect

_FOLDED: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_JSON: Final = ("key", "value", "type", "atom", "id", "parent", "fullkey", "path")
_JSON_HIDDEN: Final = ("json", "root")
# Functions of PostgreSQL with exactly one column. It has the name of the item, or this one.
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

Listed = list[tuple[str, bool]]  # the names of the columns, and whether `*` leaves them out


def name_of_function(node: exp.Expr) -> str | None:
    """Return the name of a function in FROM, which is the name of the item if it is given none; None if not known."""
    call = node.this if isinstance(node, exp.Table) else node
    if isinstance(call, exp.Unnest):
        return "unnest"
    if isinstance(call, exp.ExplodingGenerateSeries):
        return "generate_series"
    return str(call.this).translate(_FOLDED) if isinstance(call, exp.Anonymous) else None


def columns_of_function(node: exp.Expr, alias: str | None, dialect: Dialect) -> tuple[Listed, bool]:
    """Return the columns of a function in FROM, and whether it may have others."""
    inner = node.this if isinstance(node, exp.Lateral) else node
    function = name_of_function(inner)
    if dialect == "sqlite":
        if function in {"json_each", "json_tree"}:
            return [*((name, False) for name in _JSON), *((name, True) for name in _JSON_HIDDEN)], False
        return [], True
    named = node.args.get("alias") or inner.args.get("alias")
    given = named.args.get("columns") or () if named is not None else ()
    if any(isinstance(each, exp.ColumnDef) for each in given):
        return [(name_of(each.this, dialect), False) for each in given], False
    names = [name_of(each, dialect) for each in given]
    called = inner.this if isinstance(inner, exp.Table) else inner
    if isinstance(called, exp.Unnest):
        position = called.args.get("offset")
        names = names or ([alias] if len(called.expressions) == 1 and alias is not None else [])
        names += [name_of(position, dialect)] if isinstance(position, exp.Identifier) else []
        return [(name, False) for name in names], True  # an item may have several columns
    if function not in _ONE_COLUMN or alias is None or inner.args.get("ordinality") or node.args.get("ordinality"):
        return [(name, False) for name in names], True
    return [(name, False) for name in names or [_ONE_COLUMN[function] or alias]], False
