"""What a value may be: the rules under which the same Python value goes into both databases and comes out of both.

Pure functions that either return the value to store or raise `InvalidValue`. A message names the parameter and
the rule, never the value. Builds on `sizes` and `unicode14`.
"""

import json
import math
import unicodedata
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from uuid_utils.compat import uuid7 as _uuid7

from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.sizes import MAX_JSON_BYTES, Room
from hangar_dal.unicode14 import unassigned

INT64_MAX: Final = 2**63 - 1
MAX_JSON_DEPTH: Final = 64
# jsonb keeps numbers as decimals: past this a float would come back from PostgreSQL as an integer.
MAX_JSON_FLOAT: Final = 1e15

# What it writes has been copied and is no deeper than allowed: it cannot hold itself.
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))

JsonObject = dict[str, JsonValue]
JsonArray = list[JsonValue]


class CaseInsensitive:
    """Marks a text field or parameter whose `<name>_fold` the binder derives, for uniqueness whatever the case.

    `username: Annotated[str, CaseInsensitive]` lets SQL say `:username_fold`.
    """


def uuid7() -> UUID:
    """A new key: RFC 9562 version 7, so that keys made later sort later and indexes grow at one end."""
    return _uuid7()


def check_text(name: str, value: str) -> str:
    """Text without NUL (PostgreSQL cannot store it) and without lone surrogates (neither driver can send them)."""
    if "\0" in value:
        raise InvalidValue(f"{name}: text must not contain the NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise_alone(InvalidValue(f"{name}: text must not contain a lone surrogate"))
    return value


def check_int(name: str, value: int) -> int:
    """An integer that fits 64 bits, the widest that both databases have."""
    if not -INT64_MAX - 1 <= value <= INT64_MAX:
        raise InvalidValue(f"{name}: an integer must fit in 64 bits")
    return value


def check_float(name: str, value: float) -> float:
    """A float but NaN, which SQLite turns into NULL; -0.0 becomes 0.0, since SQLite drops its sign."""
    if math.isnan(value):
        raise InvalidValue(f"{name}: a number must not be NaN")
    return value + 0.0


def check_instant(name: str, value: datetime) -> datetime:
    """The same instant in UTC. A naive datetime is refused: each database would read it in its own way."""
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise InvalidValue(f"{name}: a datetime must be aware; give it a time zone, such as datetime.UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise_alone(InvalidValue(f"{name}: a datetime must be within the years 1 to 9999 in UTC"))


def instant_text(value: datetime) -> str:
    """A UTC datetime as `YYYY-MM-DDTHH:MM:SS.ffffffZ`: fixed width, so that it sorts as time does."""
    return f"{value.isoformat('T', 'microseconds')[:26]}Z"


def json_text(name: str, value: object) -> str:
    """Canonical JSON (sorted keys, no spaces) that comes back as the equal value from `jsonb` and from text."""
    too_large = f"{name}: JSON must not be larger than {MAX_JSON_BYTES} bytes"
    plain = _plain_json(name, value, MAX_JSON_DEPTH, Room(MAX_JSON_BYTES, too_large))
    text = _CANONICAL.encode(plain)
    if len(text) > MAX_JSON_BYTES or len(text.encode()) > MAX_JSON_BYTES:
        raise InvalidValue(too_large)
    return text


def _plain_json(name: str, value: Any, depth: int, room: Room) -> object:
    """A checked copy; subclasses of the JSON types are refused, since they would come back as plain ones.

    `room` is charged with what each part takes at least: two bytes for an item, five for a key and its value.
    """
    kind = type(value)
    if kind is str:
        if len(value) > 64:
            room.take(len(value))
        return check_text(name, value)
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
    room.take(5 * len(value))
    plain = {}
    for key, item in value.items():
        if type(key) is not str:
            raise InvalidValue(f"{name}: a key of a JSON object must be text")
        if len(key) > 64:
            room.take(len(key))
        plain[check_text(name, key)] = _plain_json(name, item, depth - 1, room)
    return plain


def fold(name: str, value: str) -> str:
    """The key under which two spellings of one name are equal: NFKC(casefold(NFKC(value))), in every script.

    Characters that Unicode 14 (Python 3.11's) does not know are refused: under a newer Python they could fold
    differently, and a unique key would change its meaning.
    """
    check_text(name, value)
    if value.isascii():
        return value.lower()
    if unassigned().search(value):
        raise InvalidValue(f"{name}: text must not contain characters newer than Unicode 14")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
