"""The form of values inside a JSON document, the same for both databases."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from hangar_dal.database.kinds import KINDS
from hangar_dal.database.types import ValueType
from hangar_dal.values import instant_text, read_instant


def _instant_or_text(value: datetime) -> datetime | str:
    """Return text if the time has no microseconds, because `to_json` would omit them."""
    return value if value.microsecond else instant_text(value)


# For a catalog of PostgreSQL alone. PostgreSQL reads its own text format from JSON, so numbers keep all digits.
_OF_POSTGRESQL: Final = {kind.name: kind.text for kind in KINDS if kind.refused or kind.name == "bytes"}
_INTO_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {
    "uuid": str,
    "instant": instant_text,
    "date": date.isoformat,
    **_OF_POSTGRESQL,
}
_BEFORE_TO_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {"instant": _instant_or_text, **_OF_POSTGRESQL}
_DECODE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "instant": read_instant,
    **{kind.name: kind.parse for kind in KINDS if kind.name in ("interval", "bytes") or kind.name.endswith("range")},
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
