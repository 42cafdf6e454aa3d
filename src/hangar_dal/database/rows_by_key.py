"""Parts of statements that find rows of any table by its primary key, and the key of a row for messages.

Names are quoted and inserted into the text. Values are always parameters. Imports no other module of this package.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

Key = tuple[Any, ...]


def quoted(name: str) -> str:
    """Return a quoted name for both databases."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def is_row(key: Sequence[str]) -> str:
    """Return the condition for the one row with the key of `key_values`."""
    return " AND ".join(f"{quoted(name)} = :k{number}" for number, name in enumerate(key))


def is_behind(key: Sequence[str]) -> str:
    """Return the condition for all rows after the row with the key of `key_values`, in the order of the key."""
    return _compared(key, ">", "k")


def is_up_to(key: Sequence[str]) -> str:
    """Return the condition for the row with the key of `end_values`, and all rows before it."""
    return _compared(key, "<=", "end")


def _compared(key: Sequence[str], operator: str, prefix: str) -> str:
    return f"({listed(key)}) {operator} ({', '.join(f':{prefix}{number}' for number in range(len(key)))})"


def key_values(key: Key) -> dict[str, Any]:
    return {f"k{number}": value for number, value in enumerate(key)}


def end_values(key: Key) -> dict[str, Any]:
    return {f"end{number}": value for number, value in enumerate(key)}


def shown(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Return the UUIDs and integers of a row's key, by name. Other values are left out: a text may be an address."""
    found = {}
    for name in names:
        value = row[name]
        with suppress(ValueError, TypeError, AttributeError):
            found[name] = str(value if type(value) in (int, UUID) else UUID(value))
    return found
