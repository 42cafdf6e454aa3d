"""`UPDATE ... FROM` that may find several rows for one row of its table: any of them gives the new values.

Builds on `one_row`. Nothing is reported where this cannot be determined.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.contract.dependencies import closure
from hangar_dal.contract.facts import Tables
from hangar_dal.contract.names import NotUnderstood
from hangar_dal.contract.one_row import found_by, scope_of
from hangar_dal.contract.orders_values import mentioned
from hangar_dal.contract.remarks import Remark
from hangar_dal.contract.syntax import of_type
from hangar_dal.sqlscan import Dialect

RULE: Final = "update-ambiguous"


def ambiguous_updates(nodes: Sequence[exp.Expr], dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    for update in of_type(nodes, exp.Update):
        if update.args.get("from_") is None or (rows := found_by(update)) is None:
            continue
        try:
            yield from _judged(update, rows, dialect, tables)
        except (NotUnderstood, RecursionError):
            continue


def _judged(update: exp.Update, rows: exp.Select, dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    _, scope = scope_of(rows, dialect, tables)
    if scope is None:
        return
    pairs = [each for each in update.expressions if isinstance(each, exp.EQ)]
    given = [(each.expression, mentioned(each.expression, scope)) for each in pairs]
    changed = scope.sources[0]
    known = closure({changed.relation.row}, scope.all_rules(), hopeful=True)
    for value, mention in given:
        unknown = mention.columns - known if mention is not None and mention.is_sure else None
        if not unknown:
            continue
        source = next((each for each in scope.sources if each.relation.row not in known), None)
        if source is not None:
            message = (
                f"a row of {changed.label} may find several rows of {source.label}, and any of them gives the value"
            )
            fix = "compare a unique key, or join a query with GROUP BY or LIMIT 1 that leaves one row"
            yield Remark(RULE, value, message, fix)
            return
