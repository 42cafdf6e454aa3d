"""From a checked Python value to what a driver takes, and back: chosen once per dialect and annotated type.

No process-wide adapter or converter is ever registered. Stands on the database floor; each dialect's `codec`
module says what differs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Final

from hangar_dal.database.checks import checker
from hangar_dal.database.types import ValueType
from hangar_dal.errors import InvalidValue
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect
from hangar_dal.values import instant_text

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """One dialect's way with values: `encode` and `decode` hold only the kinds that need work."""

    encode: Mapping[str, Encode]
    decode: Mapping[str, Decode]
    # The text to send, and the parameters' names in the order in which `pack` wants their values.
    render: Callable[[Variant], tuple[str, tuple[str, ...]]]
    pack: Callable[[tuple[str, ...], Sequence[Any]], Any]


def codec_of(dialect: Dialect) -> Codec:
    """The dialect's codec; only then is its driver imported."""
    codec: Codec = import_module(f"hangar_dal.database.{dialect}.codec").CODEC
    return codec


def encoder(name: str, value: ValueType, encode: Mapping[str, Encode], *, in_json: bool = False) -> Encode:
    """`encode(value)` for one parameter: what the driver takes, or `InvalidValue` under the parameter's name."""
    check, to_wire = checker(value, in_json=in_json), _to_wire(value, encode)

    def encoded(given: Any) -> Any:
        if given is None:
            if value.optional:
                return None
            raise InvalidValue(f"{name}: must not be None")
        plain = check(name, given)
        return plain if to_wire is None else to_wire(plain)

    return encoded


def _to_wire(value: ValueType, encode: Mapping[str, Encode]) -> Encode | None:
    whole = encode.get(value.kind)
    each = _to_wire(value.item, encode) if value.kind == "list" and value.item else None
    if each is None:
        return whole

    def encode_items(items: list[Any]) -> Any:
        encoded = [None if item is None else each(item) for item in items]
        return encoded if whole is None else whole(encoded)

    return encode_items


def decoder(value: ValueType, decode: Mapping[str, Decode]) -> Decode | None:
    """`decode(value)` for one column, and for each item of a list; None where the driver's value will do."""
    whole = decode.get(value.kind)
    each = decoder(value.item, decode) if value.kind == "list" and value.item else None
    if each is None:
        return whole

    def decode_items(raw: Any) -> list[Any]:
        items = raw if whole is None else whole(raw)
        return [None if item is None else each(item) for item in items]

    return decode_items


# Inside a JSON document both databases read the same text.
JSON_ENCODE: Final[Mapping[str, Encode]] = {
    "uuid": str,
    "instant": instant_text,
    "date": lambda value: value.isoformat(),
}
JSON_DECODE: Final[Mapping[str, Decode]] = {"instant": datetime.fromisoformat}
