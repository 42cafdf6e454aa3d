"""Convert values and placeholders for SQLite: text for values without a type in SQLite, and parameters by name."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json

from hangar_dal.database.codecs import Codec, Decode, Encode
from hangar_dal.database.json_values import before_to_json, decode_json
from hangar_dal.database.kinds import KINDS, decimal_kind
from hangar_dal.database.stored import MAX_DIGITS
from hangar_dal.database.types import ValueType
from hangar_dal.sqlblock import Variant
from hangar_dal.values import json_text

_STORED: Final = {kind.name: kind.stored for kind in KINDS if kind.stored is not None}
# Kinds that have another form in a stored JSON document than in a column.
_OTHER_FORM: Final = frozenset({"interval", *map(decimal_kind, range(MAX_DIGITS + 1))})


def _wire(kind: str, name: str, statement: Variant) -> Encode | None:
    if not kind.startswith("list:"):
        return _STORED[kind].write if kind in _STORED else None
    plain = _in_rows(kind)

    def array(items: list[Any]) -> str:
        return to_json(items if plain is None else plain(items)).decode()

    return array


def _in_rows(kind: str) -> Encode | None:
    """Return the conversion of a value in rows, which are sent as JSON, and of the items of a list."""
    item = kind.removeprefix("list:")
    write = _STORED[item].write if item in _OTHER_FORM else None
    if kind == "json" or write is None:
        return _document if kind == "json" else before_to_json(kind)
    return write if item == kind else lambda items: [None if each is None else write(each) for each in items]


def _document(plain: Any) -> Any:
    """Return objects and arrays as they are, and other values as the text of their JSON.

    `json_extract` would return 0 for false, and for "x" a text that is not JSON.
    """
    return plain if isinstance(plain, dict | list) else json_text("", plain)


def _render(variant: Variant) -> tuple[str, tuple[str, ...]]:
    return variant.text, tuple(dict.fromkeys(parameter.name for parameter in variant.parameters))


def _pack(names: tuple[str, ...], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _copy_in(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - quoted


_OF_JSON: Final = frozenset({"list", "model", "models"})


def _decode(value: ValueType) -> Decode | None:
    """Return the conversion of a column. Pydantic converts some kinds: canonical UUID text, dates, 0 and 1."""
    return from_json if value.kind in _OF_JSON else _STORED[value.kind].read if value.kind in _STORED else None


def _decode_json(value: ValueType) -> Decode | None:
    """Return the conversion of a value in JSON: of a stored document, or built by the statement from a column."""
    of_document = decode_json(value)
    of_column = _STORED[value.kind].read if value.kind in _OTHER_FORM else None
    if of_document is None or of_column is None:
        return of_document
    return lambda raw: of_column(raw) if type(raw) is int else of_document(raw)


CODEC: Final = Codec(
    wire=_wire,
    in_rows=_in_rows,
    decode=_decode,
    decode_json=_decode_json,
    parse_json=from_json,
    json_class=str,
    render=_render,
    pack=_pack,
    copy_in=_copy_in,
)
