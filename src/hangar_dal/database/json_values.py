"""What stands for a value inside a JSON document, which both databases read as the same text. Builds on `values`."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from hangar_dal.values import instant_text

_INTO_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {
    "uuid": str,
    "instant": instant_text,
    "date": date.isoformat,
}
JSON_DECODE: Final[Mapping[str, Callable[[Any], Any]]] = {"instant": datetime.fromisoformat}


def into_json(kind: str) -> Callable[[Any], Any] | None:
    """What makes the value that stands for one of this kind inside JSON; None where it stands for itself."""
    each = _INTO_JSON.get(kind.removeprefix("list:"))
    if each is None or not kind.startswith("list:"):
        return each
    return lambda items: [None if item is None else each(item) for item in items]
