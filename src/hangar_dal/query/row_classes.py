"""Dataclasses, TypedDicts and NamedTuples as rows: a model with the same fields, by which everything else reads them.

The rows themselves are made by Pydantic from the class, as those of models are.
"""

import dataclasses
import typing
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, NamedTuple, Union, get_args, get_origin, get_type_hints

import typing_extensions
from pydantic import BaseModel, ConfigDict, create_model
from typing_extensions import is_typeddict

from hangar_dal.database.refused_types import UnsupportedType

_ITEM_MARKS: Final = (
    typing.NotRequired,
    typing.Required,
    typing_extensions.NotRequired,
    typing_extensions.Required,
    typing_extensions.ReadOnly,
)
# Pydantic takes no TypedDict of `typing` before Python 3.12. Any: it is called with fields that are known at run time.
_TYPED_DICT: Final[Any] = typing_extensions.TypedDict


class RowClass(NamedTuple):
    """A class whose instances are rows: the type that Pydantic makes, and a model with its fields."""

    annotation: Any
    model: type[BaseModel]
    optional: bool = False


def row_class(hint: Any) -> RowClass | None:
    """Return the row class that an annotation means, also with `| None`; None for models and values.

    Raises `UnsupportedType` if rows cannot become instances of the class.
    """
    bare, optional = hint, False
    if get_origin(bare) in (Union, UnionType):
        arms = [arm for arm in get_args(bare) if arm is not NoneType]
        bare, optional = arms[0] if len(arms) == 1 else None, True
    if get_origin(bare) is Annotated:
        bare = get_args(bare)[0]
    if not isinstance(bare, type) or not (
        dataclasses.is_dataclass(bare) or is_typeddict(bare) or _is_named_tuple(bare)
    ):
        return None
    return _made(bare)._replace(optional=optional)


def _is_named_tuple(of: Any) -> bool:
    return isinstance(of, type) and issubclass(of, tuple) and hasattr(of, "_fields")


@lru_cache(maxsize=1024)
def _made(of: type[Any]) -> RowClass:
    hints = _hints(of)
    if dataclasses.is_dataclass(of):
        for each in dataclasses.fields(of):
            if not each.init:
                message = f"{of.__name__}.{each.name} is a field with init=False, which no column can fill"
                raise UnsupportedType(message, "make it a property")
        names = [each.name for each in dataclasses.fields(of)]
    else:
        names = list(getattr(of, "_fields", hints))
    if missing := [name for name in names if name not in hints]:
        raise UnsupportedType(f"{of.__name__}.{missing[0]} has no type", "write a typing.NamedTuple, with types")
    if hidden := [name for name in names if name.startswith("_")]:
        raise UnsupportedType(f"{of.__name__}.{hidden[0]} begins with _", "rename the field and its column")
    if not names:
        raise UnsupportedType(f"{of.__name__} has no fields", "declare one for each column")
    fields: dict[str, Any] = {name: (_without_marks(hints[name]), ...) for name in names}
    made: Any = (
        _TYPED_DICT(of.__name__, {name: type_ for name, (type_, _) in fields.items()}) if is_typeddict(of) else of
    )
    config = ConfigDict(protected_namespaces=(), use_enum_values=_config(of).get("use_enum_values", False))
    model = create_model(of.__name__, __config__=config, __module__=of.__module__, **fields)
    return RowClass(made, model)


def _config(of: type[Any]) -> ConfigDict:
    config: ConfigDict | None = getattr(of, "__pydantic_config__", None)
    return config or ConfigDict()


def _hints(of: type[Any]) -> dict[str, Any]:
    try:
        return get_type_hints(of, include_extras=True)
    except Exception as fault:  # an annotation may fail in any way
        name = getattr(fault, "name", None) or str(fault)
        message = f"the annotation {name} of {of.__name__} cannot be resolved"
    raise UnsupportedType(message, "import it at run time, not under TYPE_CHECKING")


def _without_marks(hint: Any) -> Any:
    """Return the type of an item of a TypedDict. Each column is there, so each key is."""
    while get_origin(hint) in _ITEM_MARKS:
        hint = get_args(hint)[0]
    return hint
