"""Convert a query to a relation: its columns, and their functional dependencies."""

from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import (
    NOTHING,
    Attribute,
    Dependency,
    Rule,
    UnionArm,
    UnionDependency,
)
from hangar_dal.check.ordering.groups import add_result_rows
from hangar_dal.check.ordering.joins import read_from
from hangar_dal.check.ordering.scopes import (
    BoundRelation,
    OrderScope,
    Relation,
    StatementContext,
    opened,
    several_rows,
    table_of,
)
from hangar_dal.check.ordering.values import value_of
from hangar_dal.check.sql.bind import Source
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.table_functions import may_have_several_rows
from hangar_dal.check.sql.visible import cte_of

_SELECT: Final = frozenset(
    {"with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset"}
    | {"distinct", "windows", "locks"}
)
_OPERATION: Final = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset", "locks"})


def query(
    node: exp.Expr, context: StatementContext, *, is_outermost: bool = False, outer: OrderScope | None = None
) -> tuple[Relation, OrderScope | None]:
    """Return the relation of a query, and its scope if it is a plain SELECT, otherwise None.

    `outer` is the scope whose columns a LATERAL query can name. Ignores the LIMIT of the outermost query, because its
    ORDER BY applies before it. Raises `NotUnderstood` if a clause is not supported.
    """
    match node:
        case exp.Select():
            _expect(node, _SELECT)
            relation, own = _select(node, context, outer)
            return (relation if is_outermost else _limited(relation, node)), own
        case exp.SetOperation():
            _expect(node, _OPERATION)
            left, right = (query(arm, context, outer=outer)[0] for arm in (node.this, node.expression))
            relation = _combined(node, left, right, context)
            return (relation if is_outermost else _limited(relation, node)), None
        case exp.Subquery() if isinstance(node.this, exp.Query):
            found, scope = query(node.this, context, outer=outer)
            is_bare = {key for key, value in node.args.items() if value} <= {"this", "alias", "joins"}
            return (found, scope) if is_bare else (_limited(found, node), None)
    raise NotUnderstood


def _select(select: exp.Select, context: StatementContext, outer: OrderScope | None) -> tuple[Relation, OrderScope]:
    scope = OrderScope(context, context.new(), outer)
    read_from(select, scope, lambda node: _source(node, select, scope))
    for source in scope.sources:
        collapsed = source.relation.collapsed
        if any(collapsed & set(each.relation.read) for each in scope.sources if each is not source):
            scope.may_repeat = True
    outputs = context.binding.outputs(select)
    values = [each.value for each in outputs if each.value is not None] if outputs is not None else None
    columns = [value_of(value, scope) for value in values] if values is not None else _open_projection(select, scope)
    add_result_rows(select, scope, columns)
    read = tuple(dict.fromkeys(table for source in scope.sources for table in source.relation.read))
    relation = Relation(
        scope.row,
        columns,
        scope.all_rules(),
        {scope.number}.union(*(source.relation.members for source in scope.sources)),
        read,
        scope.keys,
        frozenset().union(*(source.relation.collapsed for source in scope.sources))
        if _keeps_rows(select)
        else frozenset(read),
        values is None,
    )
    return relation, scope


def _keeps_rows(select: exp.Select) -> bool:
    """Return whether the SELECT certainly returns each row of its sources that its conditions select.

    A subquery in a condition and an outer join may drop rows because of other rows.
    """
    keys = ("group", "distinct", "having", "limit", "offset")
    joins = select.args.get("joins") or ()
    conditions = (select.args.get("where"), *(join.args.get("on") for join in joins))
    return not (
        any(select.args.get(key) for key in keys)
        or any(join.side for join in joins)
        or select.find(exp.Window, exp.AggFunc) is not None
        or any(each is not None and each.find(exp.Query) is not None for each in conditions)
    )


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
    inner = node.this if isinstance(node, exp.Lateral) else node
    if isinstance(inner, exp.Subquery):
        relation = query(inner, context, outer=scope if inner is not node else None)[0]
        return BoundRelation(source, source.alias or " and ".join(relation.read), relation)
    relation = several_rows(context) if may_have_several_rows(node) else opened(context)
    is_named = (node.args.get("alias") or exp.Star()).this is not None
    return BoundRelation(source, (source.alias if is_named else None) or "a function", relation)


def _cte_relation(source: Source, context: StatementContext) -> Relation:
    """Return the relation of a query of WITH. Each use of it is a separate relation."""
    cte, body = source.cte, source.query
    if body is None:
        return opened(context)
    is_recursive = any(cte_of(table, context.dialect) is cte for table in body.find_all(exp.Table))
    if is_recursive or may_have_several_rows(body):
        return several_rows(context)
    return query(body, context)[0] if isinstance(body, exp.Query) else opened(context)


def _combined(operation: exp.SetOperation, left: Relation, right: Relation, context: StatementContext) -> Relation:
    """Return the relation of UNION, INTERSECT or EXCEPT. Raises `NotUnderstood` if the columns are unknown."""
    nested = [each for each in (operation.this, operation.expression) if isinstance(each, exp.SetOperation)]
    if left.is_open or right.is_open or any(type(each) is not type(operation) for each in nested):
        raise NotUnderstood  # the databases give nested operations of two kinds different precedence
    read = tuple(dict.fromkeys((*left.read, *right.read)))
    if not isinstance(operation, exp.Union):  # each row comes from the first arm, and the second one drops rows
        return replace(left, collapsed=frozenset(read))
    number = context.new()
    row, outputs = (number, "row"), tuple((number, f"#{at}") for at in range(len(left.columns)))
    arms = tuple(UnionArm(tuple(each.columns), each.row, tuple(each.rules)) for each in (left, right))
    rules: list[Rule] = [Dependency(frozenset({row}), frozenset(outputs)), UnionDependency(outputs, row, arms)]
    if operation.args.get("distinct"):
        rules.append(Dependency(frozenset(outputs), frozenset({row})))
    members = {number} | left.members | right.members
    return Relation(row, list(outputs), rules, members, read, collapsed=frozenset(read))


def _limited(relation: Relation, node: exp.Expr) -> Relation:
    """Return the relation after LIMIT. With LIMIT 1, it has at most one row."""
    limit = node.args.get("limit")
    count = limit.args.get("count" if isinstance(limit, exp.Fetch) else "expression") if limit is not None else None
    if limit is None:
        return relation
    options = limit.args.get("limit_options")
    has_ties = options is not None and bool(options.args.get("with_ties"))
    is_one = isinstance(count, exp.Literal) and count.name == "1" and not has_ties
    rules = [*relation.rules, *([Dependency(NOTHING, frozenset({relation.row}))] if is_one else [])]
    return replace(relation, rules=rules, collapsed=frozenset(relation.read))


def _expect(node: exp.Expr, known: frozenset[str]) -> None:
    if not {key for key, value in node.args.items() if value} <= known:
        raise NotUnderstood
