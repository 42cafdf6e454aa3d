"""Find the table or subquery that a column name belongs to, to see whether two names mean the same column.

Builds on `syntax`. Returns None if the meaning of a name is not certain.
"""

from typing import NamedTuple

from sqlglot import exp

from hangar_dal.contract.model import Tables
from hangar_dal.contract.orders_functions import steadiness
from hangar_dal.contract.syntax import columns_of, sources

_STATEMENTS = (exp.Select, exp.Update, exp.Delete, exp.Insert)


class Bound(NamedTuple):
    """A column of the source `alias` of one query. `table` is None if the source is no table."""

    query: int
    alias: str
    table: str | None
    name: str


def bound(column: exp.Expr, tables: Tables) -> Bound | None:
    """Return the column that this name means; None if this is not certain."""
    if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star):
        return None
    name, alias = _name(column.this), column.table.lower()
    scope = column.parent
    while scope is not None:
        if isinstance(scope, _STATEMENTS):
            known = dict(sources(scope))
            if alias in known:
                return Bound(id(scope), alias, known[alias], name)
            if not alias:
                # A name without a table never means a column of `excluded`.
                having = [each for each, of in known.items() if each != "excluded" and _has(of, name, tables)]
                if having:
                    return Bound(id(scope), having[0], known[having[0]], name) if len(having) == 1 else None
                if None in known.values():
                    return None
        scope = scope.parent
    return None


def sort_key(ordered: exp.Expr, query: exp.Expr | None) -> exp.Expr:
    """Return the expression of a sort key. A number or a name in ORDER BY may mean a column of the result."""
    key: exp.Expr = ordered.this if isinstance(ordered, exp.Ordered) else ordered
    if not isinstance(query, exp.Select):
        return key
    if isinstance(key, exp.Literal) and key.is_int and 0 < int(key.name) <= len(query.expressions):
        place: exp.Expr = query.expressions[int(key.name) - 1]
        return place.unalias()
    if isinstance(key, exp.Column) and not key.table:
        named = [each for each in query.expressions if isinstance(each, exp.Alias) and each.alias == key.name]
        return named[0].this if named else key
    return key


def same_value(one: exp.Expr, other: exp.Expr, tables: Tables) -> bool:
    """Return whether two expressions certainly have the same value in each row; False for constants."""
    one, other = one.unnest(), other.unnest()
    if isinstance(one, exp.Column) or isinstance(other, exp.Column):
        found = bound(one, tables)
        return found is not None and found == bound(other, tables)
    if type(one) is not type(other) or steadiness(one) is not True or one.find(exp.Query) is not None:
        return False
    columns, others = list(one.find_all(exp.Column)), list(other.find_all(exp.Column))
    if not columns or len(columns) != len(others):
        return False
    both = zip(columns, others, strict=True)
    return all(same_value(left, right, tables) for left, right in both) and _form(one) == _form(other)


def _form(value: exp.Expr) -> str:
    copy = value.copy()
    for column in list(copy.find_all(exp.Column)):
        column.replace(exp.to_identifier("column"))
    return copy.sql(comments=False)


def _name(identifier: exp.Expr) -> str:
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()


def _has(table: str | None, name: str, tables: Tables) -> bool:
    return table is not None and name.lower() in columns_of(table, tables)
