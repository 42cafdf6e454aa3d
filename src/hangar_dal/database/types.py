"""The meaning of an annotation for the databases of a catalog: the kinds of values that all of them can store.

`value_type` refuses annotations whose values would not be read back equal from each of these databases. Below `checks`
and the codecs of the dialects.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Final, ForwardRef, Literal, NewType, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from typing_extensions import TypeAliasType

from hangar_dal.database.json_annotations import rules_of_json
from hangar_dal.database.kinds import BY_ANNOTATION, CLASSES, Kind
from hangar_dal.database.refused_types import (
    REFUSED,
    UnsupportedType,
    refuse_one_way,
    refuse_unstorable,
    without_sqlite,
)
from hangar_dal.emails import EmailAddress, fold_email
from hangar_dal.grams import Searchable, email_grams, grams
from hangar_dal.rules import Problem
from hangar_dal.sealing import Sealed
from hangar_dal.sqlscan import DIALECTS, Dialect
from hangar_dal.values import CaseInsensitive, fold
from hangar_dal.words import SearchableWords, words

Fold = Callable[[str, str], str]
Grams = Callable[[str, Any], list[str]]
Dialects = tuple[Dialect, ...]
DERIVED: Final = ("fold", "grams", "words")


@dataclass(frozen=True, slots=True)
class ValueType:
    """An annotation, parsed for the databases of a catalog.

    `kind` names the codec. Most other fields come from the markers in `Annotated`.
    """

    kind: str
    optional: bool = False
    item: "ValueType | None" = None
    python: type[Any] | None = None
    classes: tuple[type[Any], ...] = ()  # of addresses, and at the top of JSON; empty for any JSON
    allowed: tuple[Any, ...] = ()
    fold: Fold | None = None  # computes `<name>_fold`
    grams: Grams | None = None  # computes `<name>_grams`
    words: Grams | None = None  # computes `<name>_words`
    sealed: Sealed | None = None
    constrained: Any = None  # the annotation, if Pydantic must validate the value
    is_set: bool = False  # a list without duplicates, sent in sorted order
    dialects: Dialects = DIALECTS

    def derives(self, kind: str) -> Fold | Grams | None:
        """Return the function that computes `<name>_fold`, `<name>_grams` or `<name>_words`; None if there is none."""
        return {"fold": self.fold, "grams": self.grams, "words": self.words}.get(kind)


_SETS: Final = (set, frozenset, Set)
COLLECTIONS: Final = (tuple, Sequence, *_SETS)


def value_type(annotation: Any, dialects: Dialects = DIALECTS) -> ValueType:
    """Parse an annotation for a catalog of these dialects. Raises `UnsupportedType`, which says what to write instead.

    A catalog for PostgreSQL alone takes more annotations.
    """
    markers: list[Any] = []
    optional, bare = False, annotation
    while True:
        if get_origin(bare) is Annotated:
            bare, *found = get_args(bare)
            markers += found
        elif isinstance(bare, TypeAliasType) and bare not in BY_ANNOTATION:
            bare = bare.__value__
        elif isinstance(bare, NewType):
            bare = bare.__supertype__
        elif get_origin(bare) in (Union, UnionType) and NoneType in get_args(bare):
            optional = True
            bare = Union[tuple(arm for arm in get_args(bare) if arm is not NoneType)]  # noqa: UP007 - made at run time
        else:
            break
    refuse_one_way(markers)
    sealed = next((marker for marker in markers if isinstance(marker, Sealed)), None)
    folds = [derive for marker in markers if (derive := _fold(marker))]
    if len(set(folds)) > 1:
        raise UnsupportedType("CaseInsensitive and EmailAddress derive the same `_fold`", "keep one of them")
    searched = any(_is(marker, Searchable) for marker in markers)
    of_words = any(_is(marker, SearchableWords) for marker in markers)
    silent = sum(
        isinstance(marker, Sealed) or _is(marker, Searchable) or _is(marker, SearchableWords) or _fold(marker) is fold
        for marker in markers
    )
    found_type = _bare_type(bare, dialects)
    if sealed and found_type.kind not in ("text", "json"):
        raise UnsupportedType("only text and JSON can be sealed")
    return replace(
        found_type,
        optional=optional,
        sealed=sealed,
        fold=folds[0] if folds else None,
        grams=(email_grams if fold_email in folds else grams) if searched else None,
        words=words if of_words else None,
        constrained=annotation if len(markers) > silent else found_type.constrained,
        dialects=dialects,
    )


def _fold(marker: Any) -> Fold | None:
    for kind, derive in ((CaseInsensitive, fold), (EmailAddress, fold_email)):
        if _is(marker, kind):
            return derive
    return None


def _is(marker: Any, kind: type[Any]) -> bool:
    return marker is kind or isinstance(marker, kind)


def _bare_type(bare: Any, dialects: Dialects) -> ValueType:
    origin, arguments = get_origin(bare), get_args(bare)
    if bare in BY_ANNOTATION:
        return _of_kind(BY_ANNOTATION[bare], bare, dialects)
    if bare in REFUSED:
        raise UnsupportedType(*REFUSED[bare])
    if origin is Literal:
        return ValueType(_scalar_kind(arguments), allowed=arguments)
    if origin is dict:
        return ValueType("json", classes=(dict,), constrained=rules_of_json(bare))
    if origin in (Union, UnionType):
        return _union_type(bare, dialects)
    if origin is list:
        return _list_type(bare, dialects)
    if origin in COLLECTIONS:
        return _collection_type(bare, dialects)
    if isinstance(bare, str | ForwardRef):
        name = getattr(bare, "__forward_arg__", bare)
        raise UnsupportedType(f"{name} cannot be resolved", "import it at run time, not under TYPE_CHECKING")
    if isinstance(bare, TypeVar):
        raise UnsupportedType(f"the type variable {bare.__name__} has no type here", "write one, as in `Page[Item]`")
    if isinstance(bare, type):
        return _class_type(bare, dialects)
    raise _no_column(bare, dialects)


def _of_kind(kind: Kind, bare: Any, dialects: Dialects) -> ValueType:
    if kind.refused is not None and "sqlite" in dialects:
        raise UnsupportedType(*without_sqlite(kind.refused, dialects))
    return ValueType(kind.name, classes=CLASSES.get(bare, ()))


def _union_type(bare: Any, dialects: Dialects) -> ValueType:
    arms = [_part(arm, dialects) for arm in get_args(bare)]
    kinds = {arm.kind for arm in arms}
    of_each = [arm.classes for arm in arms]
    classes = sum(of_each, ()) if all(of_each) else ()
    if len(kinds) == 1 and classes and kinds <= {"inet", "cidr"}:
        return ValueType(kinds.pop(), classes=classes)
    if kinds != {"json"}:
        raise UnsupportedType("a union of several types has no single column type", "use one type, or JsonValue")
    return ValueType("json", classes=classes, constrained=rules_of_json(bare))


def _list_type(bare: Any, dialects: Dialects) -> ValueType:
    item = _part(get_args(bare)[0], dialects)
    if item.kind in ("json", "list", "models"):
        return ValueType("json", classes=(list,), constrained=rules_of_json(bare))
    if item.kind == "bytes" and "sqlite" in dialects:
        raise UnsupportedType(*without_sqlite(Problem("SQLite stores a list as JSON, which has no bytes"), dialects))
    if item.kind == "model" and item.optional:
        raise UnsupportedType("a list of models cannot hold None", "leave such rows out")
    if item.kind == "model":
        return ValueType("models", item=item, python=item.python)
    if item.kind == "text" and (item.python or item.allowed) and "sqlite" not in dialects:
        item = replace(item, kind="label")
    return ValueType("list", item=item)


def _collection_type(bare: Any, dialects: Dialects) -> ValueType:
    """Parse a tuple, a set or a Sequence, which is stored as a list is."""
    origin, arguments = get_origin(bare), get_args(bare)
    name, is_set = getattr(origin, "__name__", str(origin)), origin in _SETS
    if origin is tuple and arguments[1:] != (Ellipsis,):
        raise UnsupportedType("a tuple of several types has no column type", "write `tuple[X, ...]`, or a model")
    found = _list_type(GenericAlias(list, arguments[:1]), dialects)
    if found.kind == "json" or (found.kind == "models" and is_set):
        raise UnsupportedType(f"a {name} of models, lists or JSON has no column type", "write `list[...]`")
    return replace(found, is_set=is_set)


def _class_type(bare: type[Any], dialects: Dialects) -> ValueType:
    if issubclass(bare, Enum):
        return ValueType(_scalar_kind(tuple(member.value for member in bare)), python=bare)
    if issubclass(bare, RootModel):
        raise UnsupportedType(f"{bare.__name__} is a RootModel, which has no fields", "use the type that it holds")
    if issubclass(bare, BaseModel):
        return ValueType("model", python=bare)
    raise _no_column(bare, dialects)


def _no_column(bare: Any, dialects: Dialects) -> UnsupportedType:
    name = getattr(bare, "__name__", bare)
    if "sqlite" not in dialects:
        return UnsupportedType(f"{name} has no column type", "docs/one_database.md lists the types that have one")
    return UnsupportedType(f"{name} has no column type on both databases", "sql/README.md lists those that have")


def _part(annotation: Any, dialects: Dialects) -> ValueType:
    """Parse the item of a list or the arm of a union. `Sealed` is refused there: the value would be stored unsealed."""
    part = value_type(annotation, dialects)
    if part.sealed:
        raise UnsupportedType("`Sealed` marks a whole field: Annotated[..., Sealed(...)] around all of it")
    return part


def _scalar_kind(values: tuple[Any, ...]) -> str:
    kinds = {type(value) for value in values}
    if kinds not in ({str}, {int}):
        raise UnsupportedType("the values of an Enum or a Literal must be all text or all integers")
    refuse_unstorable(values)
    return BY_ANNOTATION[kinds.pop()].name


def kind_of(value: ValueType) -> str:
    """Return the kind that is stored: text for a sealed value, json for a model, `list:<kind>` for a list."""
    if value.sealed:
        return "text"
    if value.kind in ("model", "models"):
        return "json"
    if value.kind == "list" and value.item is not None:
        return f"list:{kind_of(value.item)}"
    return value.kind


@cache
def field_types(model: type[BaseModel], dialects: Dialects) -> Mapping[str, ValueType | Problem]:
    """Return the type of each field, in order, or the reason why these databases cannot store the field."""
    model.model_rebuild(raise_errors=False)  # resolve names that are defined after the model in its module
    found: dict[str, ValueType | Problem] = {}
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        for marker in field.metadata:
            annotation = Annotated[annotation, marker]
        try:
            found[name] = _unless_it_keeps_values(model, value_type(annotation, dialects))
        except UnsupportedType as refused:
            found[name] = refused.problem
    return found


def _unless_it_keeps_values(model: type[BaseModel], value: ValueType) -> ValueType | Problem:
    """Return the type, or a problem if the model stores the values of an Enum in place of its members."""
    python = (value.item or value).python
    if not model.model_config.get("use_enum_values") or python is None or not issubclass(python, Enum):
        return value
    message = f"use_enum_values=True of {model.__name__} puts a plain value in place of {python.__name__}"
    return Problem(message, "remove it from model_config, or declare a Literal of the values")


def inner_model(value: ValueType) -> type[BaseModel] | None:
    """Return the model in a JSON column that stores a model or a list of models; None for other types."""
    return value.python if value.kind in ("model", "models") else None
