"""What the shop keeps: a column of every kind, and letters that nobody reads."""

from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Literal, TypedDict
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from hangar_dal import CaseInsensitive, JsonArray, JsonObject, Row, Sealed, uuid7


class Colour(StrEnum):
    RED = "red"
    GREEN = "größer als grün"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2**40


class Shape(Enum):
    ROUND = "round"
    SQUARE = "square"


class Sample(Row):
    """One value of each kind."""

    id: UUID = Field(default_factory=uuid7)
    text: str = ""
    whole: int = 0
    real: float = 0.0
    flag: bool = False
    data: bytes = b""
    key: UUID | None = None
    at: datetime | None = None
    day: date | None = None
    doc: JsonValue | None = None
    words: list[str] = Field(default_factory=list)
    numbers: list[int | None] = Field(default_factory=list)
    keys: list[UUID] = Field(default_factory=list)
    times: list[datetime] = Field(default_factory=list)
    colour: Colour = Colour.RED
    size: Size = Size.SMALL
    shape: Shape = Shape.ROUND
    side: Literal["left", "right"] = "left"


class Line(Row):
    """What many rows at once may hold: all but bytes, and no infinite number."""

    id: UUID = Field(default_factory=uuid7)
    text: str = ""
    whole: int = 0
    real: float = 0.0
    flag: bool = False
    key: UUID | None = None
    at: datetime | None = None
    day: date | None = None
    doc: JsonValue | None = None
    words: list[str] = Field(default_factory=list)
    numbers: list[int | None] = Field(default_factory=list)
    keys: list[UUID] = Field(default_factory=list)
    times: list[datetime] = Field(default_factory=list)
    colour: Colour = Colour.RED
    size: Size = Size.SMALL
    shape: Shape = Shape.ROUND
    side: Literal["left", "right"] = "left"


class Brief(Row):
    id: UUID
    text: str


class Strict(Row):
    """A model that wants less than its column holds."""

    id: UUID
    text: Annotated[str, StringConstraints(max_length=3)]


class Dated(Row):
    """A model of another type than its column."""

    id: UUID
    text: datetime


def _refuse(text: str) -> str:
    raise ValueError(f"a validator that tells {text}")


PickyText = Annotated[str, AfterValidator(_refuse)]


class Picky(Row):
    id: UUID
    text: PickyText


class Inner(Row):
    at: datetime
    times: list[datetime]
    key: UUID | None


class Nested(Row):
    id: UUID
    inner_part: Inner
    text: str


class Changes(TypedDict, total=False):
    text: str
    key: UUID | None
    words: list[str]


class Name(Row):
    name: Annotated[str, CaseInsensitive]


Secret = Annotated[JsonObject | JsonArray, Sealed("letters", "secret", bind=("id", "place"))]


class Letter(Row):
    id: UUID = Field(default_factory=uuid7)
    place: str
    secret: Secret = Field(repr=False)
    hint: Annotated[str | None, Sealed("letters", "hint", bind=("id",))] = Field(default=None, repr=False)


class Box(Row):
    place: str
    newest: Brief | None
    letters: list[Letter]
