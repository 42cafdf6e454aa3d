"""Read the values that a PATCH writes, and the flags on which they depend."""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.sql.parse import nodes_of, of_type, parameter_name
from hangar_dal.check.statement_info import Patch
from hangar_dal.sqlscan import Dialect


def patches(text: str, dialect: Dialect) -> Iterator[Patch]:
    """Yield a `Patch` for each `column = CASE WHEN :flag THEN ... ELSE ... END` of an UPDATE."""
    for update in of_type(nodes_of(text, dialect), exp.Update):
        for pair in update.expressions:
            case = pair.expression.unnest() if isinstance(pair, exp.EQ) else None
            if isinstance(case, exp.Case) and case.this is None and isinstance(pair.this, exp.Column):
                yield from _guarded(pair.this.name, case)


def _guarded(column: str, case: exp.Case) -> Iterator[Patch]:
    default = case.args.get("default")
    kept = default.name if isinstance(default, exp.Column) else ""
    for branch in case.args["ifs"]:
        if isinstance(branch.this, exp.Placeholder):
            values = tuple(parameter_name(each) for each in branch.args["true"].find_all(exp.Placeholder))
            yield Patch(column, parameter_name(branch.this), values, kept)
