"""Determine which result columns are nullable, from the statement and the tables.

A column is nullable unless a rule proves otherwise. The result depends neither on stored rows nor on query plans.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.aggregates import aggregates_in, gives_one_row, is_aggregate, is_of, may_be_one_row
from hangar_dal.check.nullability.expressions import may_be_null
from hangar_dal.check.nullability.on_sqlite import bits_of, storage_of
from hangar_dal.check.nullability.proofs import aggregates_of, counted_by, prove
from hangar_dal.check.nullability.returning import read_changed
from hangar_dal.check.nullability.scope import KnownColumns, MayBeNull, NullScope, ValueFacts, worst_of
from hangar_dal.check.nullability.sources import expect, read_from, set_keys
from hangar_dal.check.nullability.type_classes import class_of
from hangar_dal.check.nullability.written import Asked
from hangar_dal.check.sql.bind import bind
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.visible import cte_of
from hangar_dal.sqlscan import Dialect

# The clauses that the rules here support. A statement with any other clause is not understood.
_SELECT: Final = frozenset(
    {"with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset"}
    | {"distinct", "windows", "locks"}
)
_SET_OPERATION: Final = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset", "locks"})
_GROUPING_SETS: Final = (exp.Cube, exp.GroupingSets, exp.Rollup, exp.Tuple)
_SUBQUERY: Final = frozenset({"this", "alias", "with_", "order", "limit", "offset", "locks"})
_WITH: Final = frozenset({"expressions", "recursive"})
_CTE: Final = frozenset({"this", "alias", "materialized"})
_VALUES: Final = frozenset({"expressions", "alias", "order", "limit", "offset"})


def nullable_columns(
    text: str, dialect: Dialect, tables: Tables, given: Mapping[str, str] | None = None
) -> tuple[MayBeNull, ...] | None:
    """Return whether each result column may be NULL: False for never, True for yes, None if unknown.

    `given` are the types of the parameters that are never None, as PostgreSQL is sent them.
    Returns None if the statement returns no rows, or if it is not understood.
    """
    binding = bind(text, dialect, tables)
    if binding is None:
        return None
    try:
        return tuple(output.may_be_null for output in outputs_of(binding.tree, NullScope(binding, given=given or {})))
    except (NotUnderstood, RecursionError):
        return None


def outputs_of(statement: exp.Expr, scope: NullScope) -> tuple[ValueFacts, ...]:
    """Return the facts about each column of a query, or of RETURNING.

    `scope` must be a new scope for this statement. Raises `NotUnderstood` if a clause is not supported.
    """
    _read_with(statement, scope)
    match statement:
        case exp.Select():
            return _select(statement, scope)
        case exp.SetOperation():
            return _set_operation(statement, scope)
        case exp.Subquery():
            expect(statement, _SUBQUERY)
            return outputs_of(statement.this, scope.inside())
        case exp.Values():
            return _values(statement, scope)
        case exp.Insert() | exp.Update() | exp.Delete() | exp.Merge() if statement.args.get("returning"):
            return _returning(statement, scope)
    raise NotUnderstood


def _select(select: exp.Select, scope: NullScope) -> tuple[ValueFacts, ...]:
    expect(select, _SELECT)
    read_from(select, scope, outputs_of)
    group = select.args.get("group")
    having = select.args.get("having")
    counted = list(counted_by(having.this, scope.binding)) if having is not None else []
    scope.counted += counted
    is_plain = group is not None and set_keys(group) == {"expressions"} and not group.find(*_GROUPING_SETS)
    scope.has_groups = is_plain if group is not None else bool(counted)
    # Grouping sets set the columns of the other sets to NULL. Without GROUP BY, SQLite returns one row even if there
    # are no rows to aggregate.
    scope.columns_may_vanish = not scope.has_groups and (bool(group) or may_be_one_row(select, scope.binding))
    if where := select.args.get("where"):
        prove(where.this, scope)
    if having is not None:
        scope.aggregates += aggregates_of(having.this, scope)
        if scope.has_groups:
            prove(having.this, scope)
    scope.visited[id(select)] = scope
    outputs = _projected(select, scope)
    return _with_grouping_sets(select, outputs) if group and not scope.has_groups else outputs


def _with_grouping_sets(select: exp.Select, outputs: tuple[ValueFacts, ...]) -> tuple[ValueFacts, ...]:
    """Return the facts after GROUPING SETS, which return NULL for an expression that is not in the current set.

    This applies to whole expressions. A plain count() is never NULL.
    """
    if len(outputs) != len(select.expressions):
        raise NotUnderstood
    return tuple(
        output if isinstance(value.unalias(), exp.Count) else replace(output, may_be_null=output.may_be_null or None)
        for value, output in zip(select.expressions, outputs, strict=True)
    )


def _projected(query: exp.Expr, scope: NullScope) -> tuple[ValueFacts, ...]:
    """Return the facts about each item of the target list, or of RETURNING, after expanding `*`."""
    outputs = scope.binding.outputs(query)
    if outputs is None:
        raise NotUnderstood
    return tuple(_projection(output.value, scope) for output in outputs)


def _projection(value: exp.Expr | None, scope: NullScope) -> ValueFacts:
    if value is None or (isinstance(value, exp.Dot) and value.find(exp.Star)):  # `(composite).*`
        raise NotUnderstood
    answer = may_be_null(value, scope, _is_one_certain_value)
    bare = value.unalias().unnest()
    stored = isinstance(bare, exp.Column) and scope.resolve(bare).stored
    return ValueFacts(answer, class_of(value, scope), stored, _bits(value, scope), _storage(value, scope))


def _bits(value: exp.Expr, scope: NullScope) -> int | None:
    return bits_of(value, scope) if scope.dialect == "sqlite" else None


def _storage(value: exp.Expr, scope: NullScope) -> str:
    return storage_of(value, scope) if scope.dialect == "sqlite" else ""


def _set_operation(operation: exp.SetOperation, scope: NullScope) -> tuple[ValueFacts, ...]:
    """Return the facts about the columns of a set operation: a column may be NULL if it may be NULL in either arm.

    A row of INTERSECT is in both arms, so its column is never NULL if it is never NULL in one of them. A row of EXCEPT
    is in the first arm. If the operators are mixed, only the first rule applies, so that precedence does not matter.
    """
    expect(operation, _SET_OPERATION)
    left, right = (outputs_of(arm, scope.inside()) for arm in (operation.this, operation.expression))
    if len(left) != len(right):
        raise NotUnderstood
    arms = [*zip(left, right, strict=True)]
    nulls: list[MayBeNull] = [None] * len(arms)
    if isinstance(operation, exp.Intersect) and not _is_mixed(operation):
        nulls = [False if False in (one.may_be_null, other.may_be_null) else None for one, other in arms]
    elif isinstance(operation, exp.Except) and not _is_mixed(operation):
        nulls = [one.may_be_null for one in left]
    merged = [_merged(one, other) for one, other in arms]
    return tuple(
        each if null is None else replace(each, may_be_null=null) for each, null in zip(merged, nulls, strict=True)
    )


def _is_mixed(operation: exp.SetOperation) -> bool:
    """Return whether another operator stands next to this one, without parentheses."""
    around = (operation.parent, operation.this, operation.expression)
    return any(isinstance(each, exp.SetOperation) and type(each) is not type(operation) for each in around)


def _merged(one: ValueFacts, other: ValueFacts) -> ValueFacts:
    """Return the facts about a column whose values come from either of two queries."""
    return ValueFacts(
        worst_of([one.may_be_null, other.may_be_null]),
        one.type_class if one.type_class == other.type_class else None,
        one.stored and other.stored,
        None if one.bits is None or other.bits is None else max(one.bits, other.bits),
        one.storage if one.storage == other.storage else "",
    )


def _values(values: exp.Values, scope: NullScope) -> tuple[ValueFacts, ...]:
    expect(values, _VALUES)
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in values.expressions]
    if len({len(row) for row in rows}) != 1:
        raise NotUnderstood
    return tuple(
        ValueFacts(worst_of(may_be_null(value, scope, _is_one_certain_value) for value in column))
        for column in zip(*rows, strict=True)
    )


def _returning(statement: exp.Expr, scope: NullScope) -> tuple[ValueFacts, ...]:
    """Return the facts about the columns of RETURNING.

    On PostgreSQL, RETURNING also sees the other sources of an UPDATE, DELETE or MERGE.
    """
    read_changed(statement, scope, Asked(outputs_of, ask))
    return _projected(statement, scope)


def ask(value: exp.Expr, scope: NullScope) -> MayBeNull:
    """Return whether a value may be NULL: False for never, True for yes, None if unknown."""
    return may_be_null(value, scope, _is_one_certain_value)


def _is_one_certain_value(subquery: exp.Subquery, scope: NullScope) -> bool:
    """Return whether a scalar subquery always has a row, and its value is never NULL.

    A scalar subquery without rows is NULL. An aggregate query without GROUP BY and a query without FROM have a row.
    """
    query: exp.Expr = subquery
    while isinstance(query, exp.Subquery):
        if set_keys(query) != {"this"}:
            return False
        query = query.this
    if not isinstance(query, exp.Select) or set_keys(query) & {"group", "having", "limit", "offset"}:
        return False
    try:
        outputs = outputs_of(query, scope.inside())
    except NotUnderstood:
        return False
    if len(outputs) != 1 or outputs[0].may_be_null is not False:
        return False
    (value,) = query.expressions
    calls = (call for call in aggregates_in(value, scope.dialect) if call.parent_select is query)
    has_row = set_keys(query) == {"expressions"} or any(
        is_aggregate(call, scope.dialect) and is_of(call, query, scope.binding) for call in calls
    )
    return has_row and gives_one_row(value, scope.dialect)


def _read_with(statement: exp.Expr, scope: NullScope) -> None:
    with_ = statement.args.get("with_")
    if with_ is None:
        return
    expect(with_, _WITH)
    for cte in with_.expressions:
        expect(cte, _CTE)
        scope.queries[id(cte)] = _cte_columns(cte, scope)


def _cte_columns(cte: exp.CTE, scope: NullScope) -> KnownColumns:
    """Return the facts about the columns of a query of WITH; None if they are not known.

    For a recursive query, start with the assumption that no column is nullable, and weaken it until the query confirms
    it.
    """
    if not any(cte_of(table, scope.dialect) is cte for table in cte.this.find_all(exp.Table)):
        return _columns_or_none(cte.this, scope)
    found = _columns_or_none(cte.this.this if isinstance(cte.this, exp.SetOperation) else cte.this, scope)
    if found is None:
        return None
    # The non-recursive query determines the types. `bits` stays unknown, because numbers may grow with each row.
    assumed = tuple(ValueFacts(False, column.type_class) for column in found)
    while True:
        scope.queries[id(cte)] = assumed
        found = _columns_or_none(cte.this, scope)
        if found is None or len(found) != len(assumed):
            return None
        weaker = tuple(
            replace(old, may_be_null=old.may_be_null if new.may_be_null is False else new.may_be_null)
            for old, new in zip(assumed, found, strict=True)
        )
        if weaker == assumed:
            return assumed
        assumed = weaker


def _columns_or_none(query: exp.Expr, scope: NullScope) -> KnownColumns:
    """Return the columns of a query of WITH; None if it is not understood."""
    try:
        return outputs_of(query, scope.inside())
    except NotUnderstood:
        return None
