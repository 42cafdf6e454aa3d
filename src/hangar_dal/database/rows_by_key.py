"""Parts of statements that find rows of any table by its primary key, and how a row is named to a person.

A name is quoted and put into the text; values are always parameters. Builds on nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

Key = tuple[Any, ...]


def quoted(name: str) -> str:
    """A name of the schema, as both databases read it."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def is_row(key: Sequence[str]) -> str:
    """The condition that finds the one row with the key of `key_values`."""
    return " AND ".join(f"{quoted(name)} = :k{number}" for number, name in enumerate(key))


def is_behind(key: Sequence[str]) -> str:
    """The condition that finds the rows behind the one with the key of `key_values`, in the order of the index."""
    return _compared(key, ">", "k")


def is_up_to(key: Sequence[str]) -> str:
    """The condition that finds the row with the key of `end_values`, and all before it."""
    return _compared(key, "<=", "end")


def _compared(key: Sequence[str], operator: str, prefix: str) -> str:
    return f"({listed(key)}) {operator} ({', '.join(f':{prefix}{number}' for number in range(len(key)))})"


def key_values(key: Key) -> dict[str, Any]:
    return {f"k{number}": value for number, value in enumerate(key)}


def end_values(key: Key) -> dict[str, Any]:
    return {f"end{number}": value for number, value in enumerate(key)}


def shown(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """The UUIDs and integers of a row's key, which may be shown. A text may be an address or a name."""
    found = {}
    for name in names:
        value = row[name]
        with suppress(ValueError, TypeError, AttributeError):
            found[name] = str(value if type(value) in (int, UUID) else UUID(value))
    return found
