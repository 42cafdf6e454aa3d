"""Checks of ranges, and of values with a `PostgresType`. Below `checks`, which passes its own checks.

The check of a value with a `PostgresType` returns the text to send.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from hangar_dal.database.texts import record_text, writer
from hangar_dal.database.types import ValueType, field_types
from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.ranges import Multirange, Range
from hangar_dal.values import check_text

Check = Callable[[str, Any], Any]


def marked_check(value: ValueType, check_of: Callable[[ValueType], Check]) -> Check:
    """Return a check that returns the text of a value. `check_of` returns the check of any other type."""
    marker, below = value.postgres, value.below
    if marker is not None and marker.dump is not None:
        return _dumped(marker.name, marker.dump)
    if below is None:
        raise TypeError(value.kind)
    if below.kind == "model" and below.python is not None:
        return _composite(below.python, below, check_of)
    check, write = check_of(below), writer(below)
    return lambda name, given: write(check(name, given))


def range_check(value: ValueType, check_bound: Check) -> Check:
    """Return a check of a range or a multirange, and of each of its bounds."""
    python = value.classes[0]

    def check_range(name: str, given: Range[Any]) -> Range[Any]:
        if given.is_empty:
            return given
        lower, upper = (None if each is None else check_bound(name, each) for each in (given.lower, given.upper))
        return Range(lower, upper, given.bounds)

    def check(name: str, given: Any) -> Any:
        if type(given) is not python:
            raise InvalidValue(f"{name}: expected {python.__name__}, got {type(given).__name__}")
        if python is Range:
            return check_range(name, given)
        return Multirange(check_range(name, each) for each in given)

    return check


def is_composite(value: ValueType) -> bool:
    """Return whether the value, or each item of a list, is a model that is stored as a composite type."""
    item = value.item if value.kind == "list" and value.item is not None else value
    return item.below is not None and item.below.kind == "model"


def _dumped(type_: str, dump: Callable[[Any], str]) -> Check:
    def check(name: str, given: Any) -> str:
        try:
            text = dump(given)
        except Exception as fault:  # of the application; its message may contain the value
            kind = type(fault).__name__
            raise_alone(InvalidValue(f"{name}: dump of PostgresType({type_!r}) failed with {kind}"))
        if type(text) is not str:
            raise InvalidValue(f"{name}: dump of PostgresType({type_!r}) returned {type(text).__name__}, not str")
        return check_text(name, text)

    return check


def _composite(python: type[BaseModel], value: ValueType, check_of: Callable[[ValueType], Check]) -> Check:
    types = field_types(python, value.dialects)
    known = {each: found for each, found in types.items() if isinstance(found, ValueType)}
    fields = [(each, found, check_of(found), writer(found)) for each, found in known.items()]

    def check(name: str, given: Any) -> str:
        if type(given) is not python:  # a subclass would come back as its parent
            raise InvalidValue(f"{name}: expected {python.__name__}, got {type(given).__name__}")
        parts: list[str | None] = []
        for each, found, check_field, write in fields:
            part = getattr(given, each)
            if part is None and not found.optional:
                raise InvalidValue(f"{name}.{each}: must not be None")
            parts.append(None if part is None else write(check_field(f"{name}.{each}", part)))
        return record_text(parts)

    return check
