"""What FROM and its joins put before a query: tables, queries and functions, and which of them may be all NULL.

Builds on `nullable_proofs`; the caller supplies how the columns of a query are made.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.contract.names import NotUnderstood
from hangar_dal.contract.nullable_proofs import prove
from hangar_dal.contract.nullable_scope import Output, Relation, Scope, Source, source_of
from hangar_dal.contract.nullable_type_classes import class_of

Outputs = Callable[[exp.Expr, Scope], tuple[Output, ...]]

_TABLE: Final = frozenset({"this", "alias", "db", "catalog", "joins", "only", "sample", "indexed"})
_FUNCTION: Final = frozenset(
    {"this", "alias", "joins", "ordinality", "rows_from", "view", "outer", "expressions", "offset"}
)
_SUBQUERY: Final = frozenset({"this", "alias", "joins", "with_", "order", "limit", "offset", "locks"})
_JOIN: Final = frozenset({"this", "on", "side", "kind", "using", "method"})
# The columns of SQLite's functions that are tables.
_JSON_COLUMNS: Final = (
    *map(Output, ("key", "value", "type", "atom", "id", "parent", "fullkey", "path")),
    *(Output(name, hidden=True) for name in ("json", "root")),
)


def set_keys(node: exp.Expr) -> set[str]:
    """The clauses that a node has."""
    return {key for key, value in node.args.items() if value}


def expect(node: exp.Expr, known: frozenset[str]) -> None:
    """Raises `NotUnderstood` if it has another clause than these."""
    if not set_keys(node) <= known:
        raise NotUnderstood


def read_from(select: exp.Select, scope: Scope, outputs: Outputs) -> None:
    start = len(scope.sources)
    if from_ := select.args.get("from_"):
        add(from_.this, scope, outputs)
    for join in select.args.get("joins") or ():
        if scope.dialect == "postgresql" and set_keys(join) == {"this"}:  # a comma: ON does not see what is before it
            start = len(scope.sources)
        _join(join, scope, outputs, start)


def add(node: exp.Expr, scope: Scope, outputs: Outputs) -> None:
    """One item of FROM, and what is joined to it within its own parentheses."""
    start = len(scope.sources)
    match node:
        case exp.Table() if isinstance(node.this, exp.Identifier):
            expect(node, _TABLE)
            _add_relation(scope.relation(node), node, scope)
        case exp.Subquery() if isinstance(node.this, exp.Query) and not _is_join(node.this):
            expect(node, _SUBQUERY)
            # It sees the queries around this one, but not what stands beside it in FROM.
            around = Scope(scope.dialect, scope.tables, scope.parent, scope.ctes)
            _add_relation(_try(node, around, outputs), node, scope)
        case exp.Lateral() if isinstance(node.this, exp.Subquery):
            _add_relation(_try(node.this, scope, outputs), node, scope)
        case exp.Subquery() if node.args.get("alias"):  # joined tables under one name
            scope.sources.append(Source(alias_of(node, scope), (), is_open=True))
        case exp.Subquery():
            add(node.this, scope, outputs)
        case exp.Values():
            _add_relation(_try(node, scope, outputs), node, scope)
        case exp.Table() | exp.Lateral() | exp.Func():
            expect(node, _FUNCTION)
            scope.sources.append(_function(node, scope))
        case _:
            raise NotUnderstood
    for join in node.args.get("joins") or ():
        _join(join, scope, outputs, start)


def _is_join(node: exp.Expr) -> bool:
    """Whether parentheses hold joined tables rather than a query."""
    if not isinstance(node, exp.Subquery):
        return False
    return bool(node.args.get("alias") or node.args.get("joins")) or isinstance(node.unnest(), exp.Table)


def _join(join: exp.Join, scope: Scope, outputs: Outputs, start: int) -> None:
    """Its ON is about the sources from `start`. The commas before a RIGHT JOIN bind less tightly than it: calling all
    that is left of it NULL is safe.
    """
    expect(join, _JOIN)
    side, kind, by_name = join.side, join.kind, bool(join.args.get("using") or join.args.get("method"))
    if (
        side not in {"", "LEFT", "RIGHT", "FULL"}
        or kind not in {"", "INNER", "OUTER", "CROSS"}
        or join.method not in {"", "NATURAL"}
    ):
        raise NotUnderstood
    scope.joins_by_name |= by_name
    before = len(scope.sources)
    add(join.this, scope, outputs)
    nullable = {"LEFT": scope.sources[before:], "RIGHT": scope.sources[:before], "FULL": scope.sources}
    for source in nullable.get(side, ()):
        source.join_nullable_side()
    if not side and (on := join.args.get("on")):
        prove(on, scope, start)


def _add_relation(relation: Relation, node: exp.Expr, scope: Scope) -> None:
    alias = node.args.get("alias")
    relation = renamed(relation, alias, scope) if alias else relation
    scope.sources.append(source_of(alias_of(node, scope), relation))


def renamed(relation: Relation, alias: exp.Expr, scope: Scope) -> Relation:
    """`AS t (a, b)` gives the first columns new names."""
    names = [scope.name_of(column) for column in alias.args.get("columns") or ()]
    if relation is None or len(names) > len(relation):
        return None
    named = [replace(column, name=name) for name, column in zip(names, relation, strict=False)]
    return (*named, *relation[len(names) :])


def alias_of(node: exp.Expr, scope: Scope) -> str | None:
    """The name under which columns are called, if it has one."""
    alias = node.args.get("alias")
    if alias and alias.this:
        return scope.name_of(alias.this)
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return scope.name_of(node.this)
    return None


def _function(node: exp.Expr, scope: Scope) -> Source:
    """Its columns are named where it is called, by SQLite's own rule, or not at all; none is certain."""
    alias = node.args.get("alias")
    given = alias.args.get("columns") if alias else None
    if isinstance(node.this, exp.ExplodingGenerateSeries) and alias and not node.args.get("ordinality"):
        return _series(node, scope)
    if given and all(isinstance(column, exp.ColumnDef) for column in given):
        return Source(alias_of(node, scope), tuple(Output(scope.name_of(column.this)) for column in given))
    function = node.this if isinstance(node.this, exp.Anonymous) else None
    if scope.dialect == "sqlite" and function and str(function.this).lower() in {"json_each", "json_tree"}:
        called = alias_of(node, scope) or str(function.this).lower()
        return Source(called, _JSON_COLUMNS)
    return Source(alias_of(node, scope), (), is_open=True)


def _series(node: exp.Expr, scope: Scope) -> Source:
    """`generate_series`: without a start, an end or a step it has no row, and each row has a value."""
    name, bounds = alias_of(node, scope), [bound for bound in node.this.args.values() if isinstance(bound, exp.Expr)]
    column = [name, *map(scope.name_of, node.args["alias"].args.get("columns") or ())][-1]
    sorts = {class_of(bound, scope) for bound in bounds if not isinstance(bound, exp.Placeholder | exp.Interval)}
    if None in sorts:
        return Source(name, (), is_open=True)
    return Source(name, (Output(column, False, "number" if sorts == {"number"} else None),))


def _try(query: exp.Expr, scope: Scope, outputs: Outputs) -> Relation:
    try:
        return outputs(query, scope.inside())
    except NotUnderstood:
        return None
