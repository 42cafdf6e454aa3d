"""The form of values inside a JSON document, the same for both databases.

In rows and lists, which statements read, SQLite needs some values as its columns store them: see its codec.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from hangar_dal.database.kinds import KINDS, decimal_kind
from hangar_dal.database.stored import MAX_DIGITS, read_places
from hangar_dal.database.types import ValueType
from hangar_dal.values import instant_text, read_instant

# Kinds that JSON has, and those whose text is the same in every JSON.
_PLAIN: Final = frozenset({"text", "int", "bool", "float", "json", "uuid", "instant", "date"})


def _instant_or_text(value: datetime) -> datetime | str:
    """Return text if the time has no microseconds, because `to_json` would omit them."""
    return value if value.microsecond else instant_text(value)


def _read_decimal(places: int) -> Callable[[Any], Decimal]:
    """Return the function that reads a Decimal: from text as it was written, or from a number of PostgreSQL."""
    read = read_places(places)
    return lambda raw: Decimal(raw) if type(raw) is str else read(raw)


# PostgreSQL reads its own text format from JSON, so numbers keep all digits.
_AS_TEXT: Final = {kind.name: kind.text for kind in KINDS if kind.name not in _PLAIN}
_INTO_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {
    "uuid": str,
    "instant": instant_text,
    "date": date.isoformat,
    **_AS_TEXT,
}
_BEFORE_TO_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {"instant": _instant_or_text, **_AS_TEXT}
_DECODE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "instant": read_instant,
    **{kind.name: kind.parse for kind in KINDS if kind.name in ("interval", "bytes") or kind.name.endswith("range")},
    **{decimal_kind(places): _read_decimal(places) for places in range(MAX_DIGITS + 1)},
}


def decode_json(value: ValueType) -> Callable[[Any], Any] | None:
    """Return the function that reads a value of this type from JSON; None if Pydantic reads it."""
    if value.postgres is not None and value.postgres.load is not None:
        return value.postgres.load
    below = value.below or value
    return below.bound.parse if below.bound is not None else _DECODE.get(below.kind)


def into_json(kind: str) -> Callable[[Any], Any] | None:
    """Return the function that converts a value of this kind for a JSON document; None if no conversion is needed."""
    return _of(kind, _INTO_JSON)


def before_to_json(kind: str) -> Callable[[Any], Any] | None:
    """Return the conversion before `pydantic_core.to_json`, which converts most kinds itself and is much faster."""
    return _of(kind, _BEFORE_TO_JSON)


def _of(kind: str, table: Mapping[str, Callable[[Any], Any]]) -> Callable[[Any], Any] | None:
    each = table.get(kind.removeprefix("list:"))
    if each is None or not kind.startswith("list:"):
        return each
    return lambda items: [None if item is None else each(item) for item in items]
