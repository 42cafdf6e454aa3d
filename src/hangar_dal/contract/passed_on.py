"""Find the expression behind a column of a subquery in FROM or of a WITH query.

Builds on `syntax`. Returns None if the expression is not certain.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from hangar_dal.contract.model import Tables
from hangar_dal.contract.syntax import ctes, table_name

_STATEMENTS: Final = (exp.Select, exp.Update, exp.Delete, exp.Merge)


@dataclass(frozen=True, slots=True)
class Passed:
    """A column of a query: `value` is the expression that `query` selects, and `source` is the item of FROM.

    If `is_whole` is False, other arms of a UNION or other rows of VALUES have other values.
    """

    name: str
    value: exp.Expr
    query: exp.Expr
    source: exp.Expr
    is_whole: bool = True


def passed(column: exp.Expr, tables: Tables) -> Passed | None:
    """Return what the column stands for; None for a column of a table or a function, and if this is not certain."""
    if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star):
        return None
    name = column.name.lower()
    found: list[Passed] = []
    for item in meant(column):
        columns = _columns(item, tables)
        if columns is None and (column.table or may_have(item, name, tables)):
            return None
        found += [each for each in columns or () if each.name == name]
    return found[0] if len(found) == 1 else None


def meant(column: exp.Column) -> list[exp.Expr]:
    """Return the items of FROM that the column may belong to."""
    scope, alias = scope_of(column), column.table.lower()
    return [item for item in items(scope) if alias in ("", item.alias_or_name.lower())] if scope is not None else []


def followed(column: exp.Expr, tables: Tables) -> Iterator[Passed]:
    """Yield what the column stands for in its subquery, then in the subquery of that one, and so on."""
    found = passed(column, tables)
    while found is not None:
        yield found
        found = passed(found.value, tables)


def outputs(query: exp.Expr | None, tables: Tables) -> list[Passed] | None:
    """Return what each column of a query stands for; None if this is not certain or if it is no query."""
    if isinstance(query, exp.SetOperation):
        first = outputs(query.this, tables)
        return [replace(each, is_whole=False) for each in first] if first is not None else None
    if isinstance(query, exp.Subquery):
        return outputs(query.this, tables)
    if isinstance(query, exp.Values):
        rows = query.expressions
        values = enumerate(rows[0].expressions, 1)
        return [Passed(f"column{at}", each, query, query, len(rows) == 1) for at, each in values]
    if not isinstance(query, exp.Select):
        return None
    found: list[Passed] = []
    for each in query.expressions:
        if not each.is_star:
            found.append(Passed(each.alias_or_name.lower(), each.unalias(), query, query))
            continue
        alias = each.args["table"].name.lower() if isinstance(each, exp.Column) else ""
        for item in items(query):
            if alias in ("", item.alias_or_name.lower()):
                columns = _all_of(item, query, tables)
                if columns is None:
                    return None
                found += columns
    return found


def scope_of(column: exp.Column) -> exp.Expr | None:
    """Return the innermost statement around the column; None if there is none."""
    found = column.find_ancestor(*_STATEMENTS)
    is_of_merge = isinstance(found, exp.Update) and found.this is None
    return found.find_ancestor(exp.Merge) if found is not None and is_of_merge else found


def items(scope: exp.Expr) -> Iterator[exp.Expr]:
    """Yield each table, query and function that a statement reads, also those of joins in parentheses.

    Omits the table that the statement changes.
    """
    from_ = scope.args.get("from_")
    read = [from_.this] if from_ is not None else []
    read += [*(scope.args.get("using") or ())] if not isinstance(scope, exp.Merge) else [scope.args["using"]]
    for join in scope.args.get("joins") or ():
        read.append(join.this)
    for each in read:
        yield from _joined(each)


def query_of(item: exp.Expr) -> exp.Expr | None:
    """Return the query of a subquery in FROM, or the WITH query that an item of FROM names; None for anything else."""
    if isinstance(item, exp.Lateral):
        item = item.this
    if isinstance(item, exp.Subquery):
        return item.unnest()
    if isinstance(item, exp.Values):
        return item
    cte = cte_of(item)
    return cte.this if cte is not None else None


def cte_of(item: exp.Expr) -> exp.Expr | None:
    """Return the WITH query that a name in FROM means; None if it means a table or the query that it is in."""
    if item.args.get("db") is not None:
        return None
    at: exp.Expr | None = item
    within: set[int] = set()
    while at is not None:
        within.add(id(at))
        with_ = at.args.get("with_")
        for cte in with_.expressions if with_ is not None else ():
            if cte.alias.lower() == item.name.lower():
                return cte if id(cte) not in within else None
        at = at.parent
    return None


def may_have(item: exp.Expr, name: str, tables: Tables) -> bool:
    """Return whether the item of FROM may have a column of this name; True if its columns are not known."""
    names = _names(item, tables)
    return names is None or name in names


def _joined(item: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(item, exp.Subquery) and not item.alias and not isinstance(item.this, exp.Query):
        yield from _joined(item.this)
    else:
        yield item
    for join in item.args.get("joins") or ():
        yield from _joined(join.this)


def _columns(item: exp.Expr, tables: Tables) -> list[Passed] | None:
    """Return the columns of a query in FROM; None if the item is no query, or if its columns are not known."""
    given = outputs(query_of(item), tables)
    if given is None:
        return None
    cte = cte_of(item)
    for alias in (cte.args.get("alias") if cte is not None else None, item.args.get("alias")):
        names = [each.name.lower() for each in alias.args.get("columns") or ()] if alias is not None else []
        given = [*map(lambda each, name: replace(each, name=name), given, names), *given[len(names) :]]
    return [replace(each, source=item) for each in given]


def _all_of(item: exp.Expr, query: exp.Select, tables: Tables) -> list[Passed] | None:
    """Return the columns of `*`; None if they are not known. The tree has no nodes for them, so makes new ones."""
    inner = _columns(item, tables)
    names = [each.name for each in inner] if inner is not None else _names(item, tables)
    if names is None:
        return None
    made = [exp.column(name, table=item.alias_or_name) for name in names]
    for column in made:
        column.parent = query
    return [Passed(column.name, column, query, query) for column in made]


def _names(item: exp.Expr, tables: Tables) -> list[str] | None:
    """Return the column names of a table, or of a function that lists them; None if they are not known.

    An example of such a function is `json_to_recordset(:rows) AS e (id uuid)`.
    """
    if isinstance(item, exp.Table) and isinstance(item.this, exp.Identifier):
        is_table = item.name.lower() not in ctes(item)
        return [name.lower() for name in tables.columns.get(table_name(item), ())] or None if is_table else None
    alias = item.args.get("alias")
    listed = alias.args.get("columns") if alias is not None else None
    return [each.name.lower() for each in listed] if listed else None
