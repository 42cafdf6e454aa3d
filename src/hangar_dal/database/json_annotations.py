"""Annotations of JSON documents, such as `dict[str, list[int]]`. Below `types`."""

from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import JsonValue
from typing_extensions import TypeAliasType

from hangar_dal.database.refused_types import UnsupportedType, refuse_one_way, refuse_unstorable

_IN_JSON: Final = (str, int, float, bool, NoneType)


def rules_of_json(annotation: Any) -> Any:
    """Return the annotation if Pydantic must validate the JSON; None if any JSON is allowed."""
    return None if _is_any_json(annotation) else annotation


def _is_any_json(annotation: Any) -> bool:
    """Whether the annotation allows any JSON. Raises `UnsupportedType` if JSON does not preserve the values."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is JsonValue:
        return True
    if isinstance(annotation, TypeAliasType):
        return _is_any_json(annotation.__value__)
    if origin is Annotated:
        refuse_one_way(arguments[1:])
        _is_any_json(arguments[0])
        return False
    if origin is dict:
        has_rules = _has_rules_of_key(arguments[0])
        return _is_any_json(arguments[1]) and not has_rules
    if origin is list:
        return _is_any_json(arguments[0])
    if origin in (Union, UnionType):
        arms = [_is_any_json(arm) for arm in arguments]  # a list, so that every arm is checked
        return all(arms)
    if origin is Literal:
        refuse_unstorable(arguments)
    elif annotation not in _IN_JSON:
        name = getattr(annotation, "__name__", annotation)
        raise UnsupportedType(f"{name} cannot be read back from JSON", "write JsonValue, or a model with such a field")
    return False


def _has_rules_of_key(annotation: Any) -> bool:
    """Return whether Pydantic must validate the keys of an object. Raises `UnsupportedType` unless they are texts."""
    if isinstance(annotation, TypeAliasType):
        return _has_rules_of_key(annotation.__value__)
    if annotation is str:
        return False
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal and all(type(each) is str for each in arguments):
        refuse_unstorable(arguments)
        return True
    if origin is Annotated:
        refuse_one_way(arguments[1:])
        _has_rules_of_key(arguments[0])
        return True
    raise UnsupportedType("a key of a JSON object is text", "write dict[str, ...]")
