"""Parse a statement with sqlglot and collect everything that its text says.

Builds on `meetings`, `inserts`, `orders`, `nullability` and the modules of single rules. The rest of the check works
without the parser.
"""

from collections.abc import Sequence
from typing import Final

from hangar_dal.contract.ambiguous_updates import ambiguous_updates
from hangar_dal.contract.any_rows import any_rows
from hangar_dal.contract.collations import collations
from hangar_dal.contract.constant_conditions import constant_conditions
from hangar_dal.contract.either_row import either_rows
from hangar_dal.contract.inserts import left_out
from hangar_dal.contract.keysets import keysets
from hangar_dal.contract.literal_results import given_texts
from hangar_dal.contract.meanings import differences
from hangar_dal.contract.meetings import compared_nulls, meetings
from hangar_dal.contract.model import Described, SentAs, Tables
from hangar_dal.contract.not_in import not_in
from hangar_dal.contract.null_order import unplaced_nulls
from hangar_dal.contract.nullability import nullable_columns
from hangar_dal.contract.one_row import unkeyed
from hangar_dal.contract.orders import ties
from hangar_dal.contract.outer_joins import outer_joins
from hangar_dal.contract.page_columns import page_columns
from hangar_dal.contract.page_cuts import page_cuts
from hangar_dal.contract.patches import patches
from hangar_dal.contract.reading import Reading
from hangar_dal.contract.remarks import Finder, notices
from hangar_dal.contract.storage_types import postgresql_kind
from hangar_dal.contract.swapped import swapped
from hangar_dal.contract.window_orders import window_orders
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
