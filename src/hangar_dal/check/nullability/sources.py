"""Add the sources of FROM and of its joins to a scope: tables, queries and functions.

Records which of them are on the nullable side of an outer join. The caller passes the function that returns the columns
of a query, because that module imports this one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.proofs import prove
from hangar_dal.check.nullability.scope import KnownColumns, NullScope, SourceFacts, ValueFacts
from hangar_dal.check.nullability.type_classes import CAST_TO, class_of
from hangar_dal.check.sql.bind import Source
from hangar_dal.check.sql.names import NotUnderstood

Outputs = Callable[[exp.Expr, NullScope], tuple[ValueFacts, ...]]

_TABLE: Final = frozenset({"this", "alias", "db", "catalog", "joins", "only", "sample", "indexed"})
_FUNCTION: Final = frozenset(
    {"this", "alias", "joins", "ordinality", "rows_from", "view", "outer", "expressions", "offset"}
)
_SUBQUERY: Final = frozenset({"this", "alias", "joins", "with_", "order", "limit", "offset", "locks"})
_JOIN: Final = frozenset({"this", "on", "side", "kind", "using", "method"})


def set_keys(node: exp.Expr) -> set[str]:
    """Return the names of the arguments that a node has."""
    return {key for key, value in node.args.items() if value}


def expect(node: exp.Expr, known: frozenset[str]) -> None:
    """Raise `NotUnderstood` if the node has an argument that is not listed."""
    if not set_keys(node) <= known:
        raise NotUnderstood


def read_from(select: exp.Select, scope: NullScope, outputs: Outputs) -> None:
    """Add all sources of a SELECT to its scope."""
    if from_ := select.args.get("from_"):
        add(from_.this, select, scope, outputs)
    for join in select.args.get("joins") or ():
        _join(join, select, scope, outputs)


def add(node: exp.Expr, statement: exp.Expr, scope: NullScope, outputs: Outputs) -> None:
    """Add an item of FROM to the scope, and the items joined to it in the same parentheses."""
    source = next((each for each in scope.binding.sources(statement) if each.node is node), None)
    if source is None and not isinstance(node, exp.Subquery):
        raise NotUnderstood
    if source is None:
        add(node.this, statement, scope, outputs)
    else:
        scope.sources.append(SourceFacts(source, _columns(source, scope, outputs)))
    for join in node.args.get("joins") or ():
        _join(join, statement, scope, outputs)


def _columns(source: Source, scope: NullScope, outputs: Outputs) -> KnownColumns:
    """Return the columns of a source; None if they are unknown."""
    node = source.node
    match node:
        case exp.Table() if isinstance(node.this, exp.Identifier):
            expect(node, _TABLE)
            if source.cte is not None:
                return scope.query(source.cte)
            return scope.table(source.table, is_read=True) if source.table is not None else None
        case exp.Subquery():
            expect(node, _SUBQUERY)
        case exp.Table() | exp.Lateral() | exp.Func() if source.query is None:
            expect(node, _FUNCTION)
            if isinstance(node.this, exp.ExplodingGenerateSeries):
                return _series(node, scope)
            return _items(node, scope)
    if source.query is None:
        return None  # a join in parentheses with an alias
    try:
        return outputs(node.this if isinstance(node, exp.Lateral) else node, scope.inside())
    except NotUnderstood:
        return None


def _join(join: exp.Join, statement: exp.Expr, scope: NullScope, outputs: Outputs) -> None:
    """Add the joined item, and mark the nullable side of an outer join.

    For a RIGHT or FULL JOIN, this marks all earlier sources, even those before a comma. These are not padded, but
    treating them as nullable is safe.
    """
    expect(join, _JOIN)
    side, kind = join.side, join.kind
    if (
        side not in {"", "LEFT", "RIGHT", "FULL"}
        or kind not in {"", "INNER", "OUTER", "CROSS"}
        or join.method not in {"", "NATURAL"}
    ):
        raise NotUnderstood
    before = len(scope.sources)
    add(join.this, statement, scope, outputs)
    nullable = {"LEFT": scope.sources[before:], "RIGHT": scope.sources[:before], "FULL": scope.sources}
    for source in nullable.get(side, ()):
        source.join_nullable_side()
    if not side and (on := join.args.get("on")):
        prove(on, scope)


def _series(node: exp.Expr, scope: NullScope) -> KnownColumns:
    """Return the column of `generate_series`; None if a bound has an unknown type.

    Its values are never NULL. If a bound is NULL, it has no rows.
    """
    bounds = [bound for bound in node.this.args.values() if isinstance(bound, exp.Expr)]
    classes = {class_of(bound, scope) for bound in bounds if not isinstance(bound, exp.Placeholder | exp.Interval)}
    return (ValueFacts(False, "number" if classes == {"number"} else None),) if None not in classes else None


def _items(node: exp.Expr, scope: NullScope) -> KnownColumns:
    """Return the columns of `unnest(:list)` and `json_each(:list)`; None if the argument is no list of a known type.

    An argument that is a list has no None among its items.
    """
    call = node.this if isinstance(node, exp.Table | exp.Lateral) else node
    is_json = isinstance(call, exp.Anonymous) and str(call.this).lower() == "json_each"
    arguments = call.expressions
    is_list = is_json if scope.dialect == "sqlite" else isinstance(call, exp.Unnest)
    if not is_list or len(arguments) != 1:
        return None
    given, converted = arguments[0], None
    if isinstance(given, exp.Cast) and given.to.this == exp.DType.ARRAY and given.to.expressions:
        converted, given = CAST_TO.get(given.to.expressions[0].this), given.this
        if converted is None:
            return None
    item = scope.item(given) if isinstance(given, exp.Placeholder) else None
    if item is None:
        return None
    item = replace(item, type_class=converted or item.type_class)
    if is_json:  # key, value, type, atom, id
        return (ValueFacts(False, "number", bits=64, storage="number"), item, ValueFacts(False, "plain"), item)
    return (item, ValueFacts(False, "number"))  # the second column is that of WITH ORDINALITY
