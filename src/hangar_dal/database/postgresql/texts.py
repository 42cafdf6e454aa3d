"""Read values that psycopg returns as text, because it does not know the numbers of their types. Below `codec`.

These are arrays of enums and of domains, composite types, and the types of extensions and of the application.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from psycopg.abc import Buffer
from psycopg.adapt import Loader, Transformer
from psycopg.pq import Format
from pydantic import BaseModel
from pydantic_core import from_json

from hangar_dal.database.codecs import Decode, decoder
from hangar_dal.database.kinds import BY_NAME, decimal_kind, parse_interval
from hangar_dal.database.statement import UNREADABLE
from hangar_dal.database.stored import MAX_DIGITS, read_places
from hangar_dal.database.types import ValueType, field_types
from hangar_dal.ranges import Multirange, Range

_TEXTS: Final = 1009  # the number of text[]
_RECORD: Final = 2249


class JsonText(bytes):
    """The document of a JSON column, not yet parsed. Its class tells it from a column of text or bytes."""

    __slots__ = ()


class JsonTextLoader(Loader):
    """Reads `json` in both formats, and `jsonb` in the text format."""

    def load(self, data: Buffer) -> JsonText:
        return JsonText(data)


class BinaryJsonTextLoader(JsonTextLoader):
    format = Format.BINARY


class BinaryJsonbTextLoader(Loader):
    """Reads `jsonb` in the binary format. The document follows the number of the format's version."""

    format = Format.BINARY

    def load(self, data: Buffer) -> JsonText:
        return JsonText(data[1:])


class IntervalLoader(Loader):
    """Reads intervals without months and years, which psycopg would take for 30 and 365 days."""

    def load(self, data: Buffer) -> timedelta:
        return parse_interval(bytes(data).decode())


_DECIMALS: Final = {decimal_kind(places): read_places(places) for places in range(MAX_DIGITS + 1)}
_loader: Final = Transformer().get_loader


def decode(value: ValueType) -> Decode | None:
    """Return the conversion of a column's values; None if psycopg reads them."""
    if value.kind in _DECIMALS:
        return _DECIMALS[value.kind]
    if value.postgres is not None and (load := value.postgres.load) is not None:
        return lambda raw: load(_parsed(raw))
    below = value.below or value
    if _is_read_as_json(value):
        return parse_json
    if "sqlite" in value.dialects:
        return None
    if below.kind == "model" and value.below is not None and below.python is not None:
        return _record(below.python, below)
    if below.bound is not None:
        return _range(below.bound.parse)
    if value.kind == "list" and value.item is not None:
        return _array(value.item)
    return None


def _is_read_as_json(value: ValueType) -> bool:
    """Return whether the column has JSON, and no function of the application reads it."""
    if value.postgres is not None and value.postgres.load is not None:
        return False
    return (value.below or value).kind == "json" or (value.kind in ("model", "models") and value.below is None)


def _parsed(raw: Any) -> Any:
    """Return what psycopg reads: parsed JSON, also in an array, and other values as they are."""
    if type(raw) is list:
        return [_parsed(item) for item in raw]
    return from_json(raw) if type(raw) is JsonText else raw


def parse_json(raw: Any) -> Any:
    """Return the value of a JSON column, and what psycopg reads of a column that has none."""
    try:
        return _parsed(raw)
    except ValueError:
        return UNREADABLE


def _range(parse: Callable[[str], Any]) -> Decode:
    def read(raw: Any) -> Any:
        if type(raw) is str:
            return parse(raw)
        return _own(raw) if hasattr(raw, "isempty") else Multirange(map(_own, raw))

    return read


def _own(raw: Any) -> Range[Any]:
    return Range.empty() if raw.isempty else Range(raw.lower, raw.upper, raw.bounds)


def _array(item: ValueType) -> Decode:
    load, parse = _loader(_TEXTS, Format.TEXT).load, _parse(item)

    def read(raw: Any) -> Any:
        if type(raw) is not str:
            return raw
        return [None if each is None else parse(each) for each in load(raw.encode())]

    return read


def _parse(item: ValueType) -> Callable[[str], Any]:
    """Return the function that reads the text of an item; `str` if `decoder` does so."""
    is_read_later = item.postgres is not None or item.bound is not None or item.kind == "label"
    return str if is_read_later else BY_NAME[item.kind].parse


def _record(model: type[BaseModel], value: ValueType) -> Decode:
    types = field_types(model, value.dialects)
    fields = [(name, _from_text(found)) for name, found in types.items() if isinstance(found, ValueType)]
    load = _loader(_RECORD, Format.TEXT).load

    def read(raw: str) -> dict[str, Any]:
        parts = load(raw.encode())
        return {
            name: None if part is None else from_text(part)
            for (name, from_text), part in zip(fields, parts, strict=True)
        }

    return read


def _from_text(value: ValueType) -> Callable[[str], Any]:
    """Return the function that reads an attribute of a composite type."""
    below = value.below or value
    # The whole value is one text, so JSON in it is not a `JsonText`.
    found = None if _is_read_as_json(value) else decoder(value, decode)
    return found or BY_NAME[below.kind].parse
