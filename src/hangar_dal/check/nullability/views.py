"""Which columns of a view are never NULL, from the query that the view stands for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables, Values
from hangar_dal.check.nullability.columns import outputs_of
from hangar_dal.check.nullability.scope import Scope, ValueFacts
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import parsed
from hangar_dal.sqlscan import Dialect

_DEEPEST: Final = 20  # views of views of views


def with_views(tables: Tables, views: Mapping[str, str], dialect: Dialect) -> Tables:
    """The same tables, with what the definitions of the views show about their columns.

    A view may read other views: each round knows more, until a round finds nothing new.
    """
    for _ in range(_DEEPEST if views else 0):
        found = {name: _values(name, text, tables, dialect) for name, text in views.items() if name in tables.columns}
        if all(tables.values.get(name) == values for name, values in found.items()):
            break
        tables = replace(tables, values={**tables.values, **found})
    return tables


def _values(name: str, text: str, tables: Tables, dialect: Dialect) -> dict[str, Values]:
    tree = parsed(text, dialect)
    query = tree.expression if isinstance(tree, exp.Create) else tree
    if tree is None or not isinstance(query, exp.Query):
        return {}
    try:
        outputs = outputs_of(query, Scope(Binding(tree, dialect, tables)))  # not cached: each round has other tables
    except (NotUnderstood, RecursionError):
        return {}
    columns = tables.columns[name]
    if len(outputs) != len(columns):
        return {}
    return {column: _value(output) for column, output in zip(columns, outputs, strict=True)}


def _value(output: ValueFacts) -> Values:
    return Values(output.may_be_null is False, output.bits)
