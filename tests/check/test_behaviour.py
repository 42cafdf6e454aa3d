"""Two databases held against each other: what is the same, and what a difference looks like."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest

from hangar_dal import ACCOUNTS, Database, Row, users, uuid7
from hangar_dal.errors import NotFound
from hangar_dal.testing import Both, Call, Differs, Outcome, is_same, open_both
from tests.helpers.clock import Clock


@pytest.fixture
async def both(sqlite_url: str, postgres_url: str, clock: Clock) -> AsyncIterator[Both]:
    async with open_both(sqlite_url, postgres_url, catalog=ACCOUNTS, clock=clock) as opened:
        yield opened


def giving(sqlite: Any, postgresql: Any) -> Call:
    """A function that does not behave alike."""

    async def call(db: Database) -> Any:
        value = {"sqlite": sqlite, "postgresql": postgresql}[db.dialect]
        if isinstance(value, Exception):
            raise value
        return value

    return call


async def test_what_is_the_same_is_given_back(both: Both) -> None:
    assert await both.same(users.count_users) == Outcome(0)
    assert (both.sqlite.dialect, both.postgresql.dialect) == ("sqlite", "postgresql")
    assert both.sqlite.now() == both.postgresql.now()


async def test_the_same_error_is_an_outcome_too(both: Both) -> None:
    missing = uuid7()
    outcome = await both.same(lambda db: users.get_user(db, missing))
    assert outcome.error is NotFound
    assert "users.get_user" in outcome.told


async def test_another_value_another_order_and_an_error_on_one_side_differ(both: Both) -> None:
    for sqlite, postgresql in (([1, 2], [2, 1]), (1, None), (1, NotFound("no such row", query="a.b"))):
        with pytest.raises(Differs) as caught:
            await both.same(giving(sqlite, postgresql), name="reading")
        assert str(caught.value).startswith("reading does not do the same on both databases\n  sqlite:     ")
        assert caught.value.sqlite == Outcome(sqlite)


async def test_without_a_clock_of_its_own_time_is_the_same_for_both_and_goes_on(
    sqlite_url: str, postgres_url: str
) -> None:
    async with open_both(sqlite_url, postgres_url, catalog=ACCOUNTS) as both:
        first, second = [(await both.same(time_of)).value for _ in range(2)]
    assert first < second


async def test_a_new_database_whose_schema_is_open_to_every_role_is_opened(sqlite_url: str, postgres_url: str) -> None:
    """On PostgreSQL 14 it is open from the beginning."""
    with psycopg.connect(postgres_url) as owner:
        owner.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    async with open_both(sqlite_url, postgres_url, catalog=ACCOUNTS) as both:
        assert await both.same(users.count_users) == Outcome(0)


async def time_of(db: Database) -> datetime:
    return db.now()


async def test_errors_that_tell_something_else_differ(both: Both) -> None:
    for other in (NotFound("another", query="a.b"), NotFound("gone", query="a.c")):
        with pytest.raises(Differs):
            await both.same(giving(NotFound("gone", query="a.b"), other))


async def test_an_error_that_is_nobody_elses_is_raised(both: Both) -> None:
    with pytest.raises(ZeroDivisionError):
        await both.same(giving(ZeroDivisionError(), ZeroDivisionError()))


async def test_a_walk_takes_each_step_when_its_turn_comes_and_tells_where_it_ended(both: Both) -> None:
    seen: list[Any] = []

    def steps() -> Iterator[tuple[str, Call]]:
        for number in range(7):
            assert seen == list(range(number))
            yield f"read {number}", giving(number, number)
        yield "write", giving(1, 2)

    with pytest.raises(Differs, match=r"^step 8 \(read 3 -> read 4 -> read 5 -> read 6 -> write\) does not"):
        async for _, outcome in both.walk(steps()):
            seen.append(outcome.value)
    assert seen == list(range(7))


class Pilot(Row):
    ships: list[dict[str, Any]]


INSTANT = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0.0, -0.0),
        (1, 1.0),
        ([1], (1,)),
        ([1], [1, 1]),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1, "b": 1}),
        (Pilot(ships=[{"a": 1}]), Pilot(ships=[{"a": True}])),
        (Outcome([1]), Outcome([True])),
        (Outcome(1), Outcome(None, NotFound, ("1",))),
        ("a", "A"),
    ],
)
def test_what_python_alone_might_take_for_equal_is_told_apart(one: Any, other: Any) -> None:
    assert not is_same(one, other)
    assert not is_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": [0.5]}, {"b": [0.5], "a": 1}),
        (float("nan"), float("nan")),
        (Pilot(ships=[{"a": None}]), Pilot(ships=[{"a": None}])),
        (INSTANT, INSTANT.astimezone(timezone(timedelta(0)))),
    ],
)
def test_what_is_the_same_by_value_and_type_is_the_same(one: Any, other: Any) -> None:
    assert is_same(one, other)
