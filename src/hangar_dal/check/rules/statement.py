"""Compare one statement, as a database describes it, with its function."""

from collections.abc import Iterator
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.composites import compare_composites
from hangar_dal.check.rules.instant_form import compare_instant_forms
from hangar_dal.check.rules.json_built import compare_built_json
from hangar_dal.check.rules.json_fields import compare_json
from hangar_dal.check.rules.json_parameters import compare_json_parameters
from hangar_dal.check.rules.json_types import compare_json_kinds
from hangar_dal.check.rules.meanings import compare_meanings
from hangar_dal.check.rules.parameters import STATEMENT_REFUSED, compare_parameters
from hangar_dal.check.rules.results import compare_results
from hangar_dal.check.rules.row_order import compare_order
from hangar_dal.check.rules.writes import compare_writes
from hangar_dal.check.sql.ranges import is_range
from hangar_dal.check.statement_info import Notice, StatementInfo
from hangar_dal.check.statements.locations import depends_on_arguments, finding_at, place_of
from hangar_dal.check.statements.sending import sent, sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import open_type
from hangar_dal.rules import Finding

_OF_BOTH: Final = ("collation-differs", "nulls-unplaced")  # the module of the first one imports the parser


def compare(
    checked: CheckedVariant, info: StatementInfo, tables: Tables, *, twin: Tables | None = None
) -> Iterator[Finding]:
    """Yield all findings about one statement.

    `twin` are the tables of the other database: PostgreSQL has types that SQLite lacks.
    """
    if info.refusal is not None:
        message = f"{checked.block.dialect} refuses the statement: {info.refusal.reason}"
        fix = _with_a_type(checked, info.refusal.untyped) or "change it as the database says"
        yield finding_at(checked, STATEMENT_REFUSED, message, fix, at=info.refusal.offset)
        return
    yield from compare_parameters(checked, info, tables, twin)
    yield from compare_results(checked, info, tables, twin)
    yield from compare_composites(checked, tables)
    yield from compare_json(checked, info, tables)
    yield from compare_json_kinds(checked, tables)
    yield from compare_built_json(checked, info, tables, twin)
    yield from compare_json_parameters(checked)
    yield from compare_instant_forms(checked)
    yield from compare_writes(checked, info, tables, twin)
    yield from compare_order(checked, info)
    for notice in info.notices:
        is_dropped = notice.always and depends_on_arguments(checked, notice.at)
        is_dropped |= notice.rule in _OF_BOTH and checked.block.is_alone
        if not is_dropped and not (notice.column and is_range(checked.block.all_lines.tokens, notice.column)):
            yield _noticed(checked, notice)
    yield from compare_meanings(checked, info, twin)


def _noticed(checked: CheckedVariant, notice: Notice) -> Finding:
    """Convert a notice to a finding of severity "error", which all rules of notices have.

    A notice of a snapshot holds only the id of its rule. The module that defines the rule imports the parser.
    """
    path, place, dialect = checked.block.path, place_of(checked, notice.at), checked.block.dialect
    return Finding(path, *place, dialect, checked.query.name, notice.rule, "error", notice.message, notice.fix)


def _with_a_type(checked: CheckedVariant, name: str) -> str:
    """Return the fix for a parameter whose type PostgreSQL cannot infer; "" if no parameter is named."""
    type_ = next((each.type for each in sent(checked) if each.name == name), "")
    source = sources(checked).get(name)
    type_ = type_ or (open_type(source.kind) if source is not None else "text")
    return f"write CAST(:{name} AS {type_}), so that it has a type" if name else ""
