"""Python annotations of arguments and results as text, with the names to import."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from hangar_dal.database.kinds import BY_NAME
from hangar_dal.database.types import ValueType
from hangar_dal.drafting.formatting import quoted
from hangar_dal.emails import EmailAddress, fold_email
from hangar_dal.values import CaseInsensitive, JsonArray, JsonObject

_OF_STORED: Final = {"text": str, "integer": int, "real": float, "blob": bytes}


@dataclass(frozen=True, slots=True)
class Annotation:
    """The text of an annotation, and the objects that its names refer to."""

    text: str
    needs: tuple[tuple[str, Any], ...] = ()


def annotation_of(value: ValueType) -> Annotation:
    """Return an annotation for the same type of values without None. Other Pydantic constraints are not repeated."""
    made = _plain(value)
    if value.fold is None:
        return made
    marker = EmailAddress if value.fold is fold_email else CaseInsensitive
    return folded(made, marker)


def folded(made: Annotation, marker: type[Any]) -> Annotation:
    """Return the annotation of a text that is compared by its folded form."""
    needs = (*made.needs, ("Annotated", Annotated), (marker.__name__, marker))
    return Annotation(f"Annotated[{made.text}, {marker.__name__}]", needs)


def of_stored(kind: str) -> Annotation:
    """Return the annotation for a column of which only the SQLite storage type is known."""
    return Annotation(_OF_STORED.get(kind, str).__name__)


def page_size() -> Annotation:
    """Return the annotation of a LIMIT parameter."""
    return Annotation("Annotated[int, Field(ge=1, le=1000)]", (("Annotated", Annotated), ("Field", Field)))


def of_class(found: type[Any], pattern: str = "{}") -> Annotation:
    """Return the annotation of a class in a pattern such as `list[{}]`."""
    return Annotation(pattern.format(found.__name__), ((found.__name__, found),))


def joined(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """Return all names that these annotations need, with their objects."""
    return {name: needed for annotation in annotations for name, needed in annotation.needs}


def _plain(value: ValueType) -> Annotation:
    if value.python is not None and issubclass(value.python, Enum | BaseModel):
        return of_class(value.python, "list[{}]" if value.kind == "models" else "{}")
    if value.allowed:
        written = (quoted(each) if isinstance(each, str) else repr(each) for each in value.allowed)
        return Annotation(f"Literal[{', '.join(written)}]", (("Literal", Literal),))
    if value.kind == "list" and value.item is not None:
        item = annotation_of(value.item._replace(optional=False))
        return Annotation(f"list[{item.text}]", item.needs)
    if value.bound is not None and value.item is not None:
        item = annotation_of(value.item._replace(optional=False))
        name = value.classes[0].__name__
        return Annotation(f"{name}[{item.text}]", (*item.needs, (name, value.classes[0])))
    if value.kind == "json":
        json = "JsonArray" if value.classes == (list,) else "JsonObject"
        return Annotation(json, ((json, JsonArray if json == "JsonArray" else JsonObject),))
    classes = value.classes or BY_NAME[value.kind].annotations[:1]
    needs = tuple((each.__name__, each) for each in classes if each.__module__ != "builtins")
    return Annotation(" | ".join(each.__name__ for each in classes), needs)
