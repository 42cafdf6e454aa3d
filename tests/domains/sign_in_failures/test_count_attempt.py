"""`count_attempt`: what is counted, when it locks and for how long, and how it is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from hangar_dal import Database, sign_in_failures
from hangar_dal.errors import InvalidValue
from hangar_dal.sign_in_failures import LOGIN_LIMITS, SOURCE_LIMITS, Limits, login_key, source_key
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock

KEY = login_key("ada")
SECOND = timedelta(seconds=1)
LIMITS = [LOGIN_LIMITS, SOURCE_LIMITS, Limits(2, (SECOND,))]


@pytest.mark.parametrize("limits", LIMITS, ids=["login", "source", "smallest"])
async def test_the_last_free_attempt_locks_and_each_later_one_locks_for_longer(
    database: Database, clock: Clock, limits: Limits
) -> None:
    for number in range(1, limits.free):
        counted = await sign_in_failures.count_attempt(database, KEY, limits)
        assert counted is not None
        assert (counted.failures, counted.locked_until, counted.attempted_at) == (number, None, clock.now)
    for number, lock in enumerate([*limits.locks, limits.locks[-1], limits.locks[-1]], limits.free):
        counted = await sign_in_failures.count_attempt(database, KEY, limits)
        assert counted is not None
        assert (counted.failures, counted.locked_until) == (number, clock.now + lock)
        clock.advance(lock - timedelta(microseconds=1))
        assert await sign_in_failures.count_attempt(database, KEY, limits) is None
        clock.advance(timedelta(microseconds=1))


def test_locks_grow_to_a_maximum() -> None:
    for limits in (LOGIN_LIMITS, SOURCE_LIMITS):
        assert list(limits.locks) == sorted(set(limits.locks))
    assert (LOGIN_LIMITS.free, SOURCE_LIMITS.free) == (5, 100)


async def lock(database: Database, key: str = KEY) -> datetime:
    for _ in range(LOGIN_LIMITS.free):
        await sign_in_failures.count_attempt(database, key)
    found = await sign_in_failures.find_sign_in_failures(database, key)
    assert found is not None
    assert found.locked_until is not None
    return found.locked_until


async def test_attempts_during_a_lock_are_refused_and_do_not_lengthen_it(database: Database, clock: Clock) -> None:
    await lock(database)
    before = await sign_in_failures.find_sign_in_failures(database, KEY)
    assert before is not None
    for refused in range(1, 11):
        clock.advance(SECOND)
        assert await sign_in_failures.count_attempt(database, KEY) is None
        found = await sign_in_failures.find_sign_in_failures(database, KEY)
        assert found == before.model_copy(update={"refused": refused})
    clock.now = before.locked_until or clock.now
    counted = await sign_in_failures.count_attempt(database, KEY)
    assert counted is not None
    assert (counted.failures, counted.refused) == (before.failures + 1, 0)


async def test_an_attempt_that_is_not_to_be_counted_changes_nothing(database: Database) -> None:
    assert await sign_in_failures.count_attempt(database, KEY, is_counted=False) is None
    assert await sign_in_failures.find_sign_in_failures(database, KEY) is None
    first = await sign_in_failures.count_attempt(database, KEY)
    assert await sign_in_failures.count_attempt(database, KEY, is_counted=False) is None
    assert await sign_in_failures.find_sign_in_failures(database, KEY) == first


async def test_failures_are_forgotten_after_a_day_without_an_attempt(database: Database, clock: Clock) -> None:
    for _ in range(3):
        clock.advance(timedelta(days=1) - SECOND)
        await sign_in_failures.count_attempt(database, KEY)
    clock.advance(timedelta(days=1))
    counted = await sign_in_failures.count_attempt(database, KEY)
    assert counted is not None
    assert (counted.failures, counted.locked_until) == (1, None)


async def test_a_lock_is_forgotten_too(database: Database, clock: Clock) -> None:
    clock.now = await lock(database) + timedelta(days=1)
    counted = await sign_in_failures.count_attempt(database, KEY)
    assert counted is not None
    assert (counted.failures, counted.locked_until) == (1, None)


async def test_keys_are_counted_apart(database: Database) -> None:
    await lock(database)
    other = await sign_in_failures.count_attempt(database, source_key("ada"))
    assert other is not None
    assert other.failures == 1


async def test_an_attempt_is_taken_back_with_the_lock_that_it_caused(database: Database) -> None:
    await lock(database)
    assert await sign_in_failures.take_back_attempt(database, KEY) == 1
    counted = await sign_in_failures.count_attempt(database, KEY)
    assert counted is not None
    assert counted.failures == LOGIN_LIMITS.free


async def test_no_more_is_taken_back_than_was_counted(database: Database) -> None:
    assert await sign_in_failures.take_back_attempt(database, KEY) == 0
    await sign_in_failures.count_attempt(database, KEY)
    assert [await sign_in_failures.take_back_attempt(database, KEY) for _ in range(2)] == [1, 0]


async def test_deleting_lifts_the_lock(database: Database) -> None:
    await lock(database)
    assert await sign_in_failures.delete_sign_in_failures(database, KEY) == 1
    assert await sign_in_failures.delete_sign_in_failures(database, KEY) == 0
    assert await sign_in_failures.find_sign_in_failures(database, KEY) is None


async def test_a_purge_deletes_what_is_forgotten_and_nothing_else(database: Database, clock: Clock) -> None:
    for number in range(5):
        await sign_in_failures.count_attempt(database, login_key(f"forgotten {number}"))
    clock.advance(SECOND)
    await lock(database)
    clock.advance(timedelta(days=1) - SECOND)
    counts: list[int] = []
    assert await sign_in_failures.purge_sign_in_failures(database, batch_size=2, progress=counts.append) == 5
    assert counts == [2, 4, 5]
    assert await sign_in_failures.find_sign_in_failures(database, KEY) is not None
    assert await sign_in_failures.purge_sign_in_failures(database) == 0


@pytest.mark.parametrize(
    "instant", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)], ids=["first", "last"]
)
async def test_counting_works_at_the_first_and_the_last_instant(
    database: Database, clock: Clock, instant: datetime
) -> None:
    clock.now = instant
    for _ in range(2 * LOGIN_LIMITS.free):
        await sign_in_failures.count_attempt(database, KEY)
    assert await sign_in_failures.purge_sign_in_failures(database) in (0, 1)


SAME = [
    ("Ada", "aDA"),
    ("ß", "SS"),
    ("Ada@Example.ORG", "ada@example.org"),
    ("a@bücher.example", "a@xn--bcher-kva.example"),
]
APART = [("ada", "adb"), ("ada@x", "ada"), ("a@b@c", "a@b"), ("", " ")]


def test_spellings_of_one_login_have_one_key() -> None:
    for one, other in SAME:
        assert login_key(one) == login_key(other)
    for one, other in APART:
        assert login_key(one) != login_key(other)
    assert login_key("ada") != source_key("ada")


def test_a_key_does_not_hold_the_login() -> None:
    assert len(login_key("ada" * 100)) == 64
    assert "ada" not in login_key("ada")


async def test_bad_arguments_are_refused_before_a_statement_runs(
    database: Database, hangar_queries: HangarQueries
) -> None:
    for call, message in (
        (sign_in_failures.count_attempt(database, "ada"), "key: String should match pattern"),
        (sign_in_failures.count_attempt(database, KEY, Limits(1, (SECOND,))), "free: Input should be greater"),
        (sign_in_failures.find_sign_in_failures(database, KEY.upper()), "key: String should match pattern"),
    ):
        with pytest.raises(InvalidValue, match=f"^{message}"), hangar_queries() as sent:
            await call
        assert sent.names == []
    for text in ("a\0", "\ud800", "\U0001fae8"):
        with pytest.raises(InvalidValue, match=r"^login: "):
            login_key(text)
