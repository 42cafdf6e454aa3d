"""One random sequence of calls on SQLite and on PostgreSQL: equal models, equal orders, equal errors, step by step.

Ids, times and keys are given, so that nothing may differ. A failing walk prints its seed and its last steps.
"""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from hangar_dal import ACCOUNTS, User, session_cookies, users
from hangar_dal.testing import Both, Differs, open_both
from tests.helpers.clock import Clock
from tests.helpers.random_calls import World


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2030, 1, 1, 23, 59, 59, 900_000, tzinfo=UTC))


@pytest.fixture
async def both(sqlite_url: str, postgres_url: str, clock: Clock) -> AsyncIterator[Both]:
    async with open_both(sqlite_url, postgres_url, catalog=ACCOUNTS, clock=clock) as opened:
        yield opened


async def walk(both: Both, clock: Clock, seed: int, steps: int) -> set[type]:
    world, kinds = World(random.Random(seed), clock), set[type]()
    try:
        async for _, outcome in both.walk(world.step() for _ in range(steps)):
            if isinstance(outcome.value, User):
                world.seen.append(outcome.value)
            kinds.add(outcome.error or type(outcome.value))
    except Differs as error:
        error.add_note(f"seed {seed}")
        raise
    await both.same(lambda db: users.list_users(db, limit=1000))
    await both.same(lambda db: session_cookies.list_users_with_session_cookies(db, limit=1000))
    return kinds


@pytest.mark.pooled
async def test_a_walk_of_random_calls_is_the_same_on_both_databases(both: Both, clock: Clock) -> None:
    kinds = await walk(both, clock, seed=20300101, steps=1000)
    # The walk met what there is to meet.
    seen = {kind.__name__ for kind in kinds}
    assert {"UniqueViolation", "CheckViolation", "ForeignKeyViolation", "NotFound", "InvalidValue"} <= seen
    assert {"User", "SessionCookie", "list", "int", "NoneType", "Login", "RefreshToken", "tuple"} <= seen
    assert {"OneTimeToken", "ConfirmedEmail", "TwoFactor"} <= seen


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
async def test_long_walks_of_random_calls_are_the_same_on_both_databases(both: Both, clock: Clock, seed: int) -> None:
    await walk(both, clock, seed, steps=5000)
