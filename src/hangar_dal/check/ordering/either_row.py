"""Find an OR or UNION whose arms may find one row each: `id = :id OR email = :email`, where both columns are keys.

`one_row` treats such a statement as finding at most one row. Arms that may exclude each other are not reported. These
are arms with conditions other than equations, and arms that compare the same parameter.
"""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.equations import is_equation, names_in
from hangar_dal.check.ordering.one_row import unkeyed, unkeyed_tree
from hangar_dal.check.ordering.union_arms import arms_of_union, equations_of
from hangar_dal.check.sql.parse import conjuncts, copied_with, disjuncts, nodes_of, of_type
from hangar_dal.sqlscan import Dialect


def either_rows(text: str, dialect: Dialect, tables: Tables) -> tuple[tuple[str, ...], ...]:
    """Return the parameters of each arm if the arms may find two rows; () if they cannot.

    Also returns () if the statement may find several rows for another reason.
    """
    nodes = nodes_of(text, dialect)
    if nodes and isinstance(nodes[0], exp.Union):
        found = [equations_of(arm, dialect) for arm in arms_of_union(nodes[0])]
        return _apart([arm for arm in found if arm]) if not unkeyed(text, dialect, tables) else ()
    conditions = [
        list(conjuncts(each.args.get("where"))) for each in of_type(nodes, exp.Select, exp.Update, exp.Delete)
    ]
    for held in conditions:
        for test in held:
            others = {name for each in held if each is not test for name in names_in(each)}
            arms = [names for names in _given(test.unnest()) if not names & others]
            apart = _apart(arms)
            if apart and not unkeyed(text, dialect, tables):
                anything = copied_with(nodes[0], test, exp.true())
                return apart if unkeyed_tree(anything, dialect, tables) else ()
    return ()


def _apart(arms: Sequence[set[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the parameters of the arms that each have a parameter which another arm lacks, and the reverse."""
    different = set(map(frozenset, arms))  # several arms may compare the same parameters
    return tuple(tuple(sorted(arm)) for arm in arms if any(arm - other and other - arm for other in different))


def _given(either: exp.Expr) -> Iterator[set[str]]:
    """Yield the parameters of each arm that consists of equations of columns only."""
    for arm in disjuncts(either):
        held = [test.unnest() for test in conjuncts(arm)]
        if all(is_equation(test) for test in held):
            yield {name for test in held for name in names_in(test)}
