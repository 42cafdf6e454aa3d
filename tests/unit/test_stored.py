"""The CHECKs for SQLite accept what is written for a kind, and refuse what the type of PostgreSQL refuses."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time
from decimal import Decimal, Inexact
from typing import Any
from uuid import UUID

import pytest

from hangar_dal.database import stored
from hangar_dal.database.kinds import KINDS
from hangar_dal.database.stored import Stored

# By the name of the storage: values in Python, and what the column must not hold.
SAMPLES: dict[str, tuple[list[Any], list[Any]]] = {
    "BOOL": ([True, False], [2, -1]),
    "KEY": (
        [UUID(int=0), UUID(int=2**128 - 1)],
        ["", "A" * 36, str(UUID(int=7)).upper() + "x", f"{UUID(int=7):}"[:-1] + "G"],
    ),
    "INSTANT": (
        [datetime(2030, 1, 2, tzinfo=UTC)],
        ["2030-01-02", "2030-01-02T03:04:05Z", "2030-01-02T03:04:05.00000xZ"],
    ),
    "DAY": ([date(2030, 1, 2)], ["2030-1-2", "2030-01-02T"]),
    "DOCUMENT": (['{"a": 1}', "[]", "null"], ["{", "x"]),
    "LIST": (["[]", "[1]"], ["{}", "1", "["]),
    "CLOCK": ([time(0), time.max], ["24:00:00.000000", "10:60:00.000000", "10:00:00", "10:00:00.00000x"]),
}


@pytest.fixture
def connection() -> Any:
    with closing(sqlite3.connect(":memory:")) as opened:
        yield opened


def accepts(connection: sqlite3.Connection, storage: Stored, value: Any) -> bool:
    (found,) = connection.execute(
        f"SELECT {storage.check.format('value')} FROM (SELECT ? AS value)", (value,)
    ).fetchone()
    return bool(found)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_check_accepts_what_is_written_and_nothing_else(connection: sqlite3.Connection, name: str) -> None:
    storage: Stored = getattr(stored, name)
    fitting, wrong = SAMPLES[name]
    write = storage.write or (lambda value: value)
    assert [value for value in fitting if not accepts(connection, storage, write(value))] == []
    assert [value for value in wrong if accepts(connection, storage, value)] == []


def test_every_check_has_samples() -> None:
    checked = {kind.stored.check for kind in KINDS if kind.stored} | {stored.LIST.check}
    assert checked - {""} == {getattr(stored, name).check for name in SAMPLES}


@pytest.mark.parametrize(("value", "number"), [("1.05", 105), ("-0.10", -10), ("1E+3", 100_000), ("0.000", 0)])
def test_a_decimal_is_stored_in_its_smallest_unit(value: str, number: int) -> None:
    storage = stored.scaled(2)
    assert storage.write is not None
    assert storage.write(Decimal(value)) == number


def test_a_decimal_with_more_digits_is_not_cut_off() -> None:
    storage = stored.scaled(2)
    assert storage.write is not None
    with pytest.raises(Inexact):
        storage.write(Decimal("1.005"))


def test_a_float_is_no_decimal() -> None:
    """The parser of JSON makes floats of numbers, which lose digits: 0.1 would have 55."""
    with pytest.raises(TypeError):
        stored.read_places(2)(0.5)
