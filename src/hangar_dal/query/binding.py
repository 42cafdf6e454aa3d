"""Functions that make the value of each `:name` from the values of a call: check, fold or seal, and encode it.

They are made once, when a query is compiled.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_json

from hangar_dal.database.codecs import Encode, InRows, encoder
from hangar_dal.database.json_values import before_to_json
from hangar_dal.database.marked_checks import is_composite
from hangar_dal.database.types import DERIVED, Fold, Grams, ValueType, field_types, inner_model, kind_of
from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.query.signature import Argument, Signature, unfit_for_seal
from hangar_dal.query.sources import ParameterSource, Unresolved, Values, resolve
from hangar_dal.rules import Problem
from hangar_dal.sealing import Keyring
from hangar_dal.sizes import MAX_CALL_BYTES, MAX_ROWS, Room, check_count
from hangar_dal.sqlblock import Line
from hangar_dal.values import json_value

# Number of rows that are encoded between two checks of the size.
_ROWS_AT_ONCE: Final = 20

Getter = Callable[[Values, Any], Any]
Cell = Callable[[Any, Values, Any], Any]


def getter(
    source: ParameterSource,
    line: Line,
    signature: Signature,
    to_wire: Encode | None = None,
    in_rows: InRows = before_to_json,
) -> Getter:
    """Return `get(values, db)`, which checks and encodes the value to send for one parameter.

    `to_wire` and `in_rows` come from the codec of the dialect.
    """
    if source.derived == "now":
        return lambda values, db: db.now() if to_wire is None else to_wire(db.now())
    if source.derived == "is_set":
        return lambda values, db: source.argument in values
    if source.value is None:
        return _rows_getter(signature.arguments[source.argument], signature, to_wire, in_rows)
    if source.derived:
        return _derived_getter(source, to_wire)
    if source.value.sealed:
        return _sealed_getter(source, line, signature)
    _refuse_unwritable(source.name, source.value)
    encoded = encoder(source.name, source.value, to_wire)
    if source.name == "now" and source.value.kind == "instant" and source.value.optional:
        return lambda values, db: encoded(db.now() if (given := source.raw(values)) is None else given)
    if source.is_change:
        return lambda values, db: encoded(values[source.argument]) if source.argument in values else None
    argument, field = source.argument, source.field
    if field is None:
        return lambda values, db: encoded(values[argument])
    return lambda values, db: encoded(None if (given := values[argument]) is None else getattr(given, field))


def _refuse_unwritable(name: str, value: ValueType, outer: tuple[type[BaseModel], ...] = ()) -> None:
    """Raise `Unresolved` if JSON of the model could not be read again, or would contain a sealed field."""
    inner = inner_model(value)
    if inner is None:
        return
    if inner in outer:
        raise Unresolved(f":{name}: {inner.__name__} contains itself", "use JsonObject")
    if inner.model_config.get("extra") == "allow":
        raise Unresolved(f":{name}: {inner.__name__} allows fields whose types are unknown", "use JsonObject for them")
    for field, found in field_types(inner, value.dialects).items():
        if isinstance(found, Problem):
            raise Unresolved(*found.of(field).of(f":{name}"))
        if found.sealed:
            raise Unresolved(
                f":{name}: {field} is sealed, but JSON would store it unencrypted", "store it in its own column"
            )
        if is_composite(found):
            message = f":{name}: {field} is a value of a composite type, which JSON would store as a text"
            raise Unresolved(message, "store it in its own column, or declare the model without PostgresType")
        if found.kind == "bytes" and "sqlite" in found.dialects:
            raise Unresolved(f":{name}: {field} is bytes, which JSON does not have", "store it in its own column")
        _refuse_unwritable(name, found, (*outer, inner))


def _derived_getter(source: ParameterSource, to_wire: Encode | None) -> Getter:
    """Return a getter for a fold, grams or words. It also checks the text, which the statement may not use itself."""
    name = source.name.removesuffix(f"_{source.derived}")
    derive = source.value.derives(source.derived) if source.value else None
    if source.value is None or derive is None:
        raise TypeError(source.name)
    check = encoder(name, source.value)
    is_list = source.value.item is not None  # words are made from the list itself, not from its encoded form

    def get(values: Values, db: Any) -> Any:
        if source.is_change and source.argument not in values:
            return None
        raw = source.raw(values)
        checked = check(raw)
        if checked is None:
            return None
        derived = derive(name, raw if is_list else checked)
        return derived if to_wire is None else to_wire(derived)

    return get


def _sealed_getter(source: ParameterSource, line: Line, signature: Signature) -> Getter:
    """Return a getter that seals the value. Its bound values come from the same model, or else from the arguments."""
    value = source.value
    if value is None or value.sealed is None:
        raise TypeError(source.name)
    bound = [_bound(name, source, line, signature) for name in value.sealed.bind]
    seal = sealer(source.name, value)

    def get(values: Values, db: Any) -> Any:
        raw = source.raw(values)
        return None if raw is None and source.is_change else seal(raw, db.keyring, [get(values) for get in bound])

    return get


def _bound(name: str, source: ParameterSource, line: Line, signature: Signature) -> Callable[[Values], Any]:
    model = signature.arguments[source.argument].model if source.field else None
    if model and name in model.model_fields:
        _check_bound(source.name, name, field_types(model, signature.dialects)[name])
        return ParameterSource(name, source.argument, field=name).raw
    try:
        found = resolve(name, line, signature)
    except Unresolved as reason:
        message, fix = reason.problem
        raise_alone(Unresolved(f":{source.name} is sealed to {name}, but {message}", fix))
    _check_bound(source.name, name, found.value)
    return found.raw


def _check_bound(sealed: str, name: str, value: ValueType | Problem | None) -> None:
    if unfit := unfit_for_seal(name, value):
        raise Unresolved(f":{sealed} is sealed to {name}", unfit)


def sealer(name: str, value: ValueType) -> Callable[[Any, Keyring, list[Any]], Any]:
    """Return `seal(value, keyring, bound)`, which returns the text to store, or None for None."""
    sealed = value.sealed
    if sealed is None:
        raise TypeError(name)
    encoded = encoder(name, value)

    def seal(raw: Any, keyring: Keyring, bound: list[Any]) -> Any:
        plain = encoded(raw)
        if plain is None:
            return None
        if None in bound:
            raise InvalidValue(f"{name}: sealed to {', '.join(sealed.bind)}, none of which may be None")
        texts = [str(each.value if isinstance(each, Enum) else each) for each in bound]
        return keyring.seal(plain.encode(), table=sealed.table, column=sealed.column, bound=texts)

    return seal


def _rows_getter(argument: Argument, signature: Signature, to_wire: Encode | None, in_rows: InRows) -> Getter:
    """Return a getter that encodes all rows as one JSON parameter, so that one statement writes many rows."""
    model = argument.model
    if model is None:
        raise TypeError(argument.name)
    too_large = f"the JSON of a list of models must not be larger than {MAX_CALL_BYTES} bytes; make several calls"
    plain: list[tuple[str, Encode]] = []  # most columns need the value of their field only
    others: list[tuple[str, Cell]] = []
    for name, value in field_types(model, signature.dialects).items():
        if isinstance(value, ValueType):
            if value.sealed is None:
                plain.append((name, _plain(name, value, model, in_rows)))
            else:
                others.append((name, _sealed_cell(name, value, value.sealed.bind, model, signature)))
            found = ((kind, value.derives(kind)) for kind in DERIVED)
            others += [(f"{name}_{kind}", _derived_cell(name, derive)) for kind, derive in found if derive]

    def written(row: Any, values: Values, db: Any) -> dict[str, Any]:
        cells = {name: encode(getattr(row, name)) for name, encode in plain}
        for name, cell in others:
            cells[name] = cell(row, values, db)
        return cells

    def get(values: Values, db: Any) -> Any:
        rows = values[argument.name]
        if rows is None and argument.optional:
            return None
        if not isinstance(rows, list | tuple):
            raise InvalidValue(f"{argument.name}: expected a list, got {type(rows).__name__}")
        check_count(argument.name, len(rows), MAX_ROWS, "rows")
        for row in rows:
            if not isinstance(row, model):
                raise InvalidValue(f"{argument.name}: expected {model.__name__}, got {type(row).__name__}")
        room = Room(MAX_CALL_BYTES, f"{argument.name}: {too_large}")
        parts: list[bytes] = []
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            part = to_json([written(row, values, db) for row in some])[1:-1]
            if not parts:
                room.expect(len(part) * len(rows) // len(some))
            room.take(len(part))
            parts.append(part)
        text = b"[%b]" % b",".join(parts)
        return text.decode() if to_wire is None else to_wire(text.decode())

    return get


def _plain(name: str, value: ValueType, model: type[BaseModel], in_rows: InRows) -> Encode:
    if value.kind == "bytes" and "sqlite" in value.dialects:
        raise Unresolved(
            f"{model.__name__}.{name}: rows are sent as JSON, which has no bytes", "insert them one by one"
        )
    _refuse_unwritable(name, value)
    return encoder(name, value, in_rows(kind_of(value)), in_json=True, write=json_value)


def _sealed_cell(
    name: str, value: ValueType, bind: Sequence[str], model: type[BaseModel], signature: Signature
) -> Cell:
    seal = sealer(name, value)
    fields = field_types(model, signature.dialects)
    for bound in bind:
        if bound not in fields and bound not in signature.arguments:
            raise Unresolved(f":{name} is sealed to {bound}, which has no value", "add it as a field or an argument")
        _check_bound(name, bound, fields[bound] if bound in fields else signature.arguments[bound].value)

    def cell(row: Any, values: Values, db: Any) -> Any:
        bound = [getattr(row, key) if key in fields else values[key] for key in bind]
        return seal(getattr(row, name), db.keyring, bound)

    return cell


def _derived_cell(name: str, derive: Fold | Grams) -> Cell:
    def cell(row: Any, values: Values, db: Any) -> Any:
        raw = getattr(row, name)
        return None if raw is None else derive(name, raw)

    return cell
