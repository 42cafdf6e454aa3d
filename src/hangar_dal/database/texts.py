"""Write values in PostgreSQL's text format: for arrays, composite types and types that only PostgreSQL knows.

Imports no driver, so that values are checked and written in one step.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from hangar_dal.database.kinds import BY_NAME
from hangar_dal.database.types import ValueType

Write = Callable[[Any], str]
_DIRECT: Final = frozenset({"text", "label", "json"})


def writer(value: ValueType) -> Write:
    """Return the function that writes a value in PostgreSQL's text format, after its check."""
    if value.kind in _DIRECT or value.postgres is not None:  # its check returns the text
        return str
    if value.kind == "list" and value.item is not None:
        item = writer(value.item)
        return lambda items: array_text(None if each is None else item(each) for each in items)
    return (value.bound or BY_NAME[value.kind]).text


def array_text(items: Iterable[str | None]) -> str:
    """Return an array of these texts."""
    return f"{{{','.join('NULL' if item is None else quoted(item) for item in items)}}}"


def record_text(parts: Iterable[str | None]) -> str:
    """Return a value of a composite type with these texts."""
    return f"({','.join('' if part is None else quoted(part) for part in parts)})"


def quoted(text: str) -> str:
    """Return a text that is part of an array or of a composite value."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
