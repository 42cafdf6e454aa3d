"""Convert values and placeholders for psycopg: native types, and `$1`, `$2` for its raw cursors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.adapt import Dumper, PyFormat
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import Int8
from pydantic_core import from_json

from hangar_dal.database.codecs import Codec, Encode
from hangar_dal.database.json_values import before_to_json, decode_json
from hangar_dal.database.kinds import BY_NAME, KINDS, Kind
from hangar_dal.database.postgresql.sent import OIDS, sent_type
from hangar_dal.database.postgresql.texts import IntervalLoader, JsonText, decode, parse_json
from hangar_dal.database.texts import quoted
from hangar_dal.database.types import MARKED
from hangar_dal.sqlblock import Variant


class Typed:
    """A value in PostgreSQL's text format, and the oid of its type."""

    __slots__ = ("oid", "text")

    def __init__(self, text: str, oid: int) -> None:
        self.text = text
        self.oid = oid


class _TypedDumper(Dumper):
    def dump(self, obj: Typed) -> bytes:
        return obj.text.encode()

    def get_key(self, obj: Typed, format: PyFormat) -> Any:  # noqa: A002 - psycopg's own name
        return (self.cls, obj.oid)

    def upgrade(self, obj: Typed, format: PyFormat) -> "_TypedDumper":  # noqa: A002 - psycopg's own name
        dumper = _TypedDumper(self.cls)
        dumper.oid = obj.oid
        return dumper


def adapt(connection: AsyncConnection[Any]) -> None:
    """Register the adapters of this codec on the connection only, not for the whole process."""
    set_json_loads(from_json, connection)
    connection.adapters.register_loader("interval", IntervalLoader)
    connection.adapters.register_dumper(Typed, _TypedDumper)


def _item(kind: Kind) -> Callable[[Any], str]:
    """Return the function that writes an item of an array in PostgreSQL's text format."""
    if not kind.is_quoted:
        return kind.text
    return quoted if kind.text is str else lambda value: quoted(kind.text(value))


_ITEMS: Final[Mapping[str, Callable[[Any], str]]] = {
    **{f"list:{kind.name}": _item(kind) for kind in KINDS},
    "list:label": quoted,
}
# psycopg sends values of these kinds with the type that `sent` has for them.
_NATIVE: Final = frozenset({"text", "bool", "float", "bytes", "uuid", "instant", "date"})


def _wire(kind: str, name: str, statement: Variant) -> Encode | None:
    if kind == "int":
        # Always Int8: psycopg would choose the type by the value, and prepare the statement once for each type.
        return Int8
    if kind in _NATIVE or kind.startswith(MARKED):
        return None
    oid = OIDS[sent_type(kind, name, statement)]
    if kind == "json":
        return lambda text: Typed(text, oid)
    if not kind.startswith("list:"):
        as_text = BY_NAME[kind].text
        return lambda value: Typed(as_text(value), oid)
    item = _ITEMS.get(kind, quoted)

    def array(items: list[Any]) -> Typed:
        return Typed(f"{{{','.join(['NULL' if each is None else item(each) for each in items])}}}", oid)

    return array


def _render(variant: Variant) -> tuple[str, tuple[str, ...]]:
    names = list(dict.fromkeys(parameter.name for parameter in variant.parameters))
    return variant.rewritten(lambda name: f"${names.index(name) + 1}"), tuple(names)


def _pack(names: tuple[str, ...], values: Sequence[Any]) -> Sequence[Any]:
    return values


def _copy_in(table: str, columns: Sequence[str]) -> str:
    return f"COPY {table} ({', '.join(columns)}) FROM STDIN"


CODEC: Final = Codec(
    wire=_wire,
    in_rows=lambda kind: None if kind == "json" else before_to_json(kind),
    decode=decode,
    decode_json=decode_json,
    parse_json=parse_json,
    json_class=JsonText,
    render=_render,
    pack=_pack,
    copy_in=_copy_in,
)
