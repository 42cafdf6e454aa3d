"""Names in the form in which the databases compare them, and the exception for unknown constructs."""

from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

from sqlglot import exp

from hangar_dal.sqlscan import Dialect

# Neither database folds letters beyond ASCII. PostgreSQL cuts each name to 63 bytes.
_FOLDED: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_LONGEST: Final = 63


class NotUnderstood(Exception):
    """Raised if a statement contains a construct whose effect on the rows is not known."""


def name_of(identifier: Any, dialect: Dialect) -> str:
    """Return the name in the form in which the database compares names. Raises `NotUnderstood` if it is no name."""
    if not isinstance(identifier, exp.Identifier):
        raise NotUnderstood
    text: str = identifier.this
    if dialect == "sqlite":
        return text.translate(_FOLDED)
    text = text if identifier.args.get("quoted") else text.translate(_FOLDED)
    return text.encode()[:_LONGEST].decode(errors="ignore")


def stored_name(name: str, dialect: Dialect) -> str:
    """Return the stored name of a table or a column in the form that `name_of` returns."""
    return name.translate(_FOLDED) if dialect == "sqlite" else name
