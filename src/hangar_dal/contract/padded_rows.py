"""Find the rows of NULLs that outer joins add, in a statement and its subqueries, and the conditions that follow.

Builds on `bound` and `passed_on`.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlglot import exp

from hangar_dal.contract.bound import bound
from hangar_dal.contract.model import Tables
from hangar_dal.contract.passed_on import Passed, cte_of, passed, scope_of
from hangar_dal.contract.rejected_nulls import strict
from hangar_dal.contract.syntax import below, columns_of, of_type, sources

Columns = Mapping[str, Collection[str] | None]  # by the name of the source; None if its columns are not known
Padding = tuple[int, str, str]  # the query, the name of the source, and the kind of the join that fills it with NULLs


class Dropping(NamedTuple):
    """A condition that drops rows.

    `padded` are the sources that earlier outer joins fill with NULLs, by name, with the kind of the join. `names` are
    the sources whose rows the condition drops: the ON of a LEFT JOIN drops only rows of the joined source.
    """

    condition: exp.Expr | None
    clause: str
    padded: Mapping[str, str]
    names: frozenset[str]


def droppings(scope: exp.Expr, tables: Tables) -> list[Dropping]:
    """Return each ON or USING, and then the WHERE, of a SELECT, an UPDATE or a DELETE."""
    columns = {alias: columns_of(table, tables) if table else None for alias, table in sources(scope)}
    found: list[Dropping] = []
    from_, using = scope.args.get("from_"), scope.args.get("using") or []  # DELETE has USING
    names: list[str] = []
    padded: dict[str, str] = {}
    read = [(from_.this, scope.args.get("joins") or [])] if from_ is not None else [(each, []) for each in using]
    for item, joins in read:
        behind, more = _walk(item, joins, found, columns)
        names, padded = [*names, *behind], padded | more
    return [*found, Dropping(scope.args.get("where"), "WHERE", padded, frozenset(names))]


def padding(column: exp.Column, scope: exp.Expr, dropping: Dropping, tables: Tables) -> Padding | None:
    """Return the outer join that adds rows in which the column is NULL; None if there is none.

    Returns None also for an outer join in a subquery whose rows are used for something else.
    """
    found = bound(column, tables)
    if found is not None and found.query != id(scope):
        return None
    if found is not None and found.alias in dropping.padded:
        return id(scope), found.alias, dropping.padded[found.alias]
    inner = passed(column, tables) if scope_of(column) is scope else None
    if inner is None or inner.source.alias_or_name.lower() not in dropping.names or not _is_read_for_this(inner):
        return None
    where = droppings(inner.query, tables)[-1]
    every = (padding(each, inner.query, where, tables) for each in strict(inner.value))
    return next((each for each in every if each is not None), None)


def _walk(
    item: exp.Expr, joins: list[exp.Expr], found: list[Dropping], columns: Columns
) -> tuple[list[str], dict[str, str]]:
    """Return the names of an item of FROM with its joins, and the kind of outer join for those filled with NULLs."""
    names: list[str] = [item.alias_or_name.lower()] if item.alias_or_name else []
    padded: dict[str, str] = {}
    if isinstance(item, exp.Subquery) and not item.alias and not isinstance(item.this, exp.Query):
        names, padded = _walk(item.this, [], found, columns)
    for join in [*(item.args.get("joins") or ()), *joins]:
        behind, more = _walk(join.this, [], found, columns)
        side: str = join.side
        drops = {"": [*names, *behind], "LEFT": behind, "RIGHT": names}.get(side, [])
        condition = join.args.get("on") or _merged(join, (names, behind), columns)
        clause = f"the {'USING' if join.args.get('using') else 'ON'} of {join.this.alias_or_name}"
        at_hand = {name: kind for name, kind in (padded | more).items() if name in drops}
        found.append(Dropping(condition, clause, at_hand, frozenset(drops)))
        filled = {"LEFT": behind, "RIGHT": names, "FULL": [*names, *behind]}.get(side, [])
        padded = padded | more | dict.fromkeys(filled, side)
        names = [*names, *behind]
    return names, padded


def _merged(join: exp.Expr, sides: tuple[list[str], list[str]], columns: Columns) -> exp.Expr | None:
    """Return USING as a comparison of the columns that it certainly means; None if there are none.

    Omits a column that an earlier USING has merged already.
    """
    tests: list[exp.Expr] = []
    for name in join.args.get("using") or ():
        for side in sides:
            having = [alias for alias in side if (known := columns.get(alias)) is None or name.name.lower() in known]
            if len(having) == 1 and columns.get(having[0]) is not None:
                column = exp.Column(this=name.copy(), table=exp.to_identifier(having[0]))
                tests.append(exp.EQ(this=column, expression=column.copy()))
    condition = exp.and_(*tests, copy=False) if tests else None
    if condition is not None:
        condition.parent = join
    return condition


def _is_read_for_this(inner: Passed) -> bool:
    """Return whether the query is read only once, and has no window function, LIMIT or OFFSET that counts its rows."""
    query, cte = inner.query, cte_of(inner.source)
    if not inner.is_whole or not isinstance(query, exp.Select) or query.args.get("limit") or query.args.get("offset"):
        return False
    if any(each.parent_select is query for each in query.find_all(exp.Window)):
        return False
    return cte is None or sum(cte_of(table) is cte for table in of_type(below(query.root()), exp.Table)) == 1
