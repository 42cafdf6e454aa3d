"""What stands for a value inside a JSON document, which both databases read as the same text. Builds on `values`."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from hangar_dal.values import instant_text


def _instant_or_text(value: datetime) -> datetime | str:
    """`to_json` writes microseconds only if there are some."""
    return value if value.microsecond else instant_text(value)


_INTO_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {
    "uuid": str,
    "instant": instant_text,
    "date": date.isoformat,
}
_BEFORE_TO_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {"instant": _instant_or_text}
JSON_DECODE: Final[Mapping[str, Callable[[Any], Any]]] = {"instant": datetime.fromisoformat}


def into_json(kind: str) -> Callable[[Any], Any] | None:
    """What makes the value that stands for one of this kind inside JSON; None where it stands for itself."""
    return _of(kind, _INTO_JSON)


def before_to_json(kind: str) -> Callable[[Any], Any] | None:
    """The same for a document of `pydantic_core.to_json`, which writes most kinds itself, and much faster."""
    return _of(kind, _BEFORE_TO_JSON)


def _of(kind: str, table: Mapping[str, Callable[[Any], Any]]) -> Callable[[Any], Any] | None:
    each = table.get(kind.removeprefix("list:"))
    if each is None or not kind.startswith("list:"):
        return each
    return lambda items: [None if item is None else each(item) for item in items]
