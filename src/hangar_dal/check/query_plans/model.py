"""Query plans in the same form for both databases: the steps, the indexes used, and the tables read as a whole.

A table is read whole unless an index finds the rows by its first column, or the reading stops before its end. `sqlite`
and `postgresql` make plans.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from hangar_dal.check.model import Tables
from hangar_dal.check.query_plans.index_advice import Keys, missing_indexes, optional_parameter
from hangar_dal.check.statement_info import Scan, SentAs
from hangar_dal.sqlblock import Variant

Indexed: TypeAlias = Mapping[str, tuple[Keys, ...]]  # the columns of all indexes, by table


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a plan. `text` is the database's description. A deeper step passes its rows to the step above it."""

    text: str
    depth: int
    table: str | None = None
    index: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The plan of a statement. `steps` are in the order in which the database shows them."""

    steps: tuple[Step, ...]

    @property
    def indexes(self) -> tuple[str, ...]:
        """The name of each index that is used, in the order of the steps."""
        return tuple(dict.fromkeys(step.index for step in self.steps if step.index))

    @property
    def whole(self) -> tuple[str, ...]:
        """The name of each table that is read as a whole."""
        return tuple(dict.fromkeys(step.table for step in self.steps if step.table and step.whole))


class Planner(Protocol):
    """Asks one database for plans. The tables of the database appear large to its planner."""

    def explain(self, variant: Variant, sent: Sequence[SentAs] = (), *, by_index: bool = False) -> QueryPlan | None:
        """Return the plan of the statement; None if the database refuses it. `describe` returns the reason.

        With `by_index`, the planner uses indexes wherever it can.
        """
        ...


def scans_of(
    planner: Planner, variant: Variant, tables: Tables, indexed: Indexed, sent: Sequence[SentAs] = ()
) -> tuple[Scan, ...]:
    """Return the tables that the statement reads as a whole because no index can serve it.

    If an index can serve and the planner does not use it, many rows match. That depends on the values in the table.
    """
    by_index = planner.explain(variant, sent, by_index=True)
    if by_index is None or not by_index.whole:
        return ()
    plan = planner.explain(variant, sent)
    whole = [table for table in by_index.whole if plan is None or table in plan.whole]
    asked = variant.text, variant.dialect
    return tuple(
        Scan(
            table,
            missing_indexes(*asked, table, tables, indexed.get(table, ())),
            optional_parameter(*asked, table, tables),
        )
        for table in whole
    )
