"""A query as a relation: its columns, and what each row of it follows from. Builds on `orders_rows`."""

from dataclasses import dataclass, field, replace
from typing import Final

from sqlglot import exp

from hangar_dal.contract.dependencies import NOTHING, Attribute, Dependency
from hangar_dal.contract.list_items import is_list
from hangar_dal.contract.names import NotUnderstood
from hangar_dal.contract.orders_joins import read_from
from hangar_dal.contract.orders_names import Relation, Scope, Source, Statement
from hangar_dal.contract.orders_rows import read_rows
from hangar_dal.contract.orders_sources import named_anew, opened, table_of
from hangar_dal.contract.orders_unions import combined
from hangar_dal.contract.orders_values import value_of

_SELECT: Final = frozenset(
    {"with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset"}
    | {"distinct", "windows", "locks"}
)
_OPERATION: Final = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset", "locks"})


@dataclass(frozen=True)
class _Named:
    """A query of WITH, and those that it can name itself."""

    cte: exp.Expr
    around: "Names"
    names_itself: bool = False


@dataclass(frozen=True)
class Names:
    """The queries of WITH that can be named here."""

    known: dict[str, _Named] = field(default_factory=dict)


def query(
    node: exp.Expr, statement: Statement, names: Names, *, is_outermost: bool = False
) -> tuple[Relation, Scope | None]:
    """The relation; its scope too, if it is a plain SELECT. Of the outermost one a LIMIT is not yet taken."""
    names = _with(node, statement, names)
    match node:
        case exp.Select():
            _expect(node, _SELECT)
            relation, own = _select(node, statement, names)
            return (relation if is_outermost else _limited(relation, node)), own
        case exp.SetOperation():
            _expect(node, _OPERATION)
            arms = [query(arm, statement, names)[0] for arm in (node.this, node.expression)]
            relation = combined(node, arms[0], arms[1], statement)
            return (relation if is_outermost else _limited(relation, node)), None
        case exp.Subquery() if isinstance(node.this, exp.Query):
            found, scope = query(node.this, statement, names)
            is_bare = {key for key, value in node.args.items() if value} <= {"this", "alias", "joins"}
            return (found, scope) if is_bare else (_limited(found, node), None)
    raise NotUnderstood


def _select(select: exp.Select, statement: Statement, names: Names) -> tuple[Relation, Scope]:
    scope = Scope(statement, statement.new())
    scope.windows = {statement.name_of(window.this): window for window in select.args.get("windows") or ()}
    read_from(select, scope, lambda node: _source(node, scope, names))
    for source in scope.sources:
        collapsed = source.relation.collapsed
        if any(collapsed & set(each.relation.read) for each in scope.sources if each is not source):
            scope.may_repeat = True
    columns: list[tuple[str | None, Attribute]] = []
    for value in select.expressions:
        columns += _projected(value, scope)
    read_rows(select, scope, [attribute for _, attribute in columns])
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
        any(source.relation.is_open for source in scope.sources) and any(each.is_star for each in select.expressions),
    )
    return relation, scope


def _projected(value: exp.Expr, scope: Scope) -> list[tuple[str | None, Attribute]]:
    if not value.is_star or isinstance(value, exp.Alias):
        return [(_called(value, scope.statement), value_of(value, scope))]
    among = scope.sources
    if isinstance(value, exp.Column):
        called = scope.statement.name_of(value.args["table"])
        among = [source for source in among if source.alias == called]
    elif not isinstance(value, exp.Star) or any(value.args.values()):
        return [(None, value_of(value, scope))]
    found: list[tuple[str | None, Attribute]] = []
    merged: set[str | None] = set()
    for source in among:
        for name, attribute in source.relation.columns:
            if name in scope.merged and isinstance(value, exp.Star):
                if name not in merged:
                    found.append((name, scope.merged[name] or attribute))
                merged.add(name)
            else:
                found.append((name, attribute))
        if source.relation.is_open:
            found.append((None, source.relation.row))
    return found


def _called(value: exp.Expr, statement: Statement) -> str | None:
    """A column's name in the result, as far as the databases agree on one or PostgreSQL makes it up."""
    if isinstance(value, exp.Alias):
        return statement.name_of(value.args["alias"])
    if isinstance(value, exp.Column):
        return statement.name_of(value.this)
    if statement.dialect == "sqlite":
        return None
    if isinstance(value, exp.Paren | exp.Cast | exp.Window | exp.Filter):
        return _called(value.this, statement)
    if isinstance(value, exp.Anonymous):
        return str(value.this).lower()
    return value.sql_name().lower() if isinstance(value, exp.Func) else None


def _source(node: exp.Expr, scope: Scope, names: Names) -> Source:
    statement, alias = scope.statement, node.args.get("alias")
    called = statement.name_of(alias.this) if alias is not None and alias.this is not None else None
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        name = statement.name_of(node.this)
        known = names.known.get(name) if node.args.get("db") is None else None
        relation = _of_with(known, statement) if known is not None else table_of(node, statement)
        label = name if known is not None else relation.read[0]
        called = called or name
    elif isinstance(node, exp.Subquery):
        relation = query(node, statement, names)[0]
        label = called or " and ".join(relation.read)
    else:
        relation = opened(statement)
        if is_list(node):
            statement.lists.add(relation.row)
            if isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "json_each":
                place = frozenset({(relation.row[0], "?key")})
                relation.facts.rules.append(Dependency(place, frozenset({relation.row}), is_proven=False))
        label = called or "a function"
        if called is None and isinstance(node, exp.Table) and isinstance(node.this, exp.Anonymous):
            called = str(node.this.this).lower()
    return Source(called, label, named_anew(relation, alias, statement))


def _of_with(named: _Named, statement: Statement) -> Relation:
    """A new relation each time that it is named: two uses of a WITH query are two relations."""
    alias = named.cte.args["alias"]
    body = named.cte.this
    if named.names_itself or not isinstance(body, exp.Query):
        relation = opened(statement)
        if named.names_itself and isinstance(body, exp.Union) and body.args.get("distinct") and alias.columns:
            names = [statement.name_of(column) for column in alias.columns]
            relation = replace(
                relation, columns=[(name, (relation.row[0], f".{name}")) for name in names], is_open=False
            )
            row, outputs = frozenset({relation.row}), frozenset(attribute for _, attribute in relation.columns)
            relation.facts.rules += [Dependency(outputs, row), Dependency(row, outputs, is_kept=True)]
        return relation
    return named_anew(query(body, statement, named.around)[0], alias, statement)


def _with(node: exp.Expr, statement: Statement, names: Names) -> Names:
    """PostgreSQL knows a query of WITH behind it alone, unless RECURSIVE is written; SQLite everywhere."""
    with_ = node.args.get("with_")
    if with_ is None:
        return names
    is_everywhere = statement.dialect == "sqlite" or bool(with_.args.get("recursive"))
    around = Names(dict(names.known))
    for cte in with_.expressions:
        name = statement.name_of(cte.args["alias"].this)
        itself = is_everywhere and any(
            isinstance(table.this, exp.Identifier) and statement.name_of(table.this) == name
            for table in cte.this.find_all(exp.Table)
        )
        seen = around if is_everywhere else Names(dict(around.known))
        around.known[name] = _Named(cte, seen, itself)
    return around


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
