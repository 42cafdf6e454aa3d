"""Convert a query to a relation: its columns, and their functional dependencies."""

from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Dependency
from hangar_dal.check.ordering.joins import read_from
from hangar_dal.check.ordering.names import BoundRelation, OrderScope, Relation, StatementContext
from hangar_dal.check.ordering.rows import read_rows
from hangar_dal.check.ordering.sources import opened, table_of
from hangar_dal.check.ordering.unions import combined
from hangar_dal.check.ordering.values import value_of
from hangar_dal.check.sql.bind import Source
from hangar_dal.check.sql.list_items import is_list
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.visible import cte_of

_SELECT: Final = frozenset(
    {"with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset"}
    | {"distinct", "windows", "locks"}
)
_OPERATION: Final = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset", "locks"})


def query(
    node: exp.Expr, context: StatementContext, *, is_outermost: bool = False
) -> tuple[Relation, OrderScope | None]:
    """Return the relation of a query, and its scope if it is a plain SELECT, otherwise None.

    Ignores the LIMIT of the outermost query, because its ORDER BY applies before it. Raises `NotUnderstood` if a clause
    is not supported.
    """
    match node:
        case exp.Select():
            _expect(node, _SELECT)
            relation, own = _select(node, context)
            return (relation if is_outermost else _limited(relation, node)), own
        case exp.SetOperation():
            _expect(node, _OPERATION)
            arms = [query(arm, context)[0] for arm in (node.this, node.expression)]
            relation = combined(node, arms[0], arms[1], context)
            return (relation if is_outermost else _limited(relation, node)), None
        case exp.Subquery() if isinstance(node.this, exp.Query):
            found, scope = query(node.this, context)
            is_bare = {key for key, value in node.args.items() if value} <= {"this", "alias", "joins"}
            return (found, scope) if is_bare else (_limited(found, node), None)
    raise NotUnderstood


def _select(select: exp.Select, context: StatementContext) -> tuple[Relation, OrderScope]:
    scope = OrderScope(context, context.new())
    scope.windows = {context.name_of(window.this): window for window in select.args.get("windows") or ()}
    read_from(select, scope, lambda node: _source(node, select, scope))
    for source in scope.sources:
        collapsed = source.relation.collapsed
        if any(collapsed & set(each.relation.read) for each in scope.sources if each is not source):
            scope.may_repeat = True
    outputs = context.binding.outputs(select)
    values = [each.value for each in outputs if each.value is not None] if outputs is not None else None
    columns = [value_of(value, scope) for value in values] if values is not None else _open_projection(select, scope)
    read_rows(select, scope, columns)
    scope.add_extremes()
    read = tuple(dict.fromkeys(table for source in scope.sources for table in source.relation.read))
    keys = ("group", "distinct", "having", "limit", "offset")
    is_plain = not any(select.args.get(key) for key in keys) and select.find(exp.Window, exp.AggFunc) is None
    within = (select.args.get("where"), *(join.args.get("on") for join in select.args.get("joins") or ()))
    is_plain &= not any(each is not None and each.find(exp.Query) is not None for each in within)
    is_plain &= not scope.matched
    relation = Relation(
        scope.row,
        columns,
        replace(scope.facts, rules=list(scope.all_rules()), never_null=scope.facts.never_null | {scope.row}),
        {scope.number}.union(*(source.relation.members for source in scope.sources)),
        read,
        frozenset().union(*(source.relation.collapsed for source in scope.sources)) if is_plain else frozenset(read),
        values is None,
    )
    return relation, scope


def _open_projection(select: exp.Select, scope: OrderScope) -> list[Attribute]:
    """Return the attributes of the target list if not all columns of `*` are known."""
    columns: list[Attribute] = []
    for value in select.expressions:
        if not value.is_star:
            columns.append(value_of(value, scope))
            continue
        alias = scope.context.name_of(value.args["table"]) if isinstance(value, exp.Column) else None
        for source in scope.sources:
            if alias in (None, source.source.alias):
                columns += [*source.relation.columns, *([source.relation.row] if source.relation.is_open else [])]
    return columns


def _source(node: exp.Expr, select: exp.Select, scope: OrderScope) -> BoundRelation:
    """Return the relation of an item of FROM: a table, a query of WITH, a subquery or a function."""
    context = scope.context
    source = next((each for each in context.binding.sources(select) if each.node is node), None)
    if source is None:
        raise NotUnderstood
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        name = context.name_of(node.this)
        if source.cte is not None:
            return BoundRelation(source, name, _cte_relation(source, context))
        relation = table_of(source.table, context) if source.table is not None else opened(context, name)
        return BoundRelation(source, relation.read[0], relation)
    if isinstance(node, exp.Subquery):
        relation = query(node, context)[0]
        return BoundRelation(source, source.alias or " and ".join(relation.read), relation)
    relation = opened(context)
    if is_list(node):
        context.lists.add(relation.row)
        if isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "json_each":
            place = frozenset({(relation.row[0], "?key")})
            relation.facts.rules.append(Dependency(place, frozenset({relation.row}), is_proven=False))
    is_named = (node.args.get("alias") or exp.Star()).this is not None
    return BoundRelation(source, (source.alias if is_named else None) or "a function", relation)


def _cte_relation(source: Source, context: StatementContext) -> Relation:
    """Return the relation of a query of WITH. Each use of it is a separate relation."""
    cte, body = source.cte, source.query
    if cte is None or not isinstance(body, exp.Query):
        return opened(context)
    if not any(cte_of(table, context.dialect) is cte for table in body.find_all(exp.Table)):
        return query(body, context)[0]
    relation, columns = opened(context), context.binding.columns(source)
    if isinstance(body, exp.Union) and body.args.get("distinct") and columns.is_complete:
        outputs = [(relation.row[0], f".{place}") for place in range(len(columns.listed))]
        relation = replace(relation, columns=outputs, is_open=False)
        row = frozenset({relation.row})
        rules = [Dependency(frozenset(outputs), row), Dependency(row, frozenset(outputs), is_kept=True)]
        relation.facts.rules += rules
    return relation


def _limited(relation: Relation, node: exp.Expr) -> Relation:
    """Return the relation after LIMIT. With LIMIT 1, it has at most one row."""
    limit = node.args.get("limit")
    count = limit.args.get("count" if isinstance(limit, exp.Fetch) else "expression") if limit is not None else None
    if limit is None:
        return relation
    options = limit.args.get("limit_options")
    has_ties = options is not None and bool(options.args.get("with_ties"))
    is_one = isinstance(count, exp.Literal) and count.name == "1" and not has_ties
    collapsed = replace(relation, collapsed=frozenset(relation.read))
    if not is_one:
        return collapsed
    rules = [*relation.facts.rules, Dependency(NOTHING, frozenset({relation.row}))]
    return replace(collapsed, facts=replace(relation.facts, rules=rules))


def _expect(node: exp.Expr, known: frozenset[str]) -> None:
    if not {key for key, value in node.args.items() if value} <= known:
        raise NotUnderstood
