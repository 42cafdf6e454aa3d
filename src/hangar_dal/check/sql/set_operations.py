"""Find the columns of a set operation whose queries select columns of different kinds.

SQLite reports the declared type of the first query only. PostgreSQL converts the values to one type.
"""

from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import Binding, Output, bind
from hangar_dal.check.sql.parse import arms_of
from hangar_dal.sqlscan import Dialect

_NUMBERS: Final[frozenset[str | None]] = frozenset({"int", "integer", "real", "float"})


def mixed_columns(text: str, dialect: Dialect, tables: Tables) -> frozenset[int]:
    """Return the positions of the columns whose queries select numbers of two kinds, or values of an unknown kind.

    For a text beside a number, the type of the first query is right for its own rows.
    """
    binding = bind(text, dialect, tables)
    if binding is None or not isinstance(binding.tree, exp.SetOperation):
        return frozenset()
    arms = [binding.outputs(arm) for arm in arms_of(binding.tree)]
    first = arms[0] or ()
    kinds = [
        {_kind(arm[place], binding) if arm is not None and place < len(arm) else None for arm in arms}
        for place in range(len(first))
    ]
    return frozenset(at for at, each in enumerate(kinds) if len(each) > 1 and (None in each or each <= _NUMBERS))


def _kind(output: Output, binding: Binding) -> str | None:
    if output.origin is None:
        return None
    table, column = output.origin
    return binding.tables.columns[table][column].kind
