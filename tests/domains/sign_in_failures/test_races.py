"""Attempts at once: no more are let through than are free, in one process and in many."""

import asyncio
from itertools import chain

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, open_database, sealing, sign_in_failures
from hangar_dal.sign_in_failures import LOGIN_LIMITS, login_key
from tests.helpers.commands import run_together

AT_ONCE, PROCESSES, ATTEMPTS = 64, 8, 20
COUNT = """
import asyncio, sys
from hangar_dal import ACCOUNTS, Settings, open_database, sign_in_failures

async def main():
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        wait_for_others()
        for key in sys.argv[2:]:
            if await sign_in_failures.count_attempt(db, key):
                print(key)

asyncio.run(main())
"""


@pytest.mark.parametrize("rounds", [5, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_of_64_attempts_at_once_as_many_are_let_through_as_are_free(database: Database, rounds: int) -> None:
    for number in range(rounds):
        key = login_key(f"pilot {number}")
        calls = [sign_in_failures.count_attempt(database, key) for _ in range(AT_ONCE)]
        counted = [one for one in await asyncio.gather(*calls) if one is not None]
        assert sorted(one.failures for one in counted) == list(range(1, LOGIN_LIMITS.free + 1))
        assert [one.failures for one in counted if one.locked_until] == [LOGIN_LIMITS.free]


async def test_attempts_that_are_taken_back_at_once_leave_nothing(database: Database) -> None:
    key, limits = login_key("ada"), LOGIN_LIMITS._replace(free=AT_ONCE + 1)
    await asyncio.gather(*(sign_in_failures.count_attempt(database, key, limits) for _ in range(AT_ONCE)))
    await asyncio.gather(*(sign_in_failures.take_back_attempt(database, key) for _ in range(AT_ONCE)))
    found = await sign_in_failures.find_sign_in_failures(database, key)
    assert found is not None
    assert found.failures == 0


@pytest.mark.slow
async def test_of_attempts_in_many_processes_as_many_are_let_through_as_are_free(sqlite_url: str) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in every test above."""
    keys = [login_key(f"pilot {number}") for number in range(ATTEMPTS)]
    let_through = run_together(COUNT, sqlite_url, *keys, *keys, processes=PROCESSES)
    assert sorted(chain(*let_through)) == sorted(keys * LOGIN_LIMITS.free)
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS) as db:
        found = [await sign_in_failures.find_sign_in_failures(db, key) for key in keys]
    assert {one and one.failures for one in found} == {LOGIN_LIMITS.free}
