"""Rotations of one token at once: exactly one wins, in one process and in many, and none escapes a revocation."""

import asyncio
from itertools import chain

import pytest
from pydantic import SecretStr

from hangar_dal import ACCOUNTS, Database, Settings, User, builders, open_database, refresh_tokens, sealing, users
from hangar_dal.refresh_tokens import IssuedRefreshToken
from tests.helpers.commands import run_together

AT_ONCE = 16
PROCESSES, TOKENS = 8, 100
ROTATE_ALL = """
import asyncio, sys
from pydantic import SecretStr
from hangar_dal import ACCOUNTS, Settings, open_database, refresh_tokens

async def main():
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        wait_for_others()
        for number, token in enumerate(sys.argv[2:]):
            if await refresh_tokens.rotate_refresh_token(db, SecretStr(token)):
                print(number)

asyncio.run(main())
"""


async def race(database: Database, token: SecretStr, rotations: int = AT_ONCE) -> list[IssuedRefreshToken]:
    """The tokens that rotations at once have given."""
    calls = [refresh_tokens.rotate_refresh_token(database, token) for _ in range(rotations)]
    return [issued for issued in await asyncio.gather(*calls) if issued is not None]


@pytest.mark.parametrize("rounds", [25, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_of_sixteen_rotations_at_once_exactly_one_wins(database: Database, user: User, rounds: int) -> None:
    live = await refresh_tokens.issue_refresh_token(database, user.id)
    for _ in range(rounds):
        [live] = await race(database, live.token)
    assert await refresh_tokens.list_refresh_tokens(database, user_id=user.id) == [live.session]
    async with refresh_tokens.stream_refresh_tokens(database, user.id) as stream:
        stored = [one async for one in stream]
    assert len(stored) == rounds + 1
    assert sum(one.used_at is None for one in stored) == 1
    assert len({one.rotated_from for one in stored}) == rounds + 1  # one line, without a branch


async def test_of_64_rotations_at_once_exactly_one_wins(database: Database, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    assert len(await race(database, issued.token, 64)) == 1


@pytest.mark.parametrize("rounds", [10, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_of_rotations_that_are_repeated_at_once_exactly_one_wins(
    database: Database, user: User, rounds: int
) -> None:
    grace = refresh_tokens.MAX_GRACE
    for _ in range(rounds):
        first = await refresh_tokens.issue_refresh_token(database, user.id)
        assert await refresh_tokens.rotate_refresh_token(database, first.token) is not None
        calls = [refresh_tokens.rotate_refresh_token(database, first.token, grace=grace) for _ in range(AT_ONCE)]
        assert sum(issued is not None for issued in await asyncio.gather(*calls)) == 1
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=user.id) == rounds


@pytest.mark.parametrize("rounds", [25, pytest.param(2000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_no_rotation_saves_a_session_from_a_revocation_at_the_same_time(
    database: Database, user: User, rounds: int
) -> None:
    for number in range(rounds):
        issued = await refresh_tokens.issue_refresh_token(database, user.id)

        async def continue_session(live: IssuedRefreshToken | None = issued) -> None:
            while live is not None:
                live = await refresh_tokens.rotate_refresh_token(database, live.token)

        family_id = issued.session.family_id if number % 2 else None
        sessions = [asyncio.create_task(continue_session())]
        for _ in range(number % 5):
            await asyncio.sleep(0)
        await refresh_tokens.revoke_sessions(database, user_id=user.id, family_id=family_id)
        assert await refresh_tokens.count_live_refresh_tokens(database, user_id=user.id) == 0
        await asyncio.gather(*sessions)
        assert await refresh_tokens.count_live_refresh_tokens(database, user_id=user.id) == 0


@pytest.mark.slow
async def test_of_rotations_in_many_processes_exactly_one_wins(sqlite_url: str) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in every test above."""
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS) as db:
        user = await users.insert_user(db, builders.eve_user(), hashed_password=None)
        issued = [await refresh_tokens.issue_refresh_token(db, user.id) for _ in range(TOKENS)]
        tokens = [one.token.get_secret_value() for one in issued]
        won = run_together(ROTATE_ALL, sqlite_url, *tokens, processes=PROCESSES)
        assert sorted(map(int, chain(*won))) == list(range(TOKENS))
        assert await refresh_tokens.count_live_refresh_tokens(db, user_id=user.id) == TOKENS
