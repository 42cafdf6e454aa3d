"""What the statements of `types_store` return: the beginning of a module that declares queries."""

# ruff: noqa: F401 - the declarations that follow use these names

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, IPvAnyAddress, JsonValue, NaiveDatetime

from hangar_dal import Executor, Multirange, PostgresType, Range, Row, RowCount
from hangar_dal.postgresql_types import Float4, HStore, Int2, Int4


class Mood(StrEnum):
    GOOD = "good"
    BAD = "very bad"


class Inner(Row):
    tags: list[str | None]
    span: Range[int] | None


class Pair(Row):
    text: str | None
    whole: int
    flag: bool
    share: float
    price: Decimal
    length: timedelta
    at: datetime
    data: bytes
    key: UUID
    moods: list[Mood]
    mood: Mood
    doc: JsonValue
    bits: Annotated[str, PostgresType("varbit")]
    part: Annotated[Inner, PostgresType("inner_part")] | None


class Spot:
    """A class of the application, which neither Pydantic nor psycopg knows."""

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spot) and (self.x, self.y) == (other.x, other.y)

    def __hash__(self) -> int:
        return hash((self.x, self.y))

    def text(self) -> str:
        return f"({self.x!r},{self.y!r})"

    @classmethod
    def parse(cls, text: str) -> "Spot":
        return cls(*map(float, text[1:-1].split(",")))


KEY = UUID(int=7)
AT = datetime(2030, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
FULL = Pair(
    text='a,"b" \\ (c)',
    whole=-1,
    flag=True,
    share=0.1,
    price=Decimal("1.10"),
    length=timedelta(days=-1, seconds=5),
    at=AT,
    data=b"\0,",
    key=KEY,
    moods=[Mood.BAD, Mood.GOOD],
    mood=Mood.BAD,
    doc={"a": [1, None]},
    bits="0101",
    part=Inner(tags=["", None, 'x"y', "NULL"], span=Range(1, 5)),
)
EMPTY = FULL.model_copy(update={"text": None, "flag": False, "moods": [], "doc": "x", "part": None})
