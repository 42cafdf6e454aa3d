"""From a checked Python value to what a driver takes, and back: chosen once per dialect and annotated type.

No process-wide adapter or converter is ever registered. What differs is in each dialect's `codec` module.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from uuid import UUID

from hangar_dal.database.checks import checker
from hangar_dal.database.types import ValueType
from hangar_dal.errors import InvalidValue
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """One dialect's way with values; `decode` holds only the kinds that need work."""

    # What makes the driver's value of a checked one, by its kind, the parameter's name, and the block with all arms.
    wire: Callable[[str, str, Variant], Encode | None]
    # What stands for a JSON document within a list of models, which is sent as JSON itself.
    document: Encode
    decode: Mapping[str, Decode]
    # The text to send, and the parameters' names in the order in which `pack` wants their values.
    render: Callable[[Variant], tuple[str, tuple[str, ...]]]
    pack: Callable[[tuple[str, ...], Sequence[Any]], Any]


_PLAIN_TYPES: Final[Mapping[str, type[Any]]] = {"uuid": UUID, "bool": bool}


def codec_of(dialect: Dialect) -> Codec:
    """The dialect's codec; only then is its driver imported."""
    codec: Codec = import_module(f"hangar_dal.database.{dialect}.codec").CODEC
    return codec


def encoder(name: str, value: ValueType, to_wire: Encode | None = None, *, in_json: bool = False) -> Encode:
    """`encode(value)` for one parameter: what the driver takes, or `InvalidValue` under the parameter's name."""
    check = checker(value, in_json=in_json)
    # Values of exactly this type need no check and no encoding.
    plain_type = _PLAIN_TYPES.get(value.kind) if to_wire is None and value.constrained is None else None

    def encoded(given: Any) -> Any:
        if type(given) is plain_type:
            return given
        if given is None:
            if value.optional:
                return None
            raise InvalidValue(f"{name}: must not be None")
        plain = check(name, given)
        return plain if to_wire is None else to_wire(plain)

    return encoded


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
