"""Find an OR whose arms may find one row each: `id = :id OR email = :email`, where both columns are keys.

`one_row` treats such a statement as finding at most one row. Arms that may exclude each other are not reported. These
are arms with conditions other than equations, and arms that compare the same parameter.
"""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.one_row import unkeyed, unkeyed_tree
from hangar_dal.check.sql.parse import conjuncts, copied_with, disjuncts, nodes_of, of_type, parameter_name
from hangar_dal.sqlscan import Dialect


def either_rows(text: str, dialect: Dialect, tables: Tables) -> tuple[tuple[str, ...], ...]:
    """Return the parameters of each arm if the arms may find two rows; () if they cannot.

    Also returns () if the statement may find several rows for another reason.
    """
    nodes = nodes_of(text, dialect)
    conditions = [
        list(conjuncts(each.args.get("where"))) for each in of_type(nodes, exp.Select, exp.Update, exp.Delete)
    ]
    for held in conditions:
        for test in held:
            others = {name for each in held if each is not test for name in _names(each)}
            arms = [names for names in _given(test.unnest()) if not names & others]
            different = set(map(frozenset, arms))  # several arms may compare the same parameters
            apart = [arm for arm in arms if any(arm - other and other - arm for other in different)]
            if apart and not unkeyed(text, dialect, tables):
                anything = copied_with(nodes[0], test, exp.true())
                return tuple(tuple(sorted(arm)) for arm in apart) if unkeyed_tree(anything, dialect, tables) else ()
    return ()


def _given(either: exp.Expr) -> Iterator[set[str]]:
    """Yield the parameters of each arm that consists of equations of columns only."""
    for arm in disjuncts(either):
        held = [test.unnest() for test in conjuncts(arm)]
        if all(_is_equation(test) for test in held):
            yield {name for test in held for name in _names(test)}


def _is_equation(test: exp.Expr) -> bool:
    sides: Sequence[exp.Expr] = [test.this.unnest(), test.expression.unnest()] if isinstance(test, exp.EQ) else []
    return {type(side) for side in sides} in ({exp.Column, exp.Placeholder}, {exp.Column, exp.Literal})


def _names(test: exp.Expr) -> set[str]:
    return {parameter_name(each) for each in test.find_all(exp.Placeholder)}
