"""Collect the functional dependencies that FROM, its joins and WHERE establish."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.conditions import equations, not_null, null_columns
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute
from hangar_dal.check.ordering.partial_keys import held_conditions
from hangar_dal.check.ordering.scopes import BoundRelation, OrderScope
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import below, conjuncts, of_type
from hangar_dal.check.sql.visible import cte_of

SourceOf = Callable[[exp.Expr], BoundRelation]

_JOIN: Final = frozenset({"this", "on", "side", "kind", "using", "method"})


@dataclass(slots=True)
class _Join:
    """A join. `left` and `right` are its sources, and `merged` the pairs of columns that USING or NATURAL merges."""

    side: str
    on: exp.Expr | None
    left: list[BoundRelation]
    right: list[BoundRelation]
    merged: list[tuple[Attribute, Attribute]]

    def not_null(self, scope: OrderScope) -> set[Attribute]:
        """Return the columns that are not NULL in the pairs of rows that the join finds."""
        return not_null(self.on, scope) | {column for pair in self.merged for column in pair}


def read_from(select: exp.Select, scope: OrderScope, source_of: SourceOf) -> None:
    """Add the sources of a SELECT to its scope, and the dependencies that hold for the rows that WHERE selects."""
    from_, where = select.args.get("from_"), select.args.get("where")
    condition = where.this if where is not None else None
    if select.args.get("laterals"):
        raise NotUnderstood
    joins: list[_Join] = []
    if from_ is not None:
        joins = _read(from_.this, select.args.get("joins") or [], select, scope, source_of)[1]
    for source in scope.sources:
        scope.rules += source.relation.rules
    scope.never_null |= not_null(condition, scope)
    _make_inner(joins, scope)
    for join in joins:
        _add_join(join, scope)
    for left, right in equations(condition, scope):
        scope.add(left, right)
    for column in null_columns(condition, scope):
        _add_anti_join(column, scope)
    _doubt_self_references(condition, scope)
    _add_conditional_keys(scope, [join.args.get("on") for join in of_type(below(select), exp.Join)] + [condition])


def _read(
    node: exp.Expr, joins: list[exp.Join], select: exp.Select, scope: OrderScope, source_of: SourceOf
) -> tuple[list[BoundRelation], list[_Join]]:
    """Return the sources of an item of FROM and of the joins to it, and these joins. Adds the sources to the scope."""
    found: list[_Join] = []
    if isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Query):
        if node.args.get("alias"):
            raise NotUnderstood  # a join in parentheses with an alias
        sources, found = _read(node.this, [], select, scope, source_of)
    else:
        sources = [source_of(node)]
        scope.sources += sources
    has_comma = False
    for join in [*(node.args.get("joins") or ()), *joins]:
        if not {key for key, value in join.args.items() if value} <= _JOIN:
            raise NotUnderstood
        if join.side not in ("", "LEFT", "RIGHT", "FULL") or join.kind not in ("", "INNER", "OUTER", "CROSS"):
            raise NotUnderstood
        if has_comma and join.side in ("RIGHT", "FULL"):  # the databases give it different precedence
            raise NotUnderstood
        has_comma |= not (join.side or join.kind or join.method or join.args.get("on") or join.args.get("using"))
        right, inner = _read(join.this, [], select, scope, source_of)
        merged = list(_merged(join, sources, right, select, scope))
        found += [*inner, _Join(join.side, join.args.get("on"), sources, right, merged)]
        sources = [*sources, *right]
    return sources, found


def _merged(
    join: exp.Join, left: list[BoundRelation], right: list[BoundRelation], select: exp.Select, scope: OrderScope
) -> Iterator[tuple[Attribute, Attribute]]:
    """Yield the pairs of columns that USING or NATURAL merges."""
    if join.method not in ("", "NATURAL"):
        raise NotUnderstood
    one, other = ([each.source for each in side] for side in (left, right))
    for pair in scope.context.binding.merged(join, one, other, select):
        first, second = (scope.attribute(each) for each in pair)
        if first is not None and second is not None:
            yield first, second


def _make_inner(joins: list[_Join], scope: OrderScope) -> None:
    """Make outer joins inner joins if a later condition drops the rows that they pad with NULLs."""
    needed = set(scope.never_null)
    for join in reversed(joins):
        left, right = (_members(side) for side in (join.left, join.right))
        if join.side in ("LEFT", "FULL") and any(column[0] in right for column in needed):
            join.side = "RIGHT" if join.side == "FULL" else ""
        if join.side in ("RIGHT", "FULL") and any(column[0] in left for column in needed):
            join.side = "LEFT" if join.side == "FULL" else ""
        if join.side == "":
            needed |= join.not_null(scope)


def _add_join(join: _Join, scope: OrderScope) -> None:
    """Add the equations of a join. Those of an outer join determine only columns of the rows that it may not find."""
    _doubt_self_references(join.on, scope)
    scope.never_null |= join.not_null(scope)
    pairs = [*equations(join.on, scope), *((frozenset({a}), b) for a, b in join.merged)]
    pairs += [(frozenset({b}), a) for a, b in join.merged]
    found = _members([*join.left, *join.right] if not join.side else join.right if join.side == "LEFT" else join.left)
    for left, right in pairs:
        if right[0] in found and join.side != "FULL":
            scope.add(left, right)


def _members(sources: list[BoundRelation]) -> set[int]:
    return set().union(*(source.relation.members for source in sources))


def _add_anti_join(column: Attribute, scope: OrderScope) -> None:
    """Add the dependency of an anti-join: after a LEFT JOIN, `copies.id IS NULL` selects only rows padded with NULLs.

    The joined relation then has a single row. An anti-join on the same table may select one row of each group, such as
    the newest, so it is not certain that ties remain.
    """
    stored = scope.context.stored.get(column)
    source = next((each for each in scope.sources if column[0] in each.relation.members), None)
    if source is None or stored is None or stored.nullable or len(scope.sources) == 1:
        return
    scope.add(NOTHING, source.relation.row)
    others = {table for each in scope.sources if each is not source for table in each.relation.read}
    if others & set(source.relation.read):
        scope.doubt()


def _doubt_self_references(condition: exp.Expr | None, scope: OrderScope) -> None:
    """Call `doubt` if the condition has a subquery that reads one of the query's own tables.

    Such a subquery may select one row of several, for example the newest of each group. Ignores `column = (SELECT
    max(column) FROM ...)`, because it is an equation, and rows that are equal in the column remain.
    """
    held = [test for test in conjuncts(condition) if not _is_equal_to_extreme(test.unnest())]
    queries = [query for test in held for query in test.find_all(exp.Query)]
    if any(query.args.get("from_") for query in queries):
        read = {table for source in scope.sources for table in source.relation.read}
        for table in (table for query in queries for table in query.find_all(exp.Table)):
            if isinstance(table.this, exp.Identifier):
                known = scope.context.binding.table(table)
                is_query = known is None or cte_of(table, scope.context.dialect) is not None  # it may read any table
                if is_query or known in read:
                    scope.doubt()


def _is_equal_to_extreme(test: exp.Expr) -> bool:
    sides = [test.this.unnest(), test.expression.unnest()] if isinstance(test, exp.EQ) else []
    if {type(side) for side in sides} != {exp.Column, exp.Select}:
        return False
    select = next(side for side in sides if isinstance(side, exp.Select))
    values = [value.unalias() for value in select.expressions]
    is_plain = not any(select.args.get(clause) for clause in ("group", "having", "limit", "offset", "with_"))
    is_extreme = len(values) == 1 and isinstance(values[0], exp.Max | exp.Min)
    return is_plain and is_extreme and not any(each is not select for each in select.find_all(exp.Query))


def _add_conditional_keys(scope: OrderScope, conditions: list[exp.Expr | None]) -> None:
    """Add the dependencies of unique keys whose columns are not NULL, and of partial indexes that may apply."""
    scope.keys = [key for source in scope.sources for key in source.relation.keys]
    if any(key.where for key in scope.keys):
        held = held_conditions(conditions, scope)
        scope.keys = [replace(key, where=held.unmet(key)) for key in scope.keys]
    for key in scope.keys:
        if not key.where and not key.has_expression and all(map(scope.is_never_null, key.columns)):
            scope.add(key.columns, key.row)
