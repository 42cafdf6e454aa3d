"""Find the conditions that drop rows after an outer join has padded them with NULLs, also in subqueries."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding, ColumnRef, Source
from hangar_dal.check.sql.names import name_of
from hangar_dal.check.sql.parse import of_type
from hangar_dal.check.sql.rejected_nulls import strict
from hangar_dal.check.sql.visible import cte_of

Padding = tuple[Source, str]  # the source, and the side of the outer join that pads it with NULLs


class Dropping(NamedTuple):
    """A condition that drops rows, and its clause.

    `padded` are the sources that earlier outer joins pad with NULLs, with the side of the join. `sources` are those
    whose rows the condition drops: the ON of a LEFT JOIN drops only rows of the joined source.
    """

    condition: exp.Expr | None
    clause: str
    padded: Mapping[Source, str]
    sources: frozenset[Source]


def droppings(scope: exp.Expr, binding: Binding) -> list[Dropping]:
    """Return each ON or USING of a SELECT, an UPDATE or a DELETE, then its WHERE.

    A missing ON or WHERE has the condition None.
    """
    found: list[Dropping] = []
    from_, using = scope.args.get("from_"), scope.args.get("using") or []  # DELETE has USING
    walk = _Walk(binding, {id(source.node): source for source in binding.sources(scope)}, found)
    sources: list[Source] = []
    padded: dict[Source, str] = {}
    read = [(from_.this, scope.args.get("joins") or [])] if from_ is not None else [(each, []) for each in using]
    for item, joins in read:
        behind, more = walk.item(item, joins)
        sources, padded = [*sources, *behind], padded | more
    return [*found, Dropping(scope.args.get("where"), "WHERE", padded, frozenset(sources))]


def padding(column: exp.Column, scope: exp.Expr, dropping: Dropping, binding: Binding) -> Padding | None:
    """Return the outer join that adds rows in which the column is NULL; None if there is none.

    Returns None also for an outer join in a subquery whose rows are used for something else.
    """
    found = binding.column(column)
    if found is None or found.statement is not scope:
        return None
    if found.source in dropping.padded:
        return found.source, dropping.padded[found.source]
    query, value = found.column.query, found.column.value
    if query is None or value is None or found.source not in dropping.sources or not _is_read_for_this(found, binding):
        return None
    where = droppings(query, binding)[-1]
    every = (padding(each, query, where, binding) for each in strict(value))
    return next((each for each in every if each is not None), None)


class _Walk(NamedTuple):
    """Collects the conditions of the joins of one FROM in `found`. The keys of `sources` are the ids of their nodes."""

    binding: Binding
    sources: Mapping[int, Source]
    found: list[Dropping]

    def item(self, item: exp.Expr, joins: list[exp.Expr]) -> tuple[list[Source], dict[Source, str]]:
        """Return the sources of an item of FROM with its joins, and the side of the outer join for padded sources."""
        padded: dict[Source, str] = {}
        if id(item) in self.sources:
            sources = [self.sources[id(item)]]
        else:
            sources, padded = self.item(item.this, [])
        for join in [*(item.args.get("joins") or ()), *joins]:
            behind, more = self.item(join.this, [])
            side: str = join.side
            drops = {"": [*sources, *behind], "LEFT": behind, "RIGHT": sources}.get(side, [])
            condition = join.args.get("on") or self._merged(join, (sources, behind))
            clause = f"the {'USING' if join.args.get('using') else 'ON'} of {join.this.alias_or_name}"
            at_hand = {source: kind for source, kind in (padded | more).items() if source in drops}
            self.found.append(Dropping(condition, clause, at_hand, frozenset(drops)))
            filled = {"LEFT": behind, "RIGHT": sources, "FULL": [*sources, *behind]}.get(side, [])
            padded = padded | more | dict.fromkeys(filled, side)
            sources = [*sources, *behind]
        return sources, padded

    def _merged(self, join: exp.Expr, sides: tuple[list[Source], list[Source]]) -> exp.Expr | None:
        """Return USING as a comparison of the columns that it certainly merges; None if there are none.

        Omits a column that an earlier USING has merged already.
        """
        tests: list[exp.Expr] = []
        for name in join.args.get("using") or ():
            for side in sides:
                having = [each for each in side if self._may_have(each, name)]
                if len(having) == 1 and not self.binding.columns(having[0]).is_open:
                    column = exp.Column(this=name.copy(), table=exp.to_identifier(having[0].alias))
                    tests.append(exp.EQ(this=column, expression=column.copy()))
        condition = exp.and_(*tests, copy=False) if tests else None
        if condition is not None:
            condition.parent = join
        return condition

    def _may_have(self, source: Source, name: exp.Expr) -> bool:
        columns = self.binding.columns(source)
        return columns.is_open or bool(columns.named(name_of(name, self.binding.dialect)))


def _is_read_for_this(found: ColumnRef, binding: Binding) -> bool:
    """Return whether the query is read only once, and has no window function, LIMIT or OFFSET that counts its rows."""
    query, cte = found.column.query, found.source.cte
    if not isinstance(query, exp.Select) or query.args.get("limit") or query.args.get("offset"):
        return False
    if not found.column.is_whole or any(each.parent_select is query for each in query.find_all(exp.Window)):
        return False
    tables = of_type(binding.nodes, exp.Table) if cte is not None else []
    return cte is None or sum(cte_of(table, binding.dialect) is cte for table in tables) == 1
