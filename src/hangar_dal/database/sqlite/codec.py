"""Convert values and placeholders for SQLite: text for values without a type in SQLite, and parameters by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json

from hangar_dal.database.codecs import Codec, Encode
from hangar_dal.database.json_values import before_to_json, into_json
from hangar_dal.sqlblock import Variant
from hangar_dal.values import json_text, read_instant


def _wire(kind: str, name: str, statement: Variant) -> Encode | None:
    if not kind.startswith("list:"):
        return None if kind == "bytes" else into_json(kind)
    plain = before_to_json(kind)

    def array(items: list[Any]) -> str:
        return to_json(items if plain is None else plain(items)).decode()

    return array


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


_DECODE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "instant": read_instant,
    "json": from_json,
    "list": from_json,
    "model": from_json,
    "models": from_json,
}
CODEC: Final = Codec(
    wire=_wire,
    document=_document,
    # Pydantic converts the other kinds: canonical UUID text, dates, 0 and 1.
    decode=lambda value: _DECODE.get(value.kind),
    parse_json=from_json,
    json_class=str,
    render=_render,
    pack=_pack,
    copy_in=_copy_in,
)
