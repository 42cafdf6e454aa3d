"""How SQLite stores the values of each kind: the type of the column, its CHECK, and the two conversions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final

from pydantic_core import from_json

from hangar_dal.values import instant_text, read_instant

# SQLite stores a Decimal as an integer of its smallest unit. A sum of two numbers with so many digits fits in 64 bits.
MAX_DIGITS: Final = 18
_SCALED: Final = re.compile(r"numeric\((\d+),\s*(\d+)\)(?:\[\])?")
_MICROSECOND: Final = timedelta(microseconds=1)
# Independent of the context of the application, which may round.
_EXACT: Final = Context(prec=60, traps=[InvalidOperation, Inexact])
_DIGIT: Final = "[0-9]"
_DATE: Final = f"{_DIGIT * 4}-{_DIGIT * 2}-{_DIGIT * 2}"
_HOURS: Final = f"{_DIGIT * 2}:[0-5]{_DIGIT}:[0-5]{_DIGIT}"


@dataclass(frozen=True, slots=True)
class Stored:
    """How SQLite stores the values of one kind.

    `check` is the condition of a CHECK for the values that the type of PostgreSQL refuses; `{0}` is the column. `write`
    makes what the driver takes, and also the value in a list or in rows that are sent as JSON. `read` makes a Python
    value of what the driver returns. It is None if Pydantic does so.
    """

    type: str
    check: str = ""
    write: Callable[[Any], Any] | None = None
    read: Callable[[Any], Any] | None = None


def microseconds(value: timedelta) -> int:
    return value // _MICROSECOND


def _read_microseconds(raw: Any) -> timedelta:
    return timedelta(microseconds=_whole(raw))


def _whole(raw: Any) -> int:
    """Return the integer. SQLite makes a float of a sum that exceeds 64 bits, whose last digits are lost."""
    if type(raw) is not int:
        raise TypeError
    return raw


def clock_text(value: time) -> str:
    """Return a time of day as `HH:MM:SS.ffffff`, which has a fixed width and sorts by time."""
    return value.isoformat("microseconds")


def scale_of(type_: str) -> int | None:
    """Return the digits after the point of a type such as `numeric(18,2)`, if SQLite has an integer beside it.

    The same for an array of the type. Returns None for any other type.
    """
    found = _SCALED.fullmatch(type_)
    return int(found[2]) if found and int(found[1]) <= MAX_DIGITS and int(found[2]) <= int(found[1]) else None


def scaled(places: int) -> Stored:
    """Return how SQLite stores a Decimal with so many digits after the point: as an integer of its smallest unit."""
    return Stored(
        "integer",
        write=lambda value: int(_EXACT.to_integral_exact(_EXACT.scaleb(value, places))),
        read=lambda raw: _EXACT.scaleb(Decimal(_whole(raw)), -places),
    )


def read_places(places: int) -> Callable[[Any], Decimal]:
    """Return the function that gives a number of PostgreSQL so many digits after the point. It never rounds."""
    unit = Decimal((0, (1,), -places))

    def read(raw: Any) -> Decimal:
        if type(raw) is float:  # of JSON, which has lost digits
            raise TypeError
        return _EXACT.quantize(Decimal(raw), unit)

    return read


TEXT: Final = Stored("text")
INTEGER: Final = Stored("integer")
REAL: Final = Stored("real")
BLOB: Final = Stored("blob")
BOOL: Final = Stored("integer", "{0} IN (0, 1)")
KEY: Final = Stored(
    "text",
    "length({0}) = 36 AND {0} GLOB '????????-????-????-????-????????????' "
    "AND replace({0}, '-', '') NOT GLOB '*[^0-9a-f]*'",
    write=str,
)
INSTANT: Final = Stored(
    "text",
    f"{{0}} GLOB '{_DATE}T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z' AND substr({{0}}, 21, 6) NOT GLOB '*[^0-9]*'",
    write=instant_text,
    read=read_instant,
)
DAY: Final = Stored("text", f"{{0}} GLOB '{_DATE}'", write=date.isoformat)
DOCUMENT: Final = Stored("text", "{0} IS NULL OR json_valid({0})", read=from_json)
LIST: Final = Stored(
    "text",
    "{0} IS NULL OR CASE WHEN json_valid({0}) THEN json_type({0}) = 'array' ELSE FALSE END",
    read=from_json,
)
INTERVAL: Final = Stored("integer", write=microseconds, read=_read_microseconds)
CLOCK: Final = Stored("text", f"{{0}} GLOB '{_HOURS}.{_DIGIT * 6}' AND {{0}} < '24'", write=clock_text)
