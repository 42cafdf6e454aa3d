"""Names as the databases compare them, and what is not understood of a statement."""

from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

from sqlglot import exp

from hangar_dal.sqlscan import Dialect

# Neither database folds letters beyond ASCII, and PostgreSQL cuts every name to this many bytes.
_FOLDED: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_LONGEST: Final = 63


class NotUnderstood(Exception):
    """The statement holds something whose meaning for its rows is not known here."""


def name_of(identifier: Any, dialect: Dialect) -> str:
    """What is written, in the form in which equal names are equal; `NotUnderstood` for what is no name."""
    if not isinstance(identifier, exp.Identifier):
        raise NotUnderstood
    text: str = identifier.this
    if dialect == "sqlite":
        return text.translate(_FOLDED)
    text = text if identifier.args.get("quoted") else text.translate(_FOLDED)
    return text.encode()[:_LONGEST].decode(errors="ignore")


def stored_name(name: str, dialect: Dialect) -> str:
    """A table's or a column's own name, in the form that `name_of` gives."""
    return name.translate(_FOLDED) if dialect == "sqlite" else name
