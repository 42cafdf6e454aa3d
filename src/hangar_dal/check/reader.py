"""Parse a statement with sqlglot and collect everything that its text says.

The rest of the check works without the parser.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hangar_dal.check.meanings.collect import decimals, differences
from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.columns import nullable_columns
from hangar_dal.check.ordering.either_row import either_rows
from hangar_dal.check.ordering.nulls import unplaced_nulls
from hangar_dal.check.ordering.one_row import null_rows, unkeyed
from hangar_dal.check.ordering.ties import ties
from hangar_dal.check.rules.ambiguous_updates import ambiguous_updates
from hangar_dal.check.rules.any_rows import any_rows, tied_rows
from hangar_dal.check.rules.collations import collations
from hangar_dal.check.rules.constant_conditions import constant_conditions
from hangar_dal.check.rules.deferrable_keys import deferrable_keys
from hangar_dal.check.rules.keysets import keysets
from hangar_dal.check.rules.later_values import later_values
from hangar_dal.check.rules.like_patterns import like_patterns
from hangar_dal.check.rules.not_in import not_in
from hangar_dal.check.rules.null_places import null_places
from hangar_dal.check.rules.null_writes import null_writes
from hangar_dal.check.rules.outer_joins import outer_joins
from hangar_dal.check.rules.page_columns import page_columns
from hangar_dal.check.rules.page_cuts import page_cuts
from hangar_dal.check.rules.remarks import Finder, notices
from hangar_dal.check.rules.swapped import swapped
from hangar_dal.check.rules.ungrouped_columns import ungrouped_columns
from hangar_dal.check.rules.window_orders import window_orders
from hangar_dal.check.sql.built_json import built_json
from hangar_dal.check.sql.column_uses import column_uses, compared_nulls
from hangar_dal.check.sql.inserts import missing_columns
from hangar_dal.check.sql.kept_values import kept_values
from hangar_dal.check.sql.literal_results import literal_results
from hangar_dal.check.sql.parse import parsed
from hangar_dal.check.sql.patches import patches
from hangar_dal.check.sql.set_operations import mixed_columns
from hangar_dal.check.statement_info import ResultColumn, SentAs, StatementInfo
from hangar_dal.database.kinds import postgresql_kind
from hangar_dal.sqlscan import Dialect

_FINDERS: Final[tuple[Finder, ...]] = (
    ambiguous_updates,
    any_rows,
    collations,
    constant_conditions,
    deferrable_keys,
    keysets,
    later_values,
    like_patterns,
    not_in,
    null_places,
    outer_joins,
    page_columns,
    page_cuts,
    swapped,
    tied_rows,
    ungrouped_columns,
    window_orders,
)


def read(
    text: str, dialect: Dialect, tables: Tables, info: StatementInfo, sent: Sequence[SentAs] = ()
) -> StatementInfo:
    """Return `info` with what the text of the statement says; unchanged if the database refuses the statement.

    If the parser finds another number of columns than the database, it has misread the statement. Then `nulls` is None.
    """
    if info.refusal:
        return info
    given = {each.name: "anyarray" if each.items_may_be_none else each.type for each in sent if not each.may_be_none}
    nulls = nullable_columns(text, dialect, tables, given)
    typed = {each.name: postgresql_kind(each.type) for each in sent if each.type and dialect == "postgresql"}
    of_parameters, of_columns = decimals(text, dialect, tables, {**info.parameters, **typed})
    mixed = mixed_columns(text, dialect, tables) if dialect == "sqlite" else ()
    return replace(
        info,
        columns=tuple(ResultColumn(each.name, None) if at in mixed else each for at, each in enumerate(info.columns)),
        unread=parsed(text, dialect) is None,
        nulls=nulls if nulls is not None and len(nulls) == len(info.columns) else None,
        column_uses=tuple(dict.fromkeys(column_uses(text, dialect, tables))),
        missing_columns=tuple(missing_columns(text, dialect, tables)),
        ties=ties(text, dialect, tables),
        literal_results=literal_results(text, dialect),
        kept_values=dict(kept_values(text, dialect, tables)),
        patches=tuple(patches(text, dialect)),
        compared_nulls=compared_nulls(text, dialect),
        unplaced_nulls=unplaced_nulls(text, dialect, tables, given),
        notices=(*notices(text, dialect, tables, _FINDERS), *null_writes(text, dialect, tables, sent)),
        unkeyed=unkeyed(text, dialect, tables),
        null_rows=dict(null_rows(text, dialect, tables)),
        either_rows=either_rows(text, dialect, tables),
        differences=tuple(differences(text, dialect, tables, {**info.parameters, **typed})),
        built=built_json(text, dialect, tables),
        scales=of_parameters,
        result_scales=of_columns if len(of_columns) == len(info.columns) else (),
    )
