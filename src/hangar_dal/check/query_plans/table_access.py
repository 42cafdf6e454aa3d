"""Determine from the text of a statement how it reads each of its tables."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import bind
from hangar_dal.check.sql.parse import below, conjuncts, of_type
from hangar_dal.sqlscan import Dialect

_EQUAL = (exp.EQ, exp.NullSafeEQ, exp.Is, exp.In)


@dataclass(frozen=True, slots=True)
class TableRead:
    """A table under the name that the statement gives it.

    `ends`: a LIMIT, or an EXISTS around it, takes no more rows than it needs. `picks`: only rows with a value that
    the caller names are taken, of which there may be few or none, so that a LIMIT may still go through all.
    """

    table: str
    ends: bool
    picks: bool


@lru_cache(maxsize=4096)
def reads(text: str, dialect: Dialect) -> dict[str, tuple[TableRead, ...]]:
    """Return the reads of each table by its alias or name in lower case; {} if the statement is not understood."""
    found: defaultdict[str, list[TableRead]] = defaultdict(list)
    binding = bind(text, dialect, Tables({}))
    if binding is None:
        return {}
    for scope in of_type(binding.nodes, exp.Select, exp.Update, exp.Delete):
        sources = binding.sources(scope)
        for source in sources:
            if source.query is None and isinstance(source.node.this, exp.Identifier) and source.alias is not None:
                picks = _picks(scope, source.alias, alone=len(sources) == 1)
                found[source.alias.lower()].append(TableRead(source.node.name.lower(), _ends(scope), picks))
    return {name: tuple(of_name) for name, of_name in found.items()}


def stops_early(of_name: tuple[TableRead, ...]) -> bool:
    """Return whether each of these reads may stop before the end of the table."""
    return bool(of_name) and all(read.ends and not read.picks for read in of_name)


def _ends(scope: exp.Expr) -> bool:
    if isinstance(scope, exp.Select) and not scope.args.get("group") and _aggregates(scope):
        return False
    at: exp.Expr | None = scope
    while at is not None:
        if at.args.get("limit") is not None or isinstance(at.parent, exp.Exists):
            return True
        at = at.parent if isinstance(at.parent, exp.SetOperation) else None
    return False


def _aggregates(scope: exp.Select) -> bool:
    return any(found.find_ancestor(exp.Select) is scope for found in of_type(below(scope), exp.AggFunc))


def _picks(scope: exp.Expr, name: str, *, alone: bool) -> bool:
    return any(_picks_by(each, name, alone=alone) for each in conjuncts(scope.args.get("where")))


def _picks_by(condition: exp.Expr, name: str, *, alone: bool) -> bool:
    if isinstance(condition, exp.Paren):
        return _picks_by(condition.this, name, alone=alone)
    if isinstance(condition, exp.And):
        return any(_picks_by(each, name, alone=alone) for each in conjuncts(condition))
    if isinstance(condition, exp.Or):
        return all(_picks_by(each, name, alone=alone) for each in (condition.this, condition.expression))
    if not isinstance(condition, _EQUAL) or condition.find(exp.Placeholder) is None:
        return False
    columns = list(condition.find_all(exp.Column))
    return any(column.table.lower() == name.lower() or (alone and not column.table) for column in columns)
