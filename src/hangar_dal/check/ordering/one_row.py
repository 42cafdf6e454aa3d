"""Find statements that may find several rows, because WHERE does not fix a unique key of each table.

`queries` determines the functional dependencies. Nothing is reported where the answer is not certain.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.conditions import null_columns
from hangar_dal.check.ordering.dependencies import closure
from hangar_dal.check.ordering.queries import query
from hangar_dal.check.ordering.scopes import OrderScope, Relation, StatementContext
from hangar_dal.check.ordering.union_arms import give_a_row_each
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import is_aggregate
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import (
    below,
    conjuncts,
    copied_with,
    disjuncts,
    leaves,
    nodes_of,
    of_type,
    parameter_name,
)
from hangar_dal.check.sql.visible import cte_of, target_of
from hangar_dal.sqlscan import Dialect

_Query = TypeVar("_Query", bound=exp.Expr)
_MOST_ARMS: Final = 20  # of an OR; each arm is tried on a copy of the statement
_RESULT: Final = ("the result",)
_RANGES: Final = (exp.ArrayContainedBy, exp.ArrayContainsAll, exp.ArrayOverlaps)


def unkeyed(text: str, dialect: Dialect, tables: Tables) -> tuple[str, ...]:
    """Return the tables of which WHERE fixes no unique key; () if there is at most one row, or if this is unknown."""
    nodes = nodes_of(text, dialect)
    # The search adds WITH to subqueries and replaces IN by an equation, so it needs a copy of the cached tree.
    tree = nodes[0].copy() if of_type(nodes, exp.With, exp.In) else nodes[0] if nodes else None
    return unkeyed_tree(tree, dialect, tables) if tree is not None else ()


def null_rows(text: str, dialect: Dialect, tables: Tables) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each parameter that finds several rows if it is None, with the tables of these rows.

    `email IS NOT DISTINCT FROM :email` finds all rows without an e-mail address, although `email` is a unique key.
    """
    nodes = nodes_of(text, dialect)
    compared = of_type(nodes, exp.NullSafeEQ)
    if not compared or unkeyed(text, dialect, tables):
        return
    for test in compared:
        for value, given in ((test.this, test.expression), (test.expression, test.this)):
            is_null = exp.Is(this=value.copy(), expression=exp.Null())
            (parameter, is_exact), *others = leaves(given, is_exact=True)
            lacking = unkeyed_tree(copied_with(nodes[0], test, is_null), dialect, tables)
            if lacking and isinstance(parameter, exp.Placeholder) and is_exact and not others:
                yield parameter_name(parameter), lacking


def unkeyed_tree(tree: exp.Expr, dialect: Dialect, tables: Tables) -> tuple[str, ...]:
    """Return the same as `unkeyed` for a tree. May change the tree."""
    try:
        return _unkeyed(tree, dialect, tables)
    except (NotUnderstood, RecursionError):
        return ()


def unkeyed_query(query: exp.Query, around: exp.Expr, dialect: Dialect, tables: Tables) -> tuple[str, ...]:
    """Return the same as `unkeyed` for a copy of a query within the statement `around`, which supplies the WITH."""
    return unkeyed_tree(with_queries(around, query), dialect, tables)


def _unkeyed(tree: exp.Expr, dialect: Dialect, tables: Tables) -> tuple[str, ...]:
    match tree:
        case exp.Insert():
            source, target = tree.expression, target_of(tree)
            written = target.name.lower() if isinstance(target, exp.Table) else ""
            if isinstance(source, exp.Values):
                return (written or "the table",) if len(source.expressions) > 1 else ()
            return _unkeyed(with_queries(tree, source), dialect, tables) if isinstance(source, exp.Query) else ()
        case exp.Update() | exp.Delete():
            select = found_by(tree)
            return _unkeyed_select(select, dialect, tables, is_write=True) if select is not None else ()
        case exp.Query() if tree.args.get("limit") is not None:
            return ()
        case exp.Subquery() if isinstance(tree.this, exp.Query):
            return _unkeyed(with_queries(tree, tree.this), dialect, tables)
        case exp.SetOperation():
            return _unkeyed_operation(tree, dialect, tables)
        case exp.Values() if len(tree.expressions) > 1:
            return _RESULT
        case exp.Select():
            return _unkeyed_select(tree, dialect, tables)
    return ()


def _unkeyed_operation(operation: exp.SetOperation, dialect: Dialect, tables: Tables) -> tuple[str, ...]:
    """Return the tables of which the arms fix no unique key; `_RESULT` if several arms give a row each."""
    arms = [with_queries(operation, arm) for arm in (operation.this, operation.expression)]
    gives_both = isinstance(operation, exp.Union) and give_a_row_each(operation, dialect)
    if operation.args.get("distinct"):
        for arm in arms:
            if isinstance(arm, exp.Select) and arm.args.get("limit") is None:
                arm.set("distinct", exp.Distinct())
    lacking = [_unkeyed(arm, dialect, tables) for arm in arms]
    match operation:
        case exp.Except():
            return lacking[0]
        case exp.Intersect():
            return lacking[0] if lacking[1] else ()
    return next(filter(None, lacking), ()) or (_RESULT if gives_both else ())


def _operation_in_from(select: exp.Select, dialect: Dialect) -> exp.Expr | None:
    """Return the set operation, VALUES or write in FROM if the SELECT has a row for each of its rows; else None."""
    clauses = ("joins", "laterals", "where", "group", "having", "distinct", "limit", "offset")
    from_ = select.args.get("from_")
    if from_ is None or any(select.args.get(clause) for clause in clauses):
        return None
    if any(is_aggregate(value) is not False for value in select.expressions):
        return None
    cte = cte_of(from_.this, dialect)
    found = cte.this if cte is not None else from_.this
    found = found.this if isinstance(found, exp.Subquery) else found
    return found if isinstance(found, exp.SetOperation | exp.Values | exp.Insert | exp.Update | exp.Delete) else None


def _is_recursive(query: exp.Expr, dialect: Dialect) -> bool:
    """Return whether a query of WITH reads itself."""
    cte = query.parent
    return isinstance(cte, exp.CTE) and any(cte_of(table, dialect) is cte for table in query.find_all(exp.Table))


def _has_several_groups(select: exp.Select) -> bool:
    """Return whether GROUP BY makes several groupings, each of which may give a row."""
    group = select.args.get("group")
    if group is None or any(select.args.get(clause) for clause in ("having", "distinct", "limit")):
        return False
    keys = group.expressions
    rolled = any(isinstance(key, exp.Rollup | exp.Cube) and key.expressions for key in keys)
    return rolled or any(isinstance(key, exp.GroupingSets) and len(key.expressions) > 1 for key in keys)


def _unkeyed_select(select: exp.Select, dialect: Dialect, tables: Tables, *, is_write: bool = False) -> tuple[str, ...]:
    """Return the tables of which the SELECT fixes no unique key, also after trying each arm of an OR."""
    if _has_several_groups(select):
        return _RESULT
    if (inner := _operation_in_from(select, dialect)) is not None:
        if _is_recursive(inner, dialect):
            return _RESULT  # a row for each step
        return _unkeyed(with_queries(select, inner.copy()), dialect, tables)
    for held in _conditions(select):
        test = held.unnest()
        if isinstance(test, exp.Exists) and test.find(exp.Placeholder):
            return ()  # its comparison may fix a key of this query
        within = test.args.get("query") if isinstance(test, exp.In) else None
        if within is not None and not _unkeyed(with_queries(select, within.unnest().copy()), dialect, tables):
            test.replace(exp.EQ(this=test.this, expression=within))
    for held in _conditions(select):
        if isinstance(held.unnest(), exp.Or):
            either = list(disjuncts(held.unnest()))
            if len(either) > _MOST_ARMS:
                return ()
            arms = [copied_with(select, held, arm.copy()) for arm in either]
            if not any(_without_fixed_key(arm, dialect, tables, is_write=is_write) for arm in arms):
                return ()
    own = {id(held) for held in conjuncts(select.args.get("where"))}
    if any(_may_fix(held.unnest()) for held in _conditions(select) if id(held) not in own):
        return ()  # not enough is known about the conditions of subqueries
    return _without_fixed_key(select, dialect, tables, is_write=is_write)


def _may_fix(test: exp.Expr) -> bool:
    """Return whether a condition that the dependencies do not cover may fix a key."""
    sides = [test.this.unnest(), test.expression.unnest()] if isinstance(test, exp.EQ) else []
    is_more = any(not isinstance(side, exp.Column) and side.find(exp.Column) is not None for side in sides)
    return is_more or isinstance(test, (exp.NullSafeEQ, exp.Is, *_RANGES))


def _conditions(select: exp.Select) -> list[exp.Expr]:
    """Return the conditions of the WHERE of the query and of all its subqueries."""
    return [held for each in of_type(below(select), exp.Select) for held in conjuncts(each.args.get("where"))]


def scope_of(select: exp.Select, dialect: Dialect, tables: Tables) -> tuple[Relation, OrderScope | None]:
    """Return the relation and the scope of a query; None as the scope if it is no plain SELECT.

    Any unique key may be one of the compared columns, also with NULL or with an expression.
    """
    relation, scope = query(select, StatementContext(Binding(select, dialect, tables)), is_outermost=True)
    if scope is not None:
        _add_possible_keys(scope, select.args.get("where"))
    return relation, scope


def _without_fixed_key(select: exp.Select, dialect: Dialect, tables: Tables, *, is_write: bool) -> tuple[str, ...]:
    """Return the labels of the relations whose row is not determined; () if the result has at most one row."""
    relation, scope = scope_of(select, dialect, tables)
    if scope is None:
        return ()
    known = closure((), scope.all_rules())
    among = scope.sources[:1] if is_write else scope.sources
    if (among[0].relation.row if is_write else relation.row) in known:
        return ()
    lacking = [source.label for source in among if source.relation.row not in known]
    return tuple(dict.fromkeys(lacking or [source.label for source in among])) or _RESULT


def _add_possible_keys(scope: OrderScope, where: exp.Expr | None) -> None:
    """Add the dependencies of keys that WHERE may compare.

    They are unique keys with nullable columns, unique indexes on expressions or in another collation, and EXCLUDE
    constraints.
    """
    compared = [held.unnest() for held in conjuncts(where)]
    sides = [side.unnest() for test in compared if isinstance(test, exp.EQ) for side in (test.this, test.expression)]
    has_expression = any(
        isinstance(side, exp.Collate) or (not isinstance(side, exp.Column) and side.find(exp.Column) is not None)
        for side in sides
    )
    nulls = set(null_columns(where, scope))
    for key in scope.keys:
        if not nulls & key.columns and not key.where and (has_expression or not key.has_expression):
            scope.add(key.columns, key.row)  # NULL equals no other NULL in such a key
    if any(isinstance(test, _RANGES) for test in compared):  # an EXCLUDE constraint may forbid overlapping ranges
        scope.doubt()


def found_by(write: exp.Update | exp.Delete) -> exp.Select | None:
    """Return a SELECT of the rows that an UPDATE or a DELETE finds; None if it is not understood."""
    if not isinstance(write.this, exp.Table) or write.args.get("tables"):
        return None
    from_ = write.args.get("from_")
    others = [from_.this] if from_ is not None else list(write.args.get("using") or ())
    joins = [*(exp.Join(this=other.copy()) for other in others)]
    made = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=write.this.copy()),
        joins=joins,
        where=write.args["where"].copy() if write.args.get("where") is not None else None,
    )
    return with_queries(write, made)


def selecting(
    values: Iterable[exp.Expr], select: exp.Select, around: exp.Expr, *, without: Iterable[str]
) -> exp.Select:
    """Return a copy of a SELECT that selects copies of these values, without some of its clauses.

    The statement `around` supplies the WITH.
    """
    made = with_queries(around, select.copy())
    for clause in without:
        made.set(clause, None)
    made.set("expressions", [value.copy() for value in values])
    return made


def with_queries(outer: exp.Expr, inner: _Query) -> _Query:
    """Return the inner query with the WITH of the outer query, unless it has its own."""
    with_ = outer.args.get("with_")
    if with_ is not None and inner.args.get("with_") is None:
        inner.set("with_", with_.copy())
    return inner
