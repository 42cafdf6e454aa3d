"""Parse a statement with sqlglot and collect everything that its text says.

The rest of the check works without the parser.
"""

from collections.abc import Sequence
from typing import Final

from hangar_dal.check.meanings.collect import differences
from hangar_dal.check.model import Described, SentAs, Tables
from hangar_dal.check.nullability.columns import nullable_columns
from hangar_dal.check.ordering.either_row import either_rows
from hangar_dal.check.ordering.nulls import unplaced_nulls
from hangar_dal.check.ordering.one_row import unkeyed
from hangar_dal.check.ordering.ties import ties
from hangar_dal.check.reading import Reading
from hangar_dal.check.rules.ambiguous_updates import ambiguous_updates
from hangar_dal.check.rules.any_rows import any_rows
from hangar_dal.check.rules.collations import collations
from hangar_dal.check.rules.constant_conditions import constant_conditions
from hangar_dal.check.rules.keysets import keysets
from hangar_dal.check.rules.not_in import not_in
from hangar_dal.check.rules.outer_joins import outer_joins
from hangar_dal.check.rules.page_columns import page_columns
from hangar_dal.check.rules.page_cuts import page_cuts
from hangar_dal.check.rules.remarks import Finder, notices
from hangar_dal.check.rules.swapped import swapped
from hangar_dal.check.rules.window_orders import window_orders
from hangar_dal.check.sql.column_uses import compared_nulls, meetings
from hangar_dal.check.sql.inserts import left_out
from hangar_dal.check.sql.literal_results import given_texts
from hangar_dal.check.sql.patches import patches
from hangar_dal.check.storage_types import postgresql_kind
from hangar_dal.sqlscan import Dialect

_FINDERS: Final[tuple[Finder, ...]] = (
    ambiguous_updates,
    any_rows,
    collations,
    constant_conditions,
    keysets,
    not_in,
    outer_joins,
    page_columns,
    page_cuts,
    swapped,
    window_orders,
)


def read(text: str, dialect: Dialect, tables: Tables, described: Described, sent: Sequence[SentAs] = ()) -> Reading:
    """Return what the text of a statement says; an empty `Reading` if the database refuses the statement.

    If the parser finds another number of columns than the database, it has misread the statement. Then `nulls` is None.
    """
    if described.refusal:
        return Reading()
    nulls = nullable_columns(text, dialect, tables)
    parameters = {**described.parameters, **{each.name: postgresql_kind(each.type) for each in sent if each.type}}
    return Reading(
        nulls if nulls is not None and len(nulls) == len(described.columns) else None,
        tuple(dict.fromkeys(meetings(text, dialect, tables))),
        tuple(left_out(text, dialect, tables)),
        ties(text, dialect, tables),
        given_texts(text, dialect),
        tuple(patches(text, dialect)),
        compared_nulls(text, dialect),
        unplaced_nulls(text, dialect, tables),
        notices(text, dialect, tables, _FINDERS),
        unkeyed(text, dialect, tables),
        either_rows(text, dialect, tables),
        tuple(differences(text, dialect, tables, parameters)),
    )
