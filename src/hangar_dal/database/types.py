"""The meaning of an annotation for the databases of a catalog: the kinds of values that all of them can store.

`value_type` refuses annotations whose values would not be read back equal from each of these databases. Below `checks`
and the codecs of the dialects.
"""

from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from enum import Enum
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Final, ForwardRef, Literal, NamedTuple, NewType, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from typing_extensions import TypeAliasType

from hangar_dal.database.json_annotations import rules_of_json
from hangar_dal.database.kinds import (
    BY_ANNOTATION,
    BY_NAME,
    CLASSES,
    Kind,
    multirange_kind,
    postgresql_kind,
    range_kind,
    spelled,
)
from hangar_dal.database.markers import Fold as Fold
from hangar_dal.database.markers import Grams as Grams
from hangar_dal.database.markers import read_markers
from hangar_dal.database.number_rules import decimal_of
from hangar_dal.database.refused_types import REFUSED, UnsupportedType, no_column, scalar_kind, without_sqlite
from hangar_dal.errors import raise_alone
from hangar_dal.postgresql_types import PostgresType
from hangar_dal.ranges import Multirange, Range
from hangar_dal.rules import Problem
from hangar_dal.sealing import Sealed
from hangar_dal.sqlscan import DIALECTS, Dialect

Dialects = tuple[Dialect, ...]
DERIVED: Final = ("fold", "grams", "words")
MARKED: Final = "as:"  # the beginning of the kind of a value with a PostgresType, before the kind of its column


class ValueType(NamedTuple):
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
    postgres: PostgresType | None = None
    below: "ValueType | None" = None  # the type without its PostgresType, if that has no `dump`
    bound: Kind | None = None  # of a range or a multirange, whose `item` is the type of its bounds
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
    marks = read_markers(markers)
    if marks.postgres is not None:
        found_type = _marked_type(bare, marks.postgres, dialects)
    elif bare is Decimal and "sqlite" in dialects:
        found_type = ValueType(decimal_of(annotation, dialects))
    else:
        found_type = _bare_type(bare, dialects)
    if marks.sealed and found_type.kind not in ("text", "json"):
        raise UnsupportedType("only text and JSON can be sealed")
    return found_type._replace(
        optional=optional,
        sealed=marks.sealed,
        fold=marks.fold,
        grams=marks.grams,
        words=marks.words,
        constrained=annotation if marks.constrains else found_type.constrained,
        dialects=dialects,
    )


def _marked_type(bare: Any, marker: PostgresType, dialects: Dialects) -> ValueType:
    """Parse an annotation that names its type of PostgreSQL."""
    if "sqlite" in dialects:
        raise UnsupportedType(*without_sqlite(Problem("SQLite has no types of PostgreSQL"), dialects))
    kind = f"{MARKED}{postgresql_kind(marker.name)}"
    if marker.dump is not None:
        return ValueType(kind, postgres=marker, constrained=Annotated[bare, marker])
    if get_origin(bare) in (Range, Multirange) and bare not in BY_ANNOTATION:
        below = _range_type(bare, marker.name, dialects)
    else:
        below = _bare_type(bare, dialects)
    below = below._replace(dialects=dialects)
    if below.kind == "model" and below.python is not None:
        _refuse_composite(below.python, dialects)
    elif below.kind not in BY_NAME and below.kind != "json" and below.bound is None:
        raise UnsupportedType(
            f"PostgresType({marker.name!r}) does not know how such a value is written",
            "mark the items of a list, or give dump and load",
        )
    return ValueType(kind, postgres=marker, below=below, constrained=below.constrained)


def _refuse_composite(model: type[BaseModel], dialects: Dialects) -> None:
    """Raise `UnsupportedType` if a value of a composite type cannot have the fields of the model."""
    try:
        fields = field_types(model, dialects)
    except RecursionError:
        raise_alone(UnsupportedType(f"{model.__name__} contains itself", "a composite type of PostgreSQL cannot"))
    for name, value in fields.items():
        if isinstance(value, Problem):
            raise UnsupportedType(*value.of(f"{model.__name__}.{name}"))
        if value.sealed or value.kind in ("model", "models"):
            message = f"{model.__name__}.{name} is sealed or a model, which no composite type holds"
            raise UnsupportedType(message, "mark it with its own PostgresType, or store it in its own column")


def _range_type(bare: Any, name: str, dialects: Dialects) -> ValueType:
    """Parse a range or a multirange of a type that an application has made."""
    bound = _part(get_args(bare)[0], dialects)
    if bound.kind not in BY_NAME:
        raise UnsupportedType("a range has bounds of one type, such as date", "declare it")
    make = range_kind if get_origin(bare) is Range else multirange_kind
    return ValueType(
        name, item=bound, bound=make(BY_NAME[bound.kind], name), classes=(get_origin(bare),), constrained=bare
    )


def _bare_type(bare: Any, dialects: Dialects) -> ValueType:
    origin, arguments = get_origin(bare), get_args(bare)
    if bare in BY_ANNOTATION:
        return _of_kind(BY_ANNOTATION[bare], bare, dialects)
    if origin in (Range, Multirange):
        raise UnsupportedType(f"PostgreSQL has no type for {spelled(bare)}", "name your own type by PostgresType")
    if bare in REFUSED:
        raise UnsupportedType(*REFUSED[bare])
    if origin is Literal:
        return ValueType(scalar_kind(arguments), allowed=arguments)
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
    raise no_column(bare, dialects)


def _of_kind(kind: Kind, bare: Any, dialects: Dialects) -> ValueType:
    if kind.refused is not None and "sqlite" in dialects:
        raise UnsupportedType(*without_sqlite(kind.refused, dialects))
    if get_origin(bare) in (Range, Multirange):
        item = _part(get_args(bare)[0], dialects)
        return ValueType(kind.name, item=item, classes=(get_origin(bare),), bound=kind, constrained=bare)
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
        item = item._replace(kind="label")
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
    return found._replace(is_set=is_set)


def _class_type(bare: type[Any], dialects: Dialects) -> ValueType:
    if issubclass(bare, Enum):
        return ValueType(scalar_kind(tuple(member.value for member in bare)), python=bare)
    if issubclass(bare, RootModel):
        raise UnsupportedType(f"{bare.__name__} is a RootModel, which has no fields", "use the type that it holds")
    if issubclass(bare, BaseModel):
        return ValueType("model", python=bare)
    raise no_column(bare, dialects)


def _part(annotation: Any, dialects: Dialects) -> ValueType:
    """Parse the item of a list or the arm of a union. `Sealed` is refused there: the value would be stored unsealed."""
    part = value_type(annotation, dialects)
    if part.sealed:
        raise UnsupportedType("`Sealed` marks a whole field: Annotated[..., Sealed(...)] around all of it")
    return part


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
