"""One random sequence of calls on SQLite and on PostgreSQL: equal models, equal orders, equal errors, step by step.

Ids, times and keys are given, so that nothing may differ. A failing walk prints its seed and its last steps.
"""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from clock import Clock
from hangar_dal import Database, Settings, User, open_database, sealing, session_cookies, users
from hangar_dal.errors import ConstraintViolation, HangarError, NotFound
from random_calls import Call, World


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2030, 1, 1, 23, 59, 59, 900_000, tzinfo=UTC))


@pytest.fixture
async def both(sqlite_url: str, postgres_url: str, clock: Clock) -> AsyncIterator[tuple[Database, Database]]:
    keys = sealing.new_key()
    async with (
        open_database(Settings(database_url=sqlite_url, sealing_keys=keys), clock=clock) as one,
        open_database(Settings(database_url=postgres_url, sealing_keys=keys), clock=clock) as two,
    ):
        yield one, two


async def outcome(db: Database, call: Call) -> Any:
    """What a caller sees: the value, or all of the error that is not the database's own name for it."""
    try:
        return await call(db)
    except ConstraintViolation as error:
        return type(error), str(error), error.constraint, error.table, error.columns, error.query
    except NotFound as error:
        return type(error), str(error), error.query
    except HangarError as error:
        return type(error), str(error)


async def walk(both: tuple[Database, Database], clock: Clock, seed: int, steps: int) -> set[Any]:
    world, done, kinds = World(random.Random(seed), clock), list[str](), set[Any]()
    for number in range(steps):
        name, call = world.step()
        done.append(name)
        one, two = [await outcome(db, call) for db in both]
        assert one == two, f"seed {seed}, step {number}: {done[-5:]}"
        if isinstance(one, User):
            world.seen.append(one)
        kinds.add(one[0] if isinstance(one, tuple) else type(one))
    for read in (
        lambda db: users.list_users(db, limit=1000),
        lambda db: session_cookies.list_users_with_session_cookies(db, limit=1000),
    ):
        one, two = [await read(db) for db in both]
        assert one == two
    return kinds


async def test_a_walk_of_random_calls_is_the_same_on_both_databases(
    both: tuple[Database, Database], clock: Clock
) -> None:
    kinds = await walk(both, clock, seed=20300101, steps=2500)
    # The walk met what there is to meet.
    seen = {kind.__name__ for kind in kinds}
    assert {"UniqueViolation", "CheckViolation", "ForeignKeyViolation", "NotFound", "InvalidValue"} <= seen
    assert {"User", "SessionCookie", "list", "int", "NoneType", "Login"} <= seen


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_long_walks_of_random_calls_are_the_same_on_both_databases(
    both: tuple[Database, Database], clock: Clock, seed: int
) -> None:
    await walk(both, clock, seed, steps=5000)
