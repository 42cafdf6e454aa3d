"""Which columns of a result are never NULL, read from the statement and the tables alone.

What no rule makes certain counts as: it may be NULL. The plan that a database chooses plays no part, nor do the rows
that happen to be there.
"""

from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.aggregates import aggregates_in, gives_one_row, is_aggregate, is_of, may_be_one_row
from hangar_dal.check.nullability.expressions import may_be_null
from hangar_dal.check.nullability.on_sqlite import bits_of
from hangar_dal.check.nullability.proofs import prove
from hangar_dal.check.nullability.scope import MayBeNull, Relation, Scope, SourceFacts, ValueFacts, worst_of
from hangar_dal.check.nullability.sources import add, expect, read_from, set_keys
from hangar_dal.check.nullability.type_classes import class_of
from hangar_dal.check.sql.bind import bind
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.visible import cte_of, target_of
from hangar_dal.sqlscan import Dialect

# Clauses whose meaning for NULLs is known here. A statement with any other is not understood.
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


def nullable_columns(text: str, dialect: Dialect, tables: Tables) -> tuple[MayBeNull, ...] | None:
    """Of each column of the result: False if it is never NULL, True if it may be, None if that cannot be known.

    None as a whole where nothing comes back, or where the statement is not understood.
    """
    binding = bind(text, dialect, tables)
    if binding is None:
        return None
    try:
        return tuple(output.may_be_null for output in outputs_of(binding.tree, Scope(binding)))
    except (NotUnderstood, RecursionError):
        return None


def outputs_of(statement: exp.Expr, scope: Scope) -> tuple[ValueFacts, ...]:
    """The columns of a query, or of what a statement returns; `scope` is its own, and still empty."""
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
        case exp.Insert() | exp.Update() | exp.Delete() if statement.args.get("returning"):
            return _returning(statement, scope)
    raise NotUnderstood


def _select(select: exp.Select, scope: Scope) -> tuple[ValueFacts, ...]:
    expect(select, _SELECT)
    read_from(select, scope, outputs_of)
    group = select.args.get("group")
    scope.has_groups = group is not None and set_keys(group) == {"expressions"} and not group.find(*_GROUPING_SETS)
    # A grouping set leaves out the columns of the others; without groups SQLite gives one row even for none.
    scope.columns_may_vanish = not scope.has_groups and (bool(group) or may_be_one_row(select, scope.binding))
    if where := select.args.get("where"):
        prove(where.this, scope)
    outputs = _projected(select, scope)
    return _of_grouping_sets(select, outputs) if group and not scope.has_groups else outputs


def _of_grouping_sets(select: exp.Select, outputs: tuple[ValueFacts, ...]) -> tuple[ValueFacts, ...]:
    """A set leaves out the expressions of the others, whole: a mere count is none of them."""
    if len(outputs) != len(select.expressions):
        raise NotUnderstood
    return tuple(
        output if isinstance(value.unalias(), exp.Count) else replace(output, may_be_null=output.may_be_null or None)
        for value, output in zip(select.expressions, outputs, strict=True)
    )


def _projected(query: exp.Expr, scope: Scope) -> tuple[ValueFacts, ...]:
    outputs = scope.binding.outputs(query)
    if outputs is None:
        raise NotUnderstood
    return tuple(_projection(output.value, scope) for output in outputs)


def _projection(value: exp.Expr | None, scope: Scope) -> ValueFacts:
    if value is None or (isinstance(value, exp.Dot) and value.find(exp.Star)):  # `(composite).*`
        raise NotUnderstood
    answer = may_be_null(value, scope, _is_one_certain_value)
    return ValueFacts(answer, class_of(value, scope), bits=_bits(value, scope))


def _bits(value: exp.Expr, scope: Scope) -> int | None:
    return bits_of(value, scope) if scope.dialect == "sqlite" else None


def _set_operation(operation: exp.SetOperation, scope: Scope) -> tuple[ValueFacts, ...]:
    """NULL where an arm may be, whatever the operation: which of several binds more tightly is not asked."""
    expect(operation, _SET_OPERATION)
    left, right = (outputs_of(arm, scope.inside()) for arm in (operation.this, operation.expression))
    if len(left) != len(right):
        raise NotUnderstood
    return tuple(_either(one, other) for one, other in zip(left, right, strict=True))


def _either(one: ValueFacts, other: ValueFacts) -> ValueFacts:
    """A column that two queries fill."""
    bits = None if one.bits is None or other.bits is None else max(one.bits, other.bits)
    worst = worst_of([one.may_be_null, other.may_be_null])
    return ValueFacts(worst, one.type_class if one.type_class == other.type_class else None, bits=bits)


def _values(values: exp.Values, scope: Scope) -> tuple[ValueFacts, ...]:
    expect(values, _VALUES)
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in values.expressions]
    if len({len(row) for row in rows}) != 1:
        raise NotUnderstood
    return tuple(
        ValueFacts(worst_of(may_be_null(value, scope, _is_one_certain_value) for value in column))
        for column in zip(*rows, strict=True)
    )


def _returning(statement: exp.Insert | exp.Update | exp.Delete, scope: Scope) -> tuple[ValueFacts, ...]:
    """Of the rows as they are stored; what an UPDATE or DELETE is joined to can be named too."""
    target = target_of(statement)
    if not isinstance(target, exp.Table) or (
        statement.args.get("tables") if isinstance(statement, exp.Delete) else None
    ):
        raise NotUnderstood
    expect(target, frozenset({"this", "alias", "db", "only"}))
    changed = scope.binding.sources(statement)[0]
    scope.sources.append(SourceFacts(changed, scope.table(changed.table) if changed.table is not None else None))
    if scope.dialect == "postgresql":  # SQLite names the table itself alone
        if from_ := statement.args.get("from_"):
            add(from_.this, statement, scope, outputs_of)
        for used in statement.args.get("using") or ():
            add(used, statement, scope, outputs_of)
    if statement.args["returning"].args.get("into"):
        raise NotUnderstood
    return _projected(statement, scope)


def _is_one_certain_value(subquery: exp.Subquery, scope: Scope) -> bool:
    """An aggregate of a whole table, or constants: without a row to give, a query in parentheses is NULL."""
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
        is_aggregate(call) and is_of(call, query, scope.binding) for call in calls
    )
    return has_row and gives_one_row(value, scope.dialect)


def _read_with(statement: exp.Expr, scope: Scope) -> None:
    with_ = statement.args.get("with_")
    if with_ is None:
        return
    expect(with_, _WITH)
    for cte in with_.expressions:
        expect(cte, _CTE)
        scope.queries[id(cte)] = _steady(cte, scope)


def _steady(cte: exp.CTE, scope: Scope) -> Relation:
    """Of a recursive query what every row has: assumed of the rows before, and found again in those made of them."""
    if not any(cte_of(table, scope.dialect) is cte for table in cte.this.find_all(exp.Table)):
        return _try(cte.this, scope)
    found = _try(cte.this.this if isinstance(cte.this, exp.SetOperation) else cte.this, scope)
    if found is None:
        return None
    # The first query alone gives the columns their types. Numbers may grow from row to row.
    assumed = tuple(ValueFacts(False, column.type_class) for column in found)
    while True:
        scope.queries[id(cte)] = assumed
        found = _try(cte.this, scope)
        if found is None or len(found) != len(assumed):
            return None
        weaker = tuple(
            replace(old, may_be_null=old.may_be_null if new.may_be_null is False else new.may_be_null)
            for old, new in zip(assumed, found, strict=True)
        )
        if weaker == assumed:
            return assumed
        assumed = weaker


def _try(query: exp.Expr, scope: Scope) -> Relation:
    try:
        return outputs_of(query, scope.inside())
    except NotUnderstood:
        return None
