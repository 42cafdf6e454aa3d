"""What an annotation means to a database: the kinds of value that both can hold, and how each is checked.

Stands on the database floor, below the dialects' codecs. `value_type` refuses, with the reason, what would not
come back equal from both databases; a check refuses values before any I/O (`values`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, JsonValue, SecretStr, TypeAdapter, ValidationError
from typing_extensions import TypeAliasType

from hangar_dal.errors import InvalidValue
from hangar_dal.sealing import Sealed
from hangar_dal.values import CaseInsensitive, check_float, check_instant, check_int, check_text, json_text

Check = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class ValueType:
    """One annotation, read: `kind` names the codec; the rest is what the markers in `Annotated` say."""

    kind: str
    optional: bool = False
    item: "ValueType | None" = None
    python: type[Any] | None = None
    containers: tuple[type[Any], ...] = ()  # what JSON must be at its top; empty for any JSON
    allowed: tuple[Any, ...] = ()
    case_insensitive: bool = False
    sealed: Sealed | None = None
    constrained: Any = None  # the annotation itself, where Pydantic has rules to enforce


class UnsupportedType(TypeError):
    """The sentence says why the annotation cannot be stored the same on both databases, and what to use."""


_PLAIN: Final[dict[Any, str]] = {
    str: "text",
    int: "int",
    bool: "bool",
    float: "float",
    bytes: "bytes",
    UUID: "uuid",
    datetime: "instant",
    date: "date",
    JsonValue: "json",
}
_REFUSED: Final[dict[Any, str]] = {
    Decimal: "SQLite has no decimal numbers; keep money as an int of minor units beside its currency",
    timedelta: "SQLite has no intervals; keep an int of seconds or microseconds",
    time: "keep a datetime, or an int of seconds since midnight",
    SecretStr: "a secret is hashed or sealed before it reaches SQL; declare a str or a Sealed field",
    Any: "say which type it is",
    object: "say which type it is",
}


def value_type(annotation: Any) -> ValueType:
    """Read an annotation; `UnsupportedType` says what to write instead."""
    markers: list[Any] = []
    optional, bare = False, annotation
    while True:
        if get_origin(bare) is Annotated:
            bare, *found = get_args(bare)
            markers += found
        elif isinstance(bare, TypeAliasType) and bare not in _PLAIN:
            bare = bare.__value__
        elif get_origin(bare) in (Union, UnionType) and NoneType in get_args(bare):
            optional = True
            bare = Union[tuple(arm for arm in get_args(bare) if arm is not NoneType)]  # noqa: UP007
        else:
            break
    sealed = next((marker for marker in markers if isinstance(marker, Sealed)), None)
    ours = [marker for marker in markers if marker is CaseInsensitive or isinstance(marker, CaseInsensitive | Sealed)]
    found_type = _bare_type(bare)
    return replace(
        found_type,
        optional=optional,
        sealed=sealed,
        case_insensitive=len(ours) > (sealed is not None),
        constrained=annotation if len(markers) > len(ours) else None,
    )


def _bare_type(bare: Any) -> ValueType:
    origin, arguments = get_origin(bare), get_args(bare)
    if bare in _PLAIN:
        return ValueType(_PLAIN[bare])
    if bare in _REFUSED:
        raise UnsupportedType(_REFUSED[bare])
    if origin is Literal:
        return ValueType(_scalar_kind(arguments), allowed=arguments)
    if origin is dict:
        return ValueType("json", containers=(dict,))
    if origin in (Union, UnionType):
        arms = [value_type(arm) for arm in arguments]
        if all(arm.kind == "json" for arm in arms):
            of_each = [arm.containers for arm in arms]
            return ValueType("json", containers=sum(of_each, ()) if all(of_each) else ())
        raise UnsupportedType("a union of several types has no one column type; only `| None` and JSON types go")
    if origin is list:
        item = value_type(arguments[0])
        if item.kind in ("json", "list"):
            return ValueType("json", containers=(list,))
        return ValueType("models" if item.kind == "model" else "list", item=item, python=item.python)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return ValueType(_scalar_kind(tuple(member.value for member in bare)), python=bare)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return ValueType("model", python=bare)
    raise UnsupportedType(f"{getattr(bare, '__name__', bare)} has no column type on both databases")


def _scalar_kind(values: tuple[Any, ...]) -> str:
    kinds = {type(value) for value in values}
    if kinds in ({str}, {int}):
        return _PLAIN[kinds.pop()]
    raise UnsupportedType("the values of an Enum or a Literal must be all text or all integers")


def _expect(python: type[Any], rule: Check | None = None) -> Check:
    """The exact type: a subclass would come back as its parent."""

    def check(name: str, value: Any) -> Any:
        if type(value) is not python:
            raise InvalidValue(f"{name}: expected {python.__name__}, got {type(value).__name__}")
        return rule(name, value) if rule else value

    return check


def _check_instant(name: str, value: Any) -> Any:
    if not isinstance(value, datetime):
        raise InvalidValue(f"{name}: expected datetime, got {type(value).__name__}")
    return check_instant(name, value)


def _check_uuid(name: str, value: Any) -> Any:
    if not isinstance(value, UUID):
        raise InvalidValue(f"{name}: expected uuid.UUID, got {type(value).__name__}")
    return value


def _check_float(name: str, value: Any) -> float:
    return check_float(name, value if type(value) is float else float(_expect(int, check_int)(name, value)))


def _check_model(name: str, value: Any) -> str:
    return json_text(name, value.model_dump(mode="json"))


def _check_models(name: str, value: Any) -> str:
    return json_text(name, [row.model_dump(mode="json") for row in value])


_CHECKS: Final[Mapping[str, Check]] = {
    "text": _expect(str, check_text),
    "int": _expect(int, check_int),
    "bool": _expect(bool),
    "float": _check_float,
    "bytes": _expect(bytes),
    "uuid": _check_uuid,
    "instant": _check_instant,
    "date": _expect(date),
    "model": _check_model,
    "models": _check_models,
}


def checker(value: ValueType) -> Check:
    """What refuses a value that is not None: `check(name, value)` returns the plain value to encode."""
    check = _bare_check(value)
    if value.constrained is None:
        return check
    validate = TypeAdapter[Any](value.constrained).validator.validate_python

    def constrained(name: str, given: Any) -> Any:
        plain = check(name, given)
        try:
            validate(given)
        except ValidationError as refused:
            reasons = "; ".join(str(error["msg"]) for error in refused.errors(include_input=False, include_url=False))
            raise InvalidValue(f"{name}: {reasons}") from None
        return plain

    return constrained


def _bare_check(value: ValueType) -> Check:
    if value.python is not None and issubclass(value.python, Enum):
        return _enum_check(value.python)
    if value.allowed:
        return _literal_check(value.allowed)
    if value.kind == "json":
        containers = value.containers
        expected = " or ".join(container.__name__ for container in containers)

        def check_json(name: str, given: Any) -> str:
            if containers and type(given) not in containers:
                raise InvalidValue(f"{name}: expected {expected}, got {type(given).__name__}")
            return json_text(name, given)

        return check_json
    if value.kind == "list" and value.item is not None:
        each, optional = checker(value.item), value.item.optional

        def check_list(name: str, given: Any) -> list[Any]:
            if isinstance(given, str | bytes | Mapping) or not hasattr(given, "__iter__"):
                raise InvalidValue(f"{name}: expected a list, got {type(given).__name__}")
            return [None if item is None and optional else each(name, item) for item in given]

        return check_list
    return _CHECKS[value.kind]


def _enum_check(python: type[Enum]) -> Check:
    def check(name: str, given: Any) -> Any:
        if not isinstance(given, python):
            raise InvalidValue(f"{name}: expected {python.__name__}, got {type(given).__name__}")
        return given.value

    return check


def _literal_check(allowed: tuple[Any, ...]) -> Check:
    def check(name: str, given: Any) -> Any:
        if given not in allowed or type(given) is not type(allowed[0]):
            raise InvalidValue(f"{name}: must be one of {', '.join(map(repr, allowed))}")
        return given

    return check
