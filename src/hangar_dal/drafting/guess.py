"""The facts about a new query while it is drafted."""

from dataclasses import dataclass, field

from pydantic import BaseModel

from hangar_dal.drafting.annotations import Annotation
from hangar_dal.drafting.names import Name
from hangar_dal.drafting.places import Place
from hangar_dal.drafting.source import ModuleSource


@dataclass
class Guess:
    """The facts about a query. `returns` is the annotation of the result, `model` the model of a row.

    `notes` are for a person.
    """

    name: Name
    place: Place
    source: ModuleSource
    returns: Annotation
    model: type[BaseModel] | None
    notes: list[str] = field(default_factory=list)

    @property
    def is_many(self) -> bool:
        return self.returns.text.startswith(("list[", "Stream["))

    @property
    def is_sorted(self) -> bool:
        """Whether the result is sorted. Neither database sorts the rows that a DELETE returns."""
        return self.is_many and self.name.verb != "delete"

    @property
    def has_limit(self) -> bool:
        """Whether the query returns a page."""
        return self.is_sorted and self.returns.text.startswith("list[")


@dataclass(frozen=True, slots=True)
class GuessedCondition:
    """The condition `column = :parameter`. `argument` is the name of the parameter without the suffix `_fold`."""

    column: str
    parameter: str
    argument: str
    annotation: Annotation
