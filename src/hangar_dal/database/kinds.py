"""The table of types: each kind of value, its annotations in Python, and its types in PostgreSQL.

`types` reads annotations with it, the codec of PostgreSQL sends values with it, and `check` compares columns with it.
Imports no driver, because `check --offline` needs this table.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import JsonValue, NaiveDatetime
from pydantic.networks import IPvAnyAddress, IPvAnyInterface, IPvAnyNetwork
from pydantic_core import from_json

from hangar_dal.database.stored import (
    BLOB,
    BOOL,
    CLOCK,
    DAY,
    DOCUMENT,
    INSTANT,
    INTEGER,
    INTERVAL,
    KEY,
    MAX_DIGITS,
    REAL,
    TEXT,
    Stored,
    clock_text,
    scaled,
)
from hangar_dal.ranges import Multirange, Range, parse_multirange, parse_range, range_text
from hangar_dal.rules import Problem

OPEN: Final = ""


class Kind(NamedTuple):
    """One kind of value.

    `sent` is the PostgreSQL type that its values are sent with; PostgreSQL infers the type if it is `OPEN`. `columns`
    are the types of columns that hold exactly these values, by the names that PostgreSQL gives them. `oids` are the
    numbers of the sent type and of its array. They are fixed in PostgreSQL. `text` returns a value in PostgreSQL's text
    format, and `parse` reads it. `is_quoted` is True if the text may have characters that are quoted in an array.
    `stored` says how SQLite stores the values. It is None if only a catalog for PostgreSQL alone takes this kind, and
    `refused` is the reason.
    """

    name: str
    annotations: tuple[Any, ...]
    sent: str
    columns: tuple[str, ...]
    oids: tuple[int, int]
    text: Callable[[Any], str]
    parse: Callable[[str], Any]
    is_quoted: bool = False
    refused: Problem | None = None
    stored: Stored | None = None


def _interval(value: timedelta) -> str:
    """Return the text that PostgreSQL and `parse_interval` read: `-1 days +23:59:58.000000`."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{value.days} days +{hours:02}:{minutes:02}:{seconds:02}.{value.microseconds:06}"


_PART: Final = re.compile(r"([+-]?\d+) (year|mon|day)s?")
_CLOCK: Final = re.compile(r"([+-]?)(\d+):(\d\d):(\d\d(?:\.\d+)?)$")


def parse_interval(text: str) -> timedelta:
    """Read an interval in PostgreSQL's text format. Raises `ValueError` if it has months or years.

    Their length depends on the date to which they are added.
    """
    parts = {unit: int(number) for number, unit in _PART.findall(text)}
    clock = _CLOCK.search(text)
    if parts.keys() - {"day"} or not (parts or clock):
        raise ValueError("an interval with months or years")
    found = timedelta(days=parts.get("day", 0))
    if clock is None:
        return found
    seconds, _, fraction = clock[4].partition(".")
    of_day = timedelta(
        hours=int(clock[2]), minutes=int(clock[3]), seconds=int(seconds), microseconds=int(fraction.ljust(6, "0"))
    )
    return found - of_day if clock[1] == "-" else found + of_day


def bytes_text(data: bytes) -> str:
    """Return bytes in PostgreSQL's text format."""
    return f"\\x{data.hex()}"


def parse_bytes(text: str) -> bytes:
    """Read bytes in PostgreSQL's text format."""
    return bytes.fromhex(text.removeprefix("\\x"))


def _no(what: str, instead: str) -> Problem:
    return Problem(f"SQLite has no {what}", instead)


DECIMAL_KIND: Final = "decimal:"
DECIMAL: Final = "Annotated[Decimal, Field(max_digits=18, decimal_places=2)]"
_SCALARS: Final = (
    Kind(
        "text", (str,), OPEN, ("text", "character varying", "name"), (25, 1009), str, str, is_quoted=True, stored=TEXT
    ),
    Kind("int", (int,), "bigint", ("bigint", "integer", "smallint"), (20, 1016), int.__repr__, int, stored=INTEGER),
    Kind(
        "bool", (bool,), "boolean", ("boolean",), (16, 1000), lambda flag: "t" if flag else "f", "t".__eq__, stored=BOOL
    ),
    Kind("float", (float,), "double precision", ("double precision",), (701, 1022), float.__repr__, float, stored=REAL),
    Kind("bytes", (bytes,), "bytea", ("bytea",), (17, 1001), bytes_text, parse_bytes, is_quoted=True, stored=BLOB),
    Kind("uuid", (UUID,), "uuid", ("uuid",), (2950, 2951), UUID.__str__, UUID, stored=KEY),
    Kind(
        "instant",
        (datetime,),
        "timestamp with time zone",
        ("timestamp with time zone",),
        (1184, 1185),
        datetime.isoformat,
        datetime.fromisoformat,
        stored=INSTANT,
    ),
    Kind("date", (date,), "date", ("date",), (1082, 1182), date.isoformat, date.fromisoformat, stored=DAY),
    Kind(
        "json", (JsonValue,), "jsonb", ("jsonb", "json"), (3802, 3807), str, from_json, is_quoted=True, stored=DOCUMENT
    ),
    Kind("interval", (timedelta,), "interval", ("interval",), (1186, 1187), _interval, parse_interval, stored=INTERVAL),
    Kind(
        "time without time zone",
        (time,),
        "time without time zone",
        ("time without time zone",),
        (1083, 1183),
        clock_text,
        time.fromisoformat,
        stored=CLOCK,
    ),
    # A catalog for PostgreSQL alone takes the following kinds too.
    Kind(
        "numeric",
        (Decimal,),
        "numeric",
        ("numeric",),
        (1700, 1231),
        Decimal.__str__,
        Decimal,
        refused=_no("numbers of any length", f"write {DECIMAL}"),
    ),
    Kind(
        "timestamp without time zone",
        (NaiveDatetime,),
        "timestamp without time zone",
        ("timestamp without time zone",),
        (1114, 1115),
        datetime.isoformat,
        datetime.fromisoformat,
        refused=_no("times without a time zone", "store a datetime, which has one"),
    ),
    Kind(
        "inet",
        (IPv4Address, IPv6Address, IPvAnyAddress, IPv4Interface, IPv6Interface, IPvAnyInterface),
        "inet",
        ("inet",),
        (869, 1041),
        str,
        lambda text: ip_interface(text) if "/" in text else ip_address(text),
        refused=_no("addresses of networks", "store a str"),
    ),
    Kind(
        "cidr",
        (IPv4Network, IPv6Network, IPvAnyNetwork),
        "cidr",
        ("cidr",),
        (650, 651),
        str,
        ip_network,
        refused=_no("addresses of networks", "store a str"),
    ),
)
# The range and the multirange of each of these kinds: their names, and their numbers. PostgreSQL infers the type of a
# range of integers, because `int4range` and `int8range` are not converted to each other.
_RANGES: Final = {
    "int": ("int8range", 3926, 3927, "int8multirange", 4536, 6157),
    "numeric": ("numrange", 3906, 3907, "nummultirange", 4532, 6151),
    "date": ("daterange", 3912, 3913, "datemultirange", 4535, 6155),
    "instant": ("tstzrange", 3910, 3911, "tstzmultirange", 4534, 6153),
    "timestamp without time zone": ("tsrange", 3908, 3909, "tsmultirange", 4533, 6152),
}


def range_kind(bound: Kind, name: str, oids: tuple[int, int] = (0, 0)) -> Kind:
    """Return the kind of a range whose bounds have this kind, and whose type has this name."""
    return Kind(
        name,
        tuple(Range[each] for each in bound.annotations),  # type: ignore[valid-type]  # known at run time only
        OPEN if bound.name == "int" else name,
        (name,),
        oids,
        lambda value: range_text(value, bound.text),
        lambda text: parse_range(text, bound.parse),
        is_quoted=True,
        refused=_no("ranges", "store the lower and the upper bound in two columns"),
    )


def multirange_kind(bound: Kind, name: str, oids: tuple[int, int] = (0, 0)) -> Kind:
    """Return the kind of a multirange whose bounds have this kind, and whose type has this name."""
    return Kind(
        name,
        tuple(Multirange[each] for each in bound.annotations),  # type: ignore[valid-type]  # known at run time only
        OPEN if bound.name == "int" else name,
        (name,),
        oids,
        lambda value: f"{{{','.join(range_text(each, bound.text) for each in value)}}}",
        lambda text: parse_multirange(text, bound.parse),
        is_quoted=True,
        refused=_no("multiranges", "store a row for each range, with its bounds in two columns"),
    )


def decimal_kind(places: int) -> str:
    """Return the name of the kind of a Decimal with so many digits after the point, which both databases have."""
    return f"{DECIMAL_KIND}{places}"


_DECIMALS: Final = tuple(
    Kind(decimal_kind(places), (), "numeric", (), (1700, 1231), Decimal.__str__, Decimal, stored=scaled(places))
    for places in range(MAX_DIGITS + 1)
)
_BOUNDS: Final = {kind.name: kind for kind in _SCALARS if kind.name in _RANGES}
KINDS: Final = (
    *_SCALARS,
    *_DECIMALS,
    *(range_kind(kind, _RANGES[name][0], _RANGES[name][1:3]) for name, kind in _BOUNDS.items()),
    *(multirange_kind(kind, _RANGES[name][3], _RANGES[name][4:]) for name, kind in _BOUNDS.items()),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
BY_ANNOTATION: Final[dict[Any, Kind]] = {annotation: kind for kind in KINDS for annotation in kind.annotations}
# The classes of the values, where one annotation or kind has several.
CLASSES: Final[dict[Any, tuple[type[Any], ...]]] = {
    IPvAnyAddress: (IPv4Address, IPv6Address),
    IPvAnyInterface: (IPv4Interface, IPv6Interface),
    IPvAnyNetwork: (IPv4Network, IPv6Network),
    **{each: (each,) for each in (IPv4Address, IPv6Address, IPv4Interface, IPv6Interface, IPv4Network, IPv6Network)},
}
_OF_COLUMN: Final = {column: kind.name for kind in KINDS for column in kind.columns}


def spelled(annotation: Any) -> str:
    """Return an annotation as it is written, without the names of modules."""
    return annotation.__name__ if isinstance(annotation, type) else re.sub(r"\w+\.", "", str(annotation))


def postgresql_kind(name: str) -> str:
    """Return the kind of the PostgreSQL type with this name; the name itself if this package has no kind for it."""
    if name.endswith("[]"):
        return f"list:{postgresql_kind(name.removesuffix('[]'))}"
    return _OF_COLUMN.get(name, name)
