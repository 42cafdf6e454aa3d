"""Determine which columns of a view are never NULL, from its definition."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables, Values
from hangar_dal.check.nullability.columns import outputs_of
from hangar_dal.check.nullability.scope import NullScope, ValueFacts
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import parsed
from hangar_dal.sqlscan import Dialect

_DEEPEST: Final = 20  # levels of views that read other views


def with_views(tables: Tables, views: Mapping[str, str], dialect: Dialect) -> Tables:
    """Return the tables with facts about the columns of views in `values`. `views` are the definitions by name.

    A view may read other views, so this repeats until it finds nothing new.
    """
    for _ in range(_DEEPEST if views else 0):
        found = {name: _values(name, text, tables, dialect) for name, text in views.items() if name in tables.columns}
        if all(tables.values.get(name) == values for name, values in found.items()):
            break
        tables = replace(tables, values={**tables.values, **found})
    return tables


def _values(name: str, text: str, tables: Tables, dialect: Dialect) -> dict[str, Values]:
    """Return the facts about each column of a view; {} if its definition is not understood."""
    tree = parsed(text, dialect)
    query = tree.expression if isinstance(tree, exp.Create) else tree
    if tree is None or not isinstance(query, exp.Query):
        return {}
    try:
        outputs = outputs_of(query, NullScope(Binding(tree, dialect, tables)))
    except (NotUnderstood, RecursionError):
        return {}
    columns = tables.columns[name]
    if len(outputs) != len(columns):
        return {}
    return {column: _value(output) for column, output in zip(columns, outputs, strict=True)}


def _value(output: ValueFacts) -> Values:
    return Values(output.may_be_null is False, output.bits, output.storage)
