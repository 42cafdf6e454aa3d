"""What FROM, its joins and WHERE say of the rows of a query.

An outer join whose padded rows a later condition throws away is taken for an inner one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.conditions import equations, not_null, null_columns
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Attributes, Dependency, padded
from hangar_dal.check.ordering.names import Facts, Loose, Scope, Source
from hangar_dal.check.ordering.values import mentioned
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import below, of_type
from hangar_dal.check.sql.visible import cte_of

SourceOf = Callable[[exp.Expr], Source]

_JOIN: Final = frozenset({"this", "on", "side", "kind", "using", "method"})


@dataclass(slots=True)
class _Join:
    side: str
    on: exp.Expr | None
    right: "_Tree"
    equal: tuple[tuple[Attribute, Attribute], ...] = ()  # by USING and NATURAL


@dataclass(slots=True)
class _Tree:
    """One item of FROM, and what is joined to it."""

    first: "Source | _Tree"
    joins: list[_Join]

    def sources(self) -> list[Source]:
        first = [self.first] if isinstance(self.first, Source) else self.first.sources()
        return [*first, *(source for join in self.joins for source in join.right.sources())]

    def members(self) -> set[int]:
        return set().union(*(source.relation.members for source in self.sources()))


def read_from(select: exp.Select, scope: Scope, source_of: SourceOf) -> None:
    """Fills the scope with the sources and with what is known of the rows that WHERE leaves."""
    from_, where = select.args.get("from_"), select.args.get("where")
    condition = where.this if where is not None else None
    if select.args.get("laterals"):
        raise NotUnderstood
    if from_ is not None:
        tree = _tree(from_.this, select.args.get("joins") or [], select, scope, source_of)
        scope.facts = _facts(tree, not_null(condition, scope), scope)
    scope.facts.never_null |= not_null(condition, scope)
    for left, right, is_proven in equations(condition, scope):
        scope.give(left, frozenset({right}), is_proven=is_proven)
    for column in null_columns(condition, scope):
        _missing(column, scope)
    _look_within(condition, scope)
    _keys_that_hold(scope, [join.args.get("on") for join in of_type(below(select), exp.Join)] + [condition])


def _tree(node: exp.Expr, joins: list[exp.Join], select: exp.Select, scope: Scope, source_of: SourceOf) -> _Tree:
    first: Source | _Tree
    if isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Query) and not node.args.get("alias"):
        first = _tree(node.this, [], select, scope, source_of)
    elif isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Query):
        raise NotUnderstood  # joined tables under one name
    else:
        first = source_of(node)
        scope.sources.append(first)
    tree = _Tree(first, [])
    has_comma = False
    for join in [*(node.args.get("joins") or ()), *joins]:
        if not {key for key, value in join.args.items() if value} <= _JOIN:
            raise NotUnderstood
        if join.side not in ("", "LEFT", "RIGHT", "FULL") or join.kind not in ("", "INNER", "OUTER", "CROSS"):
            raise NotUnderstood
        is_bare = not (join.side or join.kind or join.method or join.args.get("on") or join.args.get("using"))
        if has_comma and join.side in ("RIGHT", "FULL"):  # it binds more tightly in one database than in the other
            raise NotUnderstood
        has_comma |= is_bare
        before = tree.sources()
        right = _tree(join.this, [], select, scope, source_of)
        tree.joins.append(_Join(join.side, join.args.get("on"), right, _by_name(join, before, right, select, scope)))
    return tree


def _by_name(
    join: exp.Join, before: list[Source], right: _Tree, select: exp.Select, scope: Scope
) -> tuple[tuple[Attribute, Attribute], ...]:
    """The columns that USING and NATURAL make one."""
    if join.method not in ("", "NATURAL"):
        raise NotUnderstood
    left, behind = ([each.bound for each in side] for side in (before, right.sources()))
    found = scope.statement.binding.merged(join, left, behind, select)
    pairs = [(scope.attribute(one), scope.attribute(other)) for one, other in found]
    return tuple((one, other) for one, other in pairs if one is not None and other is not None)


def _facts(tree: _Tree, needed: set[Attribute], scope: Scope) -> Facts:
    """`needed` are columns of which NULL is thrown away later."""
    needed = set(needed)
    sides = [join.side for join in tree.joins]
    for at in reversed(range(len(tree.joins))):
        join = tree.joins[at]
        right = join.right.members()
        left = _Tree(tree.first, tree.joins[:at]).members()
        if sides[at] in ("LEFT", "FULL") and any(column[0] in right for column in needed):
            sides[at] = "RIGHT" if sides[at] == "FULL" else ""
        if sides[at] in ("RIGHT", "FULL") and any(column[0] in left for column in needed):
            sides[at] = "LEFT" if sides[at] == "FULL" else ""
        if sides[at] == "":
            needed |= _needed_by(join, scope)
    facts = Facts()
    facts.add(tree.first.relation.facts if isinstance(tree.first, Source) else _facts(tree.first, needed, scope))
    for join, side in zip(tree.joins, sides, strict=True):
        inner = needed if side in ("", "RIGHT") else _needed_by(join, scope)
        facts = _joined(facts, _facts(join.right, inner, scope), join, side, scope)
    return facts


def _joined(facts: Facts, other: Facts, join: _Join, side: str, scope: Scope) -> Facts:
    _look_within(join.on, scope)
    found = [(equation.left, equation.right, equation.is_proven) for equation in equations(join.on, scope)]
    found += [(frozenset({a}), b, True) for a, b in join.equal] + [(frozenset({b}), a, True) for a, b in join.equal]
    needed = _needed_by(join, scope)
    both = Facts()
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
        both.loose = [*facts.loose, *other.loose]
        scope.doubt()
        return both
    kept, may_miss = (facts, other) if side == "LEFT" else (other, facts)
    behind = join.right.members()
    outer = behind if side == "LEFT" else {row[0] for row in scope.rows} - behind
    beside = _beside(join, outer, scope)
    matched = may_miss.never_null | {column for column in needed if column[0] in outer}
    scope.matched |= matched
    rules = [*may_miss.rules, *(rule for key in may_miss.loose if (rule := _held(key, matched)))]
    both.rules = [*kept.rules, *padded(rules, matched, beside)]
    for one, column, is_proven in found:
        if column[0] in outer:
            alone = all(each[0] in outer for each in one) and bool(one & matched)
            left_of = one if alone else one | beside
            both.rules.append(Dependency(left_of, frozenset({column}), is_proven, is_kept=alone))
    both.never_null = set(kept.never_null)
    both.loose = [*kept.loose, *may_miss.loose]
    return both


def _beside(join: _Join, outer: set[int], scope: Scope) -> Attributes:
    """What decides whether the other side has a row: what ON says of this one, or which row this is."""
    all_of_it = frozenset(row for row in scope.rows if row[0] not in outer)
    found = mentioned(join.on, scope) if join.on is not None else None
    if join.on is not None and (found is None or not found.is_proven or join.on.find(exp.Query) is not None):
        return all_of_it
    columns = found.columns if found is not None else NOTHING
    columns |= {column for pair in join.equal for column in pair}
    return frozenset(column for column in columns if column[0] not in outer)


def _needed_by(join: _Join, scope: Scope) -> set[Attribute]:
    return not_null(join.on, scope) | {column for pair in join.equal for column in pair}


def _missing(column: Attribute, scope: Scope) -> None:
    """`copies.id IS NULL` behind a LEFT JOIN: each row that is left has the one row of NULLs."""
    source = scope.source_of(column)
    if source is None or column not in scope.matched or column in scope.facts.never_null:
        return
    scope.give(NOTHING, frozenset({source.relation.row}))
    others = {table for each in scope.sources if each is not source for table in each.relation.read}
    if others & set(source.relation.read):  # as where no other row of the same table is newer
        scope.doubt()


def _look_within(condition: exp.Expr | None, scope: Scope) -> None:
    """A query on the same table may pick one row of several: the newest of each, say."""
    queries = list(condition.find_all(exp.Query)) if condition is not None else []
    if any(query.args.get("from_") for query in queries):
        read = {table for source in scope.sources for table in source.relation.read}
        for table in (table for query in queries for table in query.find_all(exp.Table)):
            if isinstance(table.this, exp.Identifier):
                known = scope.statement.binding.table(table)
                is_query = known is None or cte_of(table, scope.statement.dialect) is not None  # which may read any
                if is_query or known in read:
                    scope.doubt()


def _keys_that_hold(scope: Scope, conditions: list[exp.Expr | None]) -> None:
    words = {
        column.name.lower()
        for condition in conditions
        if condition is not None
        for column in condition.find_all(exp.Column)
    }
    for key in scope.facts.loose:
        if (rule := _held(key, scope.facts.never_null)) is not None:
            scope.extra.append(rule)
        elif key.where and words & set(key.where.split()):  # the condition may be the index's own
            scope.give(frozenset(key.columns), frozenset({key.row}), is_proven=False)


def _held(key: Loose, never_null: set[Attribute]) -> Dependency | None:
    if key.where or not never_null.issuperset(key.columns):
        return None
    return Dependency(frozenset(key.columns), frozenset({key.row}))
