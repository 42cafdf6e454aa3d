"""Convert Python values to the values that a driver accepts, and back. Chosen once per dialect and annotated type.

Never registers adapters or converters for the whole process. The `codec` module of each dialect has its conversions.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple
from uuid import UUID

from hangar_dal.database.checks import Check, checker
from hangar_dal.database.types import ValueType
from hangar_dal.errors import InvalidValue
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect
from hangar_dal.values import json_text

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]
InRows = Callable[[str], Encode | None]
Decoders = Callable[[ValueType], Decode | None]


class Codec(NamedTuple):
    """The conversions of one dialect. `decode` returns the conversion of a column's values; None if they need none."""

    # Returns the conversion of a checked value for the driver, or None. Takes the kind of the value, the name of the
    # parameter, and the block with all optional lines.
    wire: Callable[[str, str, Variant], Encode | None]
    # Returns the conversion of a checked value of this kind that is part of a list of models, or None. The list itself
    # is sent as JSON.
    in_rows: InRows
    decode: Decoders
    decode_json: Decoders  # of values in JSON that a statement returns
    # Columns of JSON: what `decode` returns for them, and the class of the texts that the driver returns.
    parse_json: Decode
    json_class: type[str | bytes]
    # Returns the text to send, and the names of the parameters in the order in which `pack` expects their values.
    render: Callable[[Variant], tuple[str, tuple[str, ...]]]
    pack: Callable[[tuple[str, ...], Sequence[Any]], Any]
    # Returns the statement that `Connection.copy_in` takes, for a table and columns whose names are quoted.
    copy_in: Callable[[str, Sequence[str]], str]


_PLAIN_TYPES: Final[Mapping[str, type[Any]]] = {"uuid": UUID, "bool": bool}


def codec_of(dialect: Dialect) -> Codec:
    """Return the codec of the dialect. Imports the driver of the dialect."""
    codec: Codec = import_module(f"hangar_dal.database.{dialect}.codec").CODEC
    return codec


def encoder(
    name: str, value: ValueType, to_wire: Encode | None = None, *, in_json: bool = False, write: Check = json_text
) -> Encode:
    """Return `encode(value)` for one parameter. It returns the value for the driver, or raises `InvalidValue`.

    `in_json` and `write` are those of `checker`.
    """
    check = checker(value, in_json=in_json, write=write)
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


def decoder(value: ValueType, decode: Decoders) -> Decode | None:
    """Return `decode(value)` for one column; None if the driver's value needs no conversion."""
    whole = decode(value)
    each = decoder(value.item, decode) if value.kind == "list" and value.item else None
    if each is None:
        return whole

    def decode_items(raw: Any) -> list[Any]:
        items = raw if whole is None else whole(raw)
        return [None if item is None else each(item) for item in items]

    return decode_items
