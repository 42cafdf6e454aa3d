"""Reads a statement by sqlglot, all that is asked of its words at once. Stands above `meetings`, `inserts`, `orders`
and `nullability`; nothing else needs the parser.
"""

from hangar_dal.contract.facts import Tables
from hangar_dal.contract.inserts import left_out
from hangar_dal.contract.meetings import meetings
from hangar_dal.contract.nullability import nullable_columns
from hangar_dal.contract.orders import ties
from hangar_dal.contract.reading import Reading
from hangar_dal.sqlscan import Dialect


def read(text: str, dialect: Dialect, tables: Tables) -> Reading:
    """Depends on the text and the tables alone."""
    return Reading(
        nullable_columns(text, dialect, tables),
        tuple(dict.fromkeys(meetings(text, dialect, tables))),
        tuple(left_out(text, dialect, tables)),
        ties(text, dialect, tables),
    )
