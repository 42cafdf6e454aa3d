"""Determine whether the arms of a UNION give a row each, although each of them finds at most one row.

Arms that may exclude each other are not reported. These are arms with conditions other than equations, arms that
compare parameters and read different tables, and arms that read a query of WITH.
"""

from collections.abc import Sequence
from itertools import combinations

from sqlglot import exp

from hangar_dal.check.ordering.equations import is_equation, names_in
from hangar_dal.check.sql.functions import is_aggregate
from hangar_dal.check.sql.parse import conjuncts
from hangar_dal.check.sql.visible import cte_of
from hangar_dal.sqlscan import Dialect


def arms_of_union(union: exp.Expr) -> list[exp.Expr]:
    """Return the arms of a UNION and of the UNIONs in it; the node itself if it is another query."""
    node = union.unnest()
    if not isinstance(node, exp.Union) or node.args.get("limit") is not None:
        return [node]
    return [*arms_of_union(node.this), *arms_of_union(node.expression)]


def give_a_row_each(union: exp.Union, dialect: Dialect) -> bool:
    """Return whether two arms give one row each, whatever the arguments are."""
    for one, other in combinations(arms_of_union(union), 2):
        certain = [_is_constant(arm) for arm in (one, other)]
        equations = [equations_of(arm, dialect) for arm in (one, other)]
        if all(certain):
            if not union.args.get("distinct") or _are_different_literals(one, other):
                return True
        elif any(certain):
            if any(each is not None for each in equations):
                return True
        elif None not in equations:
            find_literals = equations == [set(), set()] and one != other
            if find_literals or _read_the_same_row(one, other, is_distinct=bool(union.args.get("distinct"))):
                return True
    return False


def equations_of(arm: exp.Expr, dialect: Dialect) -> set[str] | None:
    """Return the parameters in the WHERE of an arm that reads one table by equations only; None for other arms."""
    from_ = arm.args.get("from_") if isinstance(arm, exp.Select) else None
    held = [test.unnest() for test in conjuncts(arm.args.get("where"))]
    if from_ is None or not held or not all(is_equation(test) for test in held):
        return None
    if any(arm.args.get(clause) for clause in ("joins", "laterals", "group", "having", "limit", "offset")):
        return None
    table = from_.this
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier) or cte_of(table, dialect):
        return None
    return {name for test in held for name in names_in(test)}


def _read_the_same_row(one: exp.Expr, other: exp.Expr, *, is_distinct: bool) -> bool:
    """Return whether two arms of equations may find a row each in one table, and no UNION makes these rows equal.

    Arms that compare a column with different literals exclude each other.
    """
    tables = [arm.args["from_"].this.this for arm in (one, other)]
    if tables[0] != tables[1] or (is_distinct and one == other):
        return False
    fixed = [_literals_of(arm) for arm in (one, other)]
    return all(fixed[1].get(name, value) == value for name, value in fixed[0].items())


def _literals_of(arm: exp.Expr) -> dict[str, exp.Expr]:
    """Return the literals that the WHERE of an arm compares its columns with."""
    found: dict[str, exp.Expr] = {}
    for test in conjuncts(arm.args.get("where")):
        one, other = test.unnest().this.unnest(), test.unnest().expression.unnest()
        column, literal = (one, other) if isinstance(one, exp.Column) else (other, one)
        if isinstance(literal, exp.Literal):
            found[column.name.lower()] = literal
    return found


def _is_constant(arm: exp.Expr) -> bool:
    """Return whether the arm always gives a row: it reads no table, or it is an aggregate without GROUP BY."""
    if not isinstance(arm, exp.Select) or any(arm.args.get(clause) for clause in ("group", "having", "offset")):
        return False
    if arm.args.get("from_") is None:
        return arm.args.get("where") is None
    return _are_aggregates(arm.expressions)


def _are_aggregates(values: Sequence[exp.Expr]) -> bool:
    return any(is_aggregate(value) is True for value in values)


def _are_different_literals(one: exp.Expr, other: exp.Expr) -> bool:
    given = [[value.unalias() for value in arm.selects] for arm in (one, other) if isinstance(arm, exp.Query)]
    return all(isinstance(value, exp.Literal) for values in given for value in values) and given[0] != given[-1]
