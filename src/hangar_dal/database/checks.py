"""Check values before any I/O, with one check for each annotated type, the same for both databases.

The rules are in `values`.
"""

from collections.abc import Callable, Mapping, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isinf
from typing import Any, Final, get_args
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from hangar_dal.database.json_values import into_json
from hangar_dal.database.kinds import DECIMAL_KIND
from hangar_dal.database.marked_checks import marked_check, range_check
from hangar_dal.database.types import Dialects, ValueType, field_types, kind_of
from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.sizes import MAX_LIST_ITEMS, check_count, check_texts
from hangar_dal.values import (
    check_decimal,
    check_float,
    check_instant,
    check_int,
    check_naive,
    check_text,
    check_timedelta,
    json_text,
    json_value,
)

Check = Callable[[str, Any], Any]


def _expect(python: type[Any], rule: Check | None = None) -> Check:
    """Return a check for exactly this type. A subclass is refused, because it would be read back as its parent."""

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
    if type(value) is int:
        return float(check_int(name, value))
    if type(value) is not float:
        raise InvalidValue(f"{name}: expected float, got {type(value).__name__}")
    return check_float(name, value)


def _check_finite(name: str, value: Any) -> float:
    if isinf(checked := _check_float(name, value)):
        raise InvalidValue(f"{name}: a number in a list must be finite, because JSON has no infinity")
    return checked


_CHECKS: Final[Mapping[str, Check]] = {
    "text": _expect(str, check_text),
    "int": _expect(int, check_int),
    "bool": _expect(bool),
    "float": _check_float,
    "bytes": _expect(bytes),
    "uuid": _check_uuid,
    "instant": _check_instant,
    "date": _expect(date),
    "numeric": _expect(Decimal, check_decimal),
    "interval": _expect(timedelta),
    "time without time zone": _expect(time, check_naive),
    "timestamp without time zone": _expect(datetime, check_naive),
}
_CHECK_STORED_INTERVAL: Final = _expect(timedelta, check_timedelta)
_CHECKS_IN_JSON: Final[Mapping[str, Check]] = {**_CHECKS, "float": _check_finite}


def checker(value: ValueType, *, in_json: bool = False, write: Check = json_text) -> Check:
    """Return `check(name, value)`, which returns the plain value to encode or raises `InvalidValue`.

    The value must not be None. Pass `in_json=True` if the value is inside a JSON document, such as an item of a list.
    `write` makes the plain value of JSON and of models: its text, or with `json_value` a part of another document.
    """
    check = _bare_check(value, _CHECKS_IN_JSON if in_json else _CHECKS, write)
    if value.constrained is None:
        return check
    try:
        validate = _validator(value.constrained)
    except TypeError:  # an annotation that cannot be hashed
        validate = _validator.__wrapped__(value.constrained)
    strict = True if value.kind == "json" else None  # no other check looks at types inside JSON

    def constrained(name: str, given: Any) -> Any:
        plain = check(name, given)
        try:
            valid = validate(given, strict=strict)
            return plain if valid is given else check(name, valid)
        except ValidationError as refused:
            raise_alone(InvalidValue(f"{name}: {'; '.join(reasons(refused))}"))

    return constrained


@lru_cache(maxsize=1024)  # many parameters share an annotation, such as PageSize, and its validator is slow to build
def _validator(constrained: Any) -> Callable[..., Any]:
    return TypeAdapter[Any](constrained).validator.validate_python


# The error types whose messages do not contain the input. `value_error` and `assertion_error` have messages of the
# model's author.
_OWN_WORDS: Final = {"hangar_email", "hangar_name", "hangar_part", "hangar_range", *get_args(ErrorType)} - {
    "value_error",
    "assertion_error",
    "uuid_parsing",
}


def reasons(refused: ValidationError) -> list[str]:
    """Return a sentence for each reason why a value was refused. The sentences do not contain the value."""
    errors = refused.errors(include_input=False, include_url=False, include_context=False)
    return [error["msg"] if error["type"] in _OWN_WORDS else "a validator of its type refused it" for error in errors]


def _bare_check(value: ValueType, checks: Mapping[str, Check], write: Check) -> Check:
    if value.postgres is not None:
        return marked_check(value, lambda below: checker(below, in_json=checks is _CHECKS_IN_JSON))
    if value.bound is not None and value.item is not None:
        return range_check(value, checker(value.item))
    if value.python is not None and issubclass(value.python, Enum):
        return _enum_check(value.python)
    if value.allowed:
        return _literal_check(value.allowed)
    if value.kind == "json":
        return _classes_check(value.classes, write)
    if value.classes:
        return _classes_check(value.classes)
    if value.kind in ("model", "models") and value.python is not None:
        check = _model_check if value.kind == "model" else _models_check
        return check(value.python, value.dialects, write)
    if value.kind == "list" and value.item is not None:
        each, optional, of_text = checker(value.item, in_json=True), value.item.optional, value.item.kind == "text"
        must_be_set = value.is_set
        order = _text_last if value.item.classes else _none_last  # addresses and ranges have no order among all of them

        def check_list(name: str, given: Any) -> list[Any]:
            # A length is needed to check the number of items. An iterator has none.
            if isinstance(given, str | bytes | Mapping) or not (
                hasattr(given, "__iter__") and hasattr(given, "__len__")
            ):
                raise InvalidValue(f"{name}: expected a list, got {type(given).__name__}")
            is_set = isinstance(given, Set)
            if must_be_set and not is_set:
                raise InvalidValue(f"{name}: expected a set, got {type(given).__name__}")
            check_count(name, len(given), MAX_LIST_ITEMS, "items")
            if of_text:
                check_texts(name, given)
            items = [None if item is None and optional else each(name, item) for item in given]
            return sorted(items, key=order) if is_set else items  # a set has another order in each process

        return check_list
    if value.kind == "interval" and "sqlite" in value.dialects:
        return _CHECK_STORED_INTERVAL
    return checks["numeric" if value.kind.startswith(DECIMAL_KIND) else value.kind]


def _none_last(item: Any) -> tuple[bool, Any]:
    return item is None, item


def _text_last(item: Any) -> tuple[bool, str]:
    return item is None, str(item)


def _classes_check(classes: tuple[type[Any], ...], rule: Check | None = None) -> Check:
    """Return a check for exactly these classes, or for all of them if there are none."""
    expected = " or ".join(each.__name__ for each in classes)

    def check(name: str, given: Any) -> Any:
        if classes and type(given) not in classes:
            raise InvalidValue(f"{name}: expected {expected}, got {type(given).__name__}")
        return rule(name, given) if rule else given

    return check


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


def _model_check(python: type[Any], dialects: Dialects, write: Check) -> Check:
    build = _object(python, dialects)

    def check(name: str, given: Any) -> Any:
        return write(name, build(name, given))

    return check


def _models_check(python: type[Any], dialects: Dialects, write: Check) -> Check:
    build = _object(python, dialects)

    def check(name: str, given: Any) -> Any:
        if not isinstance(given, list | tuple):
            raise InvalidValue(f"{name}: expected a list, got {type(given).__name__}")
        check_count(name, len(given), MAX_LIST_ITEMS, "items")
        return write(name, [build(name, each) for each in given])

    return check


def _object(python: type[BaseModel], dialects: Dialects) -> Check:
    """Return a check that converts a model to a JSON object of its fields, without computed fields and serializers."""
    types = field_types(python, dialects)
    fields = [(field, _part(found)) for field, found in types.items() if isinstance(found, ValueType)]

    def build(name: str, given: Any) -> dict[str, Any]:
        if type(given) is not python:  # a subclass would come back as its parent
            raise InvalidValue(f"{name}: expected {python.__name__}, got {type(given).__name__}")
        return {field: part(f"{name}.{field}", getattr(given, field)) for field, part in fields}

    return build


def _part(value: ValueType) -> Check:
    """Return a check that converts the value of a field to a value inside a JSON document."""
    check, inside = checker(value, in_json=True, write=json_value), into_json(kind_of(value))

    def part(name: str, given: Any) -> Any:
        if given is None and value.optional:
            return None
        if given is None:
            raise InvalidValue(f"{name}: must not be None")
        plain = check(name, given)
        return plain if inside is None else inside(plain)

    return part
