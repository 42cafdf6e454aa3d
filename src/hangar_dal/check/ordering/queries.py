"""A query as a relation: its columns, and what each row of it follows from."""

from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Dependency
from hangar_dal.check.ordering.joins import read_from
from hangar_dal.check.ordering.names import Relation, Scope, Source, Statement
from hangar_dal.check.ordering.rows import read_rows
from hangar_dal.check.ordering.sources import opened, table_of
from hangar_dal.check.ordering.unions import combined
from hangar_dal.check.ordering.values import value_of
from hangar_dal.check.sql.bind import Source as Bound
from hangar_dal.check.sql.list_items import is_list
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.visible import cte_of

_SELECT: Final = frozenset(
    {"with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset"}
    | {"distinct", "windows", "locks"}
)
_OPERATION: Final = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset", "locks"})


def query(node: exp.Expr, statement: Statement, *, is_outermost: bool = False) -> tuple[Relation, Scope | None]:
    """The relation; its scope too, if it is a plain SELECT. Of the outermost one a LIMIT is not yet taken."""
    match node:
        case exp.Select():
            _expect(node, _SELECT)
            relation, own = _select(node, statement)
            return (relation if is_outermost else _limited(relation, node)), own
        case exp.SetOperation():
            _expect(node, _OPERATION)
            arms = [query(arm, statement)[0] for arm in (node.this, node.expression)]
            relation = combined(node, arms[0], arms[1], statement)
            return (relation if is_outermost else _limited(relation, node)), None
        case exp.Subquery() if isinstance(node.this, exp.Query):
            found, scope = query(node.this, statement)
            is_bare = {key for key, value in node.args.items() if value} <= {"this", "alias", "joins"}
            return (found, scope) if is_bare else (_limited(found, node), None)
    raise NotUnderstood


def _select(select: exp.Select, statement: Statement) -> tuple[Relation, Scope]:
    scope = Scope(statement, statement.new())
    scope.windows = {statement.name_of(window.this): window for window in select.args.get("windows") or ()}
    read_from(select, scope, lambda node: _source(node, select, scope))
    for source in scope.sources:
        collapsed = source.relation.collapsed
        if any(collapsed & set(each.relation.read) for each in scope.sources if each is not source):
            scope.may_repeat = True
    outputs = statement.binding.outputs(select)
    values = [each.value for each in outputs if each.value is not None] if outputs is not None else None
    columns = [value_of(value, scope) for value in values] if values is not None else _of_open(select, scope)
    read_rows(select, scope, columns)
    scope.weigh_extremes()
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


def _of_open(select: exp.Select, scope: Scope) -> list[Attribute]:
    """What is selected where not all columns of `*` are known."""
    columns: list[Attribute] = []
    for value in select.expressions:
        if not value.is_star:
            columns.append(value_of(value, scope))
            continue
        alias = scope.statement.name_of(value.args["table"]) if isinstance(value, exp.Column) else None
        for source in scope.sources:
            if alias in (None, source.bound.alias):
                columns += [*source.relation.columns, *([source.relation.row] if source.relation.is_open else [])]
    return columns


def _source(node: exp.Expr, select: exp.Select, scope: Scope) -> Source:
    statement = scope.statement
    bound = next((each for each in statement.binding.sources(select) if each.node is node), None)
    if bound is None:
        raise NotUnderstood
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        name = statement.name_of(node.this)
        if bound.cte is not None:
            return Source(bound, name, _of_with(bound, statement))
        relation = table_of(bound.table, statement) if bound.table is not None else opened(statement, name)
        return Source(bound, relation.read[0], relation)
    if isinstance(node, exp.Subquery):
        relation = query(node, statement)[0]
        return Source(bound, bound.alias or " and ".join(relation.read), relation)
    relation = opened(statement)
    if is_list(node):
        statement.lists.add(relation.row)
        if isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "json_each":
            place = frozenset({(relation.row[0], "?key")})
            relation.facts.rules.append(Dependency(place, frozenset({relation.row}), is_proven=False))
    is_named = (node.args.get("alias") or exp.Star()).this is not None
    return Source(bound, (bound.alias if is_named else None) or "a function", relation)


def _of_with(bound: Bound, statement: Statement) -> Relation:
    """A new relation each time that it is named: two uses of a WITH query are two relations."""
    cte, body = bound.cte, bound.query
    if cte is None or not isinstance(body, exp.Query):
        return opened(statement)
    if not any(cte_of(table, statement.dialect) is cte for table in body.find_all(exp.Table)):
        return query(body, statement)[0]
    relation, columns = opened(statement), statement.binding.columns(bound)
    if isinstance(body, exp.Union) and body.args.get("distinct") and columns.is_complete:
        outputs = [(relation.row[0], f".{place}") for place in range(len(columns.listed))]
        relation = replace(relation, columns=outputs, is_open=False)
        row = frozenset({relation.row})
        rules = [Dependency(frozenset(outputs), row), Dependency(row, frozenset(outputs), is_kept=True)]
        relation.facts.rules += rules
    return relation


def _limited(relation: Relation, node: exp.Expr) -> Relation:
    """LIMIT 1 leaves one row. It says so to those around it alone: of itself it asks which one."""
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
