"""Where each `:name` of a statement gets its value from, and the proof that it gets it from one place only.

Stands above `signature`. A source is an argument, a field of a model argument, a PATCH field, the JSON of a list of
models, or one of the three derived kinds: `:now`, `:<p>_fold`, `:<p>_is_set`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json, to_json

from hangar_dal.database.codecs import JSON_ENCODE, Encode, encoder
from hangar_dal.database.types import ValueType
from hangar_dal.errors import InvalidValue
from hangar_dal.query.signature import Argument, Signature, field_types
from hangar_dal.sealing import Keyring
from hangar_dal.sqlblock import Condition, Line
from hangar_dal.values import check_instant, fold

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """One value of a call, before it is encoded: from an argument, or from a field of one."""

    name: str
    argument: str
    value: ValueType | None = None  # None: the list of models itself
    field: str | None = None
    is_change: bool = False
    derived: str = ""  # "", "now", "fold" or "is_set"

    def raw(self, values: Values) -> Any:
        """The Python value; a PATCH field that was left out is None, which its CASE never reads."""
        if self.is_change:
            return values.get(self.argument)
        given = values[self.argument]
        return given if self.field is None or given is None else getattr(given, self.field)


class Unresolved(Exception):
    """The sentence says why `:name` has no source, or more than one."""


def resolve(name: str, line: Line, signature: Signature) -> Source:
    """The one source of `:name` on this line; `Unresolved` says what is wrong and what to write."""
    found = list(_candidates(name, line, signature))
    if len(found) > 1:
        givers = " and ".join(sorted({_described(source) for source in found}))
        raise Unresolved(f":{name} would be given by {givers}; rename one of them")
    if not found:
        raise Unresolved(_nothing_gives(name, signature))
    return found[0]


def _candidates(name: str, line: Line, signature: Signature) -> Iterator[Source]:
    plain = list(_plain(name, line, signature))
    yield from plain
    if name == "now" and not plain:
        yield Source(name, name, derived="now")
    if name.endswith("_fold"):
        for base in _plain(name.removesuffix("_fold"), line, signature):
            if base.value and base.value.case_insensitive:
                yield Source(name, base.argument, base.value, base.field, base.is_change, "fold")
    if name.endswith("_is_set") and name.removesuffix("_is_set") in signature.changes:
        yield Source(name, name.removesuffix("_is_set"), derived="is_set")


def _plain(name: str, line: Line, signature: Signature) -> Iterator[Source]:
    for argument in signature.arguments.values():
        if argument.model is None or argument.rows:
            if argument.name == name:
                yield Source(name, name, argument.value)
        elif not argument.optional or Condition(argument.name) in line.conditions:
            value = field_types(argument.model).get(name)
            if isinstance(value, ValueType):
                yield Source(name, argument.name, value, name)
    if name in signature.changes:
        yield Source(name, name, signature.changes[name], is_change=True)


def _described(source: Source) -> str:
    if source.field:
        return f"the field {source.field} of {source.argument}"
    return f"the argument {source.argument}"


def _nothing_gives(name: str, signature: Signature) -> str:
    for argument in signature.arguments.values():
        if argument.model is None or argument.rows:
            continue
        value = field_types(argument.model).get(name)
        if isinstance(value, str):
            return f":{name}: {value}"
        if value is not None:
            return f":{name} is a field of {argument.name}, which may be None; mark its line `-- when {argument.name}`"
    if name.endswith("_fold"):
        return f":{name} needs `{name.removesuffix('_fold')}` to be Annotated[str, CaseInsensitive]"
    return f"no argument gives :{name}"


# Within a list of models a JSON value stays JSON instead of becoming text inside JSON.
_ROW_ENCODE: Final[Mapping[str, Encode]] = {**JSON_ENCODE, "json": from_json, "model": from_json, "models": from_json}

Getter = Callable[[Values, Any], Any]


def getter(source: Source, line: Line, signature: Signature, encode: Mapping[str, Encode]) -> Getter:
    """`get(values, db)`: the value to send for one parameter, checked and encoded."""
    if source.derived == "now":
        to_wire = encode.get("instant")
        return lambda values, db: db.now() if to_wire is None else to_wire(db.now())
    if source.derived == "is_set":
        return lambda values, db: source.argument in values
    if source.value is None:
        return _rows_getter(signature.arguments[source.argument], signature)
    if source.derived == "fold":
        return _fold_getter(source)
    if source.value.sealed:
        return _sealed_getter(source, line, signature)
    if source.name == "now" and source.value.kind == "instant":
        return _chosen_now(source, encode)
    encoded = encoder(source.name, source.value, encode)
    if source.is_change:
        return lambda values, db: encoded(values[source.argument]) if source.argument in values else None
    if source.field is None:
        key = source.argument
        return lambda values, db: encoded(values[key])
    return lambda values, db: encoded(source.raw(values))


def _chosen_now(source: Source, encode: Mapping[str, Encode]) -> Getter:
    """`now: datetime | None = None`: the caller's instant, else the database's clock."""
    to_wire = encode.get("instant", lambda value: value)

    def get(values: Values, db: Any) -> Any:
        given = values["now"]
        return to_wire(db.now() if given is None else check_instant("now", given))

    return get


def _fold_getter(source: Source) -> Getter:
    """The fold may be all that the statement uses, so the text itself is checked here too."""
    name = source.name.removesuffix("_fold")
    if source.value is None:
        raise TypeError(source.name)
    check = encoder(name, source.value, {})

    def get(values: Values, db: Any) -> Any:
        if source.is_change and source.argument not in values:
            return None
        text = check(source.raw(values))
        return None if text is None else fold(name, text)

    return get


def _sealed_getter(source: Source, line: Line, signature: Signature) -> Getter:
    """Seals the value to the bound values of the same model, else of the arguments."""
    value = source.value
    if value is None or value.sealed is None:
        raise TypeError(source.name)
    bound = [_bound(name, source, line, signature) for name in value.sealed.bind]
    seal = sealer(source.name, value)

    def get(values: Values, db: Any) -> Any:
        raw = source.raw(values)
        return None if raw is None and source.is_change else seal(raw, db.keyring, [get(values) for get in bound])

    return get


def _bound(name: str, source: Source, line: Line, signature: Signature) -> Callable[[Values], Any]:
    if source.field:
        model = signature.arguments[source.argument].model
        if model and name in model.model_fields:
            return Source(name, source.argument, field=name).raw
    try:
        return resolve(name, line, signature).raw
    except Unresolved as reason:
        raise Unresolved(f":{source.name} is sealed to {name}, but {reason}") from None


def sealer(name: str, value: ValueType) -> Callable[[Any, Keyring, list[Any]], Any]:
    """`seal(value, keyring, bound)`: the text to store."""
    sealed = value.sealed
    if sealed is None:
        raise TypeError(name)
    encoded = encoder(name, value, {})

    def seal(raw: Any, keyring: Keyring, bound: list[Any]) -> Any:
        plain = encoded(raw)
        if plain is None:
            return None
        if None in bound:
            raise InvalidValue(f"{name}: sealed to {', '.join(sealed.bind)}, none of which may be None")
        return keyring.seal(plain.encode(), table=sealed.table, column=sealed.column, bound=[str(b) for b in bound])

    return seal


def _rows_getter(argument: Argument, signature: Signature) -> Getter:
    """All rows as one JSON parameter, so that many rows are one statement."""
    model = argument.model
    if model is None:
        raise TypeError(argument.name)
    columns: list[tuple[str, Callable[[Any, Values, Any], Any]]] = []
    for name, value in field_types(model).items():
        if isinstance(value, ValueType):
            columns.append((name, _cell(name, value, model.model_fields.keys(), signature)))
            if value.case_insensitive:
                columns.append((f"{name}_fold", _fold_cell(name)))

    def get(values: Values, db: Any) -> str:
        rows = values[argument.name]
        for row in rows:
            if not isinstance(row, model):
                raise InvalidValue(f"{argument.name}: expected {model.__name__}, got {type(row).__name__}")
        return to_json([{name: cell(row, values, db) for name, cell in columns} for row in rows]).decode()

    return get


def _cell(name: str, value: ValueType, fields: Any, signature: Signature) -> Callable[[Any, Values, Any], Any]:
    if value.sealed is None:
        encoded = encoder(name, value, _ROW_ENCODE)
        return lambda row, values, db: encoded(getattr(row, name))
    seal, bind = sealer(name, value), value.sealed.bind
    missing = [bound for bound in bind if bound not in fields and bound not in signature.arguments]
    if missing:
        raise Unresolved(f":{name} is sealed to {', '.join(missing)}, which nothing gives")

    def cell(row: Any, values: Values, db: Any) -> Any:
        bound = [getattr(row, key) if key in fields else values[key] for key in bind]
        return seal(getattr(row, name), db.keyring, bound)

    return cell


def _fold_cell(name: str) -> Callable[[Any, Values, Any], Any]:
    def cell(row: Any, values: Values, db: Any) -> Any:
        raw = getattr(row, name)
        return None if raw is None else fold(name, raw)

    return cell
