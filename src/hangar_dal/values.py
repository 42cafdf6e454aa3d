"""Rules for values: a Python value is stored in both databases and comes back equal from both.

Pure functions that either return the value to store or raise `InvalidValue`. Messages name the parameter and the rule,
never the value.
"""

import json
import math
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from pydantic import GetCoreSchemaHandler, JsonValue
from pydantic_core import core_schema, to_json
from uuid_utils.compat import uuid7 as _uuid7

from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.sizes import MAX_JSON_BYTES, Room
from hangar_dal.unicode14 import unassigned

INT64_MAX: Final = 2**63 - 1
MAX_JSON_DEPTH: Final = 64
# jsonb stores numbers as decimals: a larger float would come back from PostgreSQL as an integer.
MAX_JSON_FLOAT: Final = 1e15

_LONGEST: Final = timedelta(days=(2**63 - 1) // 86_400_000_000)
# The digits of PostgreSQL's `numeric` before and after the decimal point.
MAX_NUMERIC_DIGITS: Final = 131072
MAX_NUMERIC_PLACES: Final = 16383

# The input is a copy with sorted keys and of limited depth, so it cannot contain itself.
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_TOO_LARGE: Final = f"JSON must not be larger than {MAX_JSON_BYTES} bytes"

JsonObject = dict[str, JsonValue]
JsonArray = list[JsonValue]


class Marker:
    """The base of the classes that stand behind a text type in `Annotated`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Return the schema of the type that is marked. Raises `TypeError` if the marker itself is used as a type."""
        if source is cls:
            raise TypeError(f"{cls.__name__} marks a type and is not a type: write Annotated[str, {cls.__name__}]")
        return handler(source)


class CaseInsensitive(Marker):
    """Marks a text field or parameter that is compared ignoring case; the binder derives `<name>_fold` from it.

    `username: Annotated[str, CaseInsensitive]` lets SQL use `:username_fold`.
    """


def uuid7() -> UUID:
    """Return a new UUID version 7 (RFC 9562). Later ids sort later, so indexes grow at one end."""
    return _uuid7()


def check_text(name: str, value: str) -> str:
    """Return the text.

    Raises `InvalidValue` for NUL (PostgreSQL cannot store it) and lone surrogates (drivers cannot send them).
    """
    if "\0" in value:
        raise InvalidValue(f"{name}: text must not contain the NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise_alone(InvalidValue(f"{name}: text must not contain a lone surrogate"))
    return value


def check_int(name: str, value: int) -> int:
    """Return the integer. Raises `InvalidValue` unless it fits into 64 bits, the widest type of both databases."""
    if not -INT64_MAX - 1 <= value <= INT64_MAX:
        raise InvalidValue(f"{name}: an integer must fit in 64 bits")
    return value


def check_float(name: str, value: float) -> float:
    """Return the float, with 0.0 for -0.0, whose sign SQLite drops.

    Raises `InvalidValue` for NaN: SQLite stores NULL.
    """
    if math.isnan(value):
        raise InvalidValue(f"{name}: a number must not be NaN")
    return value + 0.0


def check_instant(name: str, value: datetime) -> datetime:
    """Return the instant in UTC. Raises `InvalidValue` for a naive datetime: the databases interpret it differently."""
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise InvalidValue(f"{name}: a datetime must be aware; give it a time zone, such as datetime.UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise_alone(InvalidValue(f"{name}: a datetime must be within the years 1 to 9999 in UTC"))


def check_timedelta(name: str, value: timedelta) -> timedelta:
    """Return the timedelta. Raises `InvalidValue` unless its microseconds fit into 64 bits: SQLite stores their number.

    This is about 292,000 years.
    """
    if not -_LONGEST <= value <= _LONGEST:
        raise InvalidValue(f"{name}: a timedelta must be at most {_LONGEST.days:,} days long")
    return value


def check_naive(name: str, value: Any) -> Any:
    """Return the `time` or `datetime`. Raises `InvalidValue` if it has a time zone, which PostgreSQL would drop."""
    if value.tzinfo is not None:
        raise InvalidValue(f"{name}: must not have a time zone, because its column has none")
    return value


def check_decimal(name: str, value: Decimal) -> Decimal:
    """Return the number. Raises `InvalidValue` unless PostgreSQL's type `numeric` holds all of its digits."""
    if not value.is_finite():
        raise InvalidValue(f"{name}: a number must not be infinite or NaN")
    exponent = value.as_tuple().exponent
    if value.adjusted() >= MAX_NUMERIC_DIGITS or (isinstance(exponent, int) and exponent < -MAX_NUMERIC_PLACES):
        limits = f"{MAX_NUMERIC_DIGITS} digits before the decimal point and {MAX_NUMERIC_PLACES} after it"
        raise InvalidValue(f"{name}: a number must have at most {limits}")
    return value


def instant_text(value: datetime) -> str:
    """Return a UTC datetime as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, which has a fixed width and sorts by time."""
    return f"{value.isoformat('T', 'microseconds')[:26]}Z"


def read_instant(text: str) -> datetime:
    """Return the aware datetime that a text means. Raises `ValueError` for a text without a time zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found


def json_text(name: str, value: object) -> str:
    """Return canonical JSON (sorted keys, no spaces) that comes back as an equal value from `jsonb` and from text."""
    plain = _plain_json(name, value, MAX_JSON_DEPTH, Room(MAX_JSON_BYTES, f"{name}: {_TOO_LARGE}"))
    text = _CANONICAL.encode(plain)
    if len(text) > MAX_JSON_BYTES or len(text.encode()) > MAX_JSON_BYTES:
        raise InvalidValue(f"{name}: {_TOO_LARGE}")
    return text


def json_value(name: str, value: object) -> object:
    """Return a checked copy with sorted keys, which is written as JSON as a part of another document."""
    plain = _plain_json(name, value, MAX_JSON_DEPTH, Room(MAX_JSON_BYTES, f"{name}: {_TOO_LARGE}"))
    if len(to_json(plain)) > MAX_JSON_BYTES:
        raise InvalidValue(f"{name}: {_TOO_LARGE}")
    return plain


def _plain_json(name: str, value: Any, depth: int, room: Room) -> object:
    """Return a checked copy. Subclasses of the JSON types are rejected, because they would come back as plain types.

    `room` is reduced by the minimum size of each part: two bytes for an item, five for a key and its value.
    """
    kind = type(value)
    if kind is str:
        if len(value) > 64:
            room.take(len(value))
        return value if value.isascii() and "\0" not in value else check_text(name, value)
    if kind is bool or value is None:
        return value
    if kind is int:
        return check_int(name, value)
    if kind is float:
        if not -MAX_JSON_FLOAT <= value <= MAX_JSON_FLOAT:  # false for NaN too
            raise InvalidValue(f"{name}: a JSON number must be finite, and a float within ±1e15")
        return value + 0.0  # jsonb drops the sign of -0.0
    if kind is not list and kind is not dict:
        raise InvalidValue(f"{name}: {kind.__name__} is not JSON; pass dict, list, str, int, float, bool or None")
    if depth == 0:
        raise InvalidValue(f"{name}: JSON must not be nested deeper than {MAX_JSON_DEPTH} levels")
    if kind is list:
        room.take(2 * len(value))
        return [_plain_json(name, item, depth - 1, room) for item in value]
    return _plain_object(name, value, depth - 1, room)


def _plain_object(name: str, value: dict[Any, Any], depth: int, room: Room) -> object:
    room.take(5 * len(value))
    for key in value:
        if type(key) is not str:
            raise InvalidValue(f"{name}: a key of a JSON object must be text")
        if len(key) > 64:
            room.take(len(key))
        if not key.isascii() or "\0" in key:
            check_text(name, key)
    return {key: _plain_json(name, value[key], depth, room) for key in sorted(value)}


def fold(name: str, value: str) -> str:
    """Return the key that is equal for two spellings of one name: NFKC(casefold(NFKC(value))), in every script.

    Raises `InvalidValue` for characters that are not in Unicode 14 (Python 3.11): a newer Python could fold them
    differently, and unique keys would change.
    """
    check_text(name, value)
    if value.isascii():
        return value.lower()
    if unassigned().search(value):
        raise InvalidValue(f"{name}: text must not contain characters newer than Unicode 14")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
