"""Collect the functional dependencies that FROM, its joins and WHERE establish.

An outer join counts as an inner join if a later condition drops the rows that it pads with NULLs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.conditions import equations, not_null, null_columns
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Attributes, Dependency, padded
from hangar_dal.check.ordering.names import BoundRelation, ConditionalKey, OrderScope, RowFacts
from hangar_dal.check.ordering.partial_keys import held_conditions
from hangar_dal.check.ordering.values import mentioned
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import below, conjuncts, of_type
from hangar_dal.check.sql.visible import cte_of

SourceOf = Callable[[exp.Expr], BoundRelation]

_JOIN: Final = frozenset({"this", "on", "side", "kind", "using", "method"})


@dataclass(slots=True)
class _Join:
    """A join to an item of FROM: its side, its ON and its right side."""

    side: str
    on: exp.Expr | None
    right: "_JoinTree"
    equal: tuple[tuple[Attribute, Attribute], ...] = ()  # the pairs that USING or NATURAL merges


@dataclass(slots=True)
class _JoinTree:
    """An item of FROM, and the items that are joined to it."""

    first: "BoundRelation | _JoinTree"
    joins: list[_Join]

    def sources(self) -> list[BoundRelation]:
        first = [self.first] if isinstance(self.first, BoundRelation) else self.first.sources()
        return [*first, *(source for join in self.joins for source in join.right.sources())]

    def members(self) -> set[int]:
        """Return the numbers of all relations in the tree."""
        return set().union(*(source.relation.members for source in self.sources()))


def read_from(select: exp.Select, scope: OrderScope, source_of: SourceOf) -> None:
    """Add the sources of a SELECT to its scope, and the dependencies that hold for the rows that WHERE selects."""
    from_, where = select.args.get("from_"), select.args.get("where")
    condition = where.this if where is not None else None
    if select.args.get("laterals"):
        raise NotUnderstood
    if from_ is not None:
        tree = _tree(from_.this, select.args.get("joins") or [], select, scope, source_of)
        scope.facts = _facts(tree, not_null(condition, scope), scope)
    scope.facts.never_null |= not_null(condition, scope)
    for left, right, is_proven in equations(condition, scope):
        scope.add_dependency(left, frozenset({right}), is_proven=is_proven)
    for column in null_columns(condition, scope):
        _add_anti_join(column, scope)
    _doubt_self_references(condition, scope)
    _add_conditional_keys(scope, [join.args.get("on") for join in of_type(below(select), exp.Join)] + [condition])


def _tree(
    node: exp.Expr, joins: list[exp.Join], select: exp.Select, scope: OrderScope, source_of: SourceOf
) -> _JoinTree:
    """Return the tree of an item of FROM and its joins, and add its sources to the scope."""
    first: BoundRelation | _JoinTree
    if isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Query) and not node.args.get("alias"):
        first = _tree(node.this, [], select, scope, source_of)
    elif isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Query):
        raise NotUnderstood  # a join in parentheses with an alias
    else:
        first = source_of(node)
        scope.sources.append(first)
    tree = _JoinTree(first, [])
    has_comma = False
    for join in [*(node.args.get("joins") or ()), *joins]:
        if not {key for key, value in join.args.items() if value} <= _JOIN:
            raise NotUnderstood
        if join.side not in ("", "LEFT", "RIGHT", "FULL") or join.kind not in ("", "INNER", "OUTER", "CROSS"):
            raise NotUnderstood
        is_bare = not (join.side or join.kind or join.method or join.args.get("on") or join.args.get("using"))
        if has_comma and join.side in ("RIGHT", "FULL"):  # the databases give it different precedence
            raise NotUnderstood
        has_comma |= is_bare
        before = tree.sources()
        right = _tree(join.this, [], select, scope, source_of)
        tree.joins.append(
            _Join(join.side, join.args.get("on"), right, _merged_columns(join, before, right, select, scope))
        )
    return tree


def _merged_columns(
    join: exp.Join, before: list[BoundRelation], right: _JoinTree, select: exp.Select, scope: OrderScope
) -> tuple[tuple[Attribute, Attribute], ...]:
    """Return the pairs of columns that USING or NATURAL merges."""
    if join.method not in ("", "NATURAL"):
        raise NotUnderstood
    left_sources, right_sources = ([each.source for each in side] for side in (before, right.sources()))
    found = scope.context.binding.merged(join, left_sources, right_sources, select)
    pairs = [(scope.attribute(one), scope.attribute(other)) for one, other in found]
    return tuple((one, other) for one, other in pairs if one is not None and other is not None)


def _facts(tree: _JoinTree, needed: set[Attribute], scope: OrderScope) -> RowFacts:
    """Return the dependencies that hold after all joins of the tree.

    `needed` are columns that later conditions require to be not NULL. They turn outer joins into inner joins.
    """
    needed = set(needed)
    sides = [join.side for join in tree.joins]
    for at in reversed(range(len(tree.joins))):
        join = tree.joins[at]
        right = join.right.members()
        left = _JoinTree(tree.first, tree.joins[:at]).members()
        if sides[at] in ("LEFT", "FULL") and any(column[0] in right for column in needed):
            sides[at] = "RIGHT" if sides[at] == "FULL" else ""
        if sides[at] in ("RIGHT", "FULL") and any(column[0] in left for column in needed):
            sides[at] = "LEFT" if sides[at] == "FULL" else ""
        if sides[at] == "":
            needed |= _not_null_columns(join, scope)
    facts = RowFacts()
    facts.add(tree.first.relation.facts if isinstance(tree.first, BoundRelation) else _facts(tree.first, needed, scope))
    for join, side in zip(tree.joins, sides, strict=True):
        inner = needed if side in ("", "RIGHT") else _not_null_columns(join, scope)
        facts = _joined(facts, _facts(join.right, inner, scope), join, side, scope)
    return facts


def _joined(facts: RowFacts, other: RowFacts, join: _Join, side: str, scope: OrderScope) -> RowFacts:
    """Return the facts after a join. `facts` and `other` are those of its left and its right side."""
    _doubt_self_references(join.on, scope)
    found = [(equation.left, equation.right, equation.is_proven) for equation in equations(join.on, scope)]
    found += [(frozenset({a}), b, True) for a, b in join.equal] + [(frozenset({b}), a, True) for a, b in join.equal]
    needed = _not_null_columns(join, scope)
    both = RowFacts()
    if side == "":
        both.add(facts)
        both.add(other)
        both.never_null |= needed
        both.rules += [Dependency(one, frozenset({column}), is_proven) for one, column, is_proven in found]
        return both
    if side == "FULL":
        scope.matched |= facts.never_null | other.never_null
        both.rules = [*padded(facts.rules, facts.never_null, None), *padded(other.rules, other.never_null, None)]
        both.rules += [Dependency(one, frozenset({column}), is_proven=False) for one, column, _ in found]
        both.conditional_keys = [*facts.conditional_keys, *other.conditional_keys]
        scope.doubt()
        return both
    preserved, nullable = (facts, other) if side == "LEFT" else (other, facts)
    right = join.right.members()
    nullable_side = right if side == "LEFT" else {row[0] for row in scope.rows} - right
    deciding = _match_columns(join, nullable_side, scope)
    matched = nullable.never_null | {column for column in needed if column[0] in nullable_side}
    scope.matched |= matched
    rules = [*nullable.rules, *(rule for key in nullable.conditional_keys if (rule := _dependency_of(key, matched)))]
    both.rules = [*preserved.rules, *padded(rules, matched, deciding)]
    for one, column, is_proven in found:
        if column[0] in nullable_side:
            alone = all(each[0] in nullable_side for each in one) and bool(one & matched)
            left_of = one if alone else one | deciding
            both.rules.append(Dependency(left_of, frozenset({column}), is_proven, is_kept=alone))
    both.never_null = set(preserved.never_null)
    both.conditional_keys = [*preserved.conditional_keys, *nullable.conditional_keys]
    return both


def _match_columns(join: _Join, nullable_side: set[int], scope: OrderScope) -> Attributes:
    """Return the attributes of the preserved side that decide whether the join finds a row of the nullable side.

    They are the columns in ON and USING, or the identity of the row if ON is not understood. `nullable_side` are the
    numbers of the relations on the nullable side.
    """
    preserved_rows = frozenset(row for row in scope.rows if row[0] not in nullable_side)
    found = mentioned(join.on, scope) if join.on is not None else None
    if join.on is not None and (found is None or not found.is_proven or join.on.find(exp.Query) is not None):
        return preserved_rows
    columns = found.columns if found is not None else NOTHING
    columns |= {column for pair in join.equal for column in pair}
    return frozenset(column for column in columns if column[0] not in nullable_side)


def _not_null_columns(join: _Join, scope: OrderScope) -> set[Attribute]:
    return not_null(join.on, scope) | {column for pair in join.equal for column in pair}


def _add_anti_join(column: Attribute, scope: OrderScope) -> None:
    """Add the dependency of an anti-join: after a LEFT JOIN, `copies.id IS NULL` selects only rows padded with NULLs.

    The joined relation then has a single row. An anti-join on the same table may select one row of each group, such as
    the newest, so it is not certain that ties remain.
    """
    source = scope.source_of(column)
    if source is None or column not in scope.matched or column in scope.facts.never_null:
        return
    scope.add_dependency(NOTHING, frozenset({source.relation.row}))
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
    keys, scope.facts.conditional_keys = scope.facts.conditional_keys, []
    held = held_conditions(conditions, scope) if any(key.where for key in keys) else None
    for key in keys:
        left = replace(key, where=held.unmet(key)) if held is not None else key
        scope.facts.conditional_keys.append(left)
        if (rule := _dependency_of(left, scope.facts.never_null)) is not None:
            scope.extra.append(rule)
        elif left.is_partial and not left.where and not left.has_expression:
            scope.add_dependency(frozenset(key.columns), frozenset({key.row}), is_proven=False)


def _dependency_of(key: ConditionalKey, never_null: set[Attribute]) -> Dependency | None:
    """Return the dependency of the row on the key; None if it is partial, has an expression or may contain NULL."""
    if key.is_partial or key.has_expression or not never_null.issuperset(key.columns):
        return None
    return Dependency(frozenset(key.columns), frozenset({key.row}))
