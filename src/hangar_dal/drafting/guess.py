"""What is known of a new query while it is guessed."""

from dataclasses import dataclass, field

from pydantic import BaseModel

from hangar_dal.drafting.annotations import Annotation
from hangar_dal.drafting.names import Name
from hangar_dal.drafting.places import Place
from hangar_dal.drafting.source import Source


@dataclass
class Guess:
    """`returns` is the annotation of the result, `model` that of a row, if there is one. `notes` are for a person."""

    name: Name
    place: Place
    source: Source
    returns: Annotation
    model: type[BaseModel] | None
    notes: list[str] = field(default_factory=list)

    @property
    def is_many(self) -> bool:
        return self.returns.text.startswith(("list[", "Stream["))

    @property
    def is_sorted(self) -> bool:
        """Whether the rows come back in an order; neither database sorts those that a DELETE returns."""
        return self.is_many and self.name.verb != "delete"

    @property
    def has_limit(self) -> bool:
        """Whether it returns a page."""
        return self.is_sorted and self.returns.text.startswith("list[")


@dataclass(frozen=True, slots=True)
class Condition:
    """`column = :parameter`; the argument has the parameter's name, without the ending of a fold."""

    column: str
    parameter: str
    argument: str
    annotation: Annotation
