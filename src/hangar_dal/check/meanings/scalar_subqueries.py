"""Find subqueries that are used as one value but may return several rows."""

from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.one_row import unkeyed_query
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import below, of_type
from hangar_dal.check.sql.table_functions import may_have_several_rows

_ROWS: Final = (
    *(exp.From, exp.Join, exp.Lateral, exp.In, exp.Exists, exp.Any, exp.All, exp.CTE, exp.SetOperation, exp.Insert),
    *(exp.Merge, exp.Subquery),
)
_OUTER: Final = "outer column"  # the beginning of the names of parameters; no parameter of a statement has a space


def may_return_several_rows(subquery: exp.Subquery, binding: Binding) -> bool:
    """Return whether a subquery is used as one value, and certainly no key or aggregate limits it to one row."""
    query = subquery.unnest()
    if isinstance(subquery.parent, _ROWS) or subquery.alias or not isinstance(query, exp.Query):
        return False
    limit = any(each.args.get("limit") is not None for each in (subquery, query))
    if limit or (isinstance(query, exp.Select) and query.args.get("from_") is None):
        return False
    try:
        alone = with_outer_columns_as_parameters(query, binding)
    except NotUnderstood:
        return False
    return bool(unkeyed_query(alone, binding.tree, binding.dialect, binding.tables))


def with_outer_columns_as_parameters(query: exp.Query, binding: Binding) -> exp.Query:
    """Return a copy of the query in which columns of the queries around it are parameters, as one row fixes them.

    Raises `NotUnderstood` if the query reads a function whose number of rows is not known, or if it compares the
    result of a window function, which may number the rows.
    """
    own = below(query)
    copy = query.copy()
    inner = {id(node) for node in own}
    for select in of_type(own, exp.Select):
        functions = [source.node for source in binding.sources(select) if source.table is None and source.query is None]
        if not all(may_have_several_rows(function) for function in functions):
            raise NotUnderstood
    if any(_is_of_window(column, binding) for test in of_type(own, exp.EQ) for column in test.find_all(exp.Column)):
        raise NotUnderstood
    for node, copied in zip(own, below(copy), strict=True):
        found = binding.column(node) if isinstance(node, exp.Column) else None
        if found is not None and id(found.statement) not in inner:
            copied.replace(exp.Placeholder(this=f"{_OUTER} {found.source.alias}.{found.column.name}"))
    return copy


def _is_of_window(column: exp.Column, binding: Binding) -> bool:
    values = [each.value for each in binding.followed(column)]
    return any(value is not None and value.find(exp.Window) is not None for value in values)
