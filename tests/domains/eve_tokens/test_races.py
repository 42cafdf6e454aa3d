"""Claims at once: exactly one wins, in one process and in many, and no refreshed token is lost."""

import asyncio
from datetime import timedelta
from itertools import chain

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, builders, eve_tokens, open_database, sealing, users
from hangar_dal.eve_tokens import ClaimedEveToken, EveToken
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together

AT_ONCE, PROCESSES, CHARACTERS = 64, 8, 5
REFRESH = """
import asyncio, sys
from hangar_dal import ACCOUNTS, Settings, eve_tokens, open_database

async def main():
    url, characters, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    async with open_database(Settings(database_url=url, lock_timeout=300), catalog=ACCOUNTS) as db:
        wait_for_others()
        for _ in range(rounds):
            for character in range(1, characters + 1):
                expires_before = (await eve_tokens.find_eve_token(db, character)).expires_at
                claimed = await eve_tokens.claim_eve_token_refresh(db, character, expires_before=expires_before)
                if claimed is not None:
                    print(character, claimed.refresh_token)
                    await eve_tokens.store_refreshed_eve_token(
                        db,
                        claimed,
                        access_token="access",
                        refresh_token=str(int(claimed.refresh_token) + 1),
                        expires_at=claimed.expires_at,
                    )

asyncio.run(main())
"""


async def race(database: Database, token: EveToken) -> list[ClaimedEveToken]:
    """The claims that were granted of those made at once."""
    calls = [
        eve_tokens.claim_eve_token_refresh(database, token.eve_character_id, expires_before=token.expires_at)
        for _ in range(AT_ONCE)
    ]
    return [claimed for claimed in await asyncio.gather(*calls) if claimed is not None]


@pytest.mark.parametrize("rounds", [4, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_of_64_claims_at_once_exactly_one_wins(
    database: Database, clock: Clock, stored: EveToken, rounds: int
) -> None:
    token = stored
    for number in range(rounds):
        [claimed] = await race(database, token)
        if number % 4 == 0:
            clock.now = claimed.lease_ends_at
            [claimed] = await race(database, token)
        if number % 4 == 1:
            await eve_tokens.release_eve_token_refresh(database, claimed)
            [claimed] = await race(database, token)
        token = await eve_tokens.store_refreshed_eve_token(
            database,
            claimed,
            access_token="access",
            refresh_token=str(number),
            expires_at=token.expires_at + timedelta(minutes=20),
        )
    assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == token


@pytest.mark.parametrize("rounds", [5, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_many_tasks_that_refresh_when_needed_refresh_once(
    database: Database, stored: EveToken, rounds: int
) -> None:
    """A task that comes too late finds the token good for longer and leaves it alone."""
    refreshed: list[str] = []

    async def refresh(token: EveToken) -> None:
        claimed = await eve_tokens.claim_eve_token_refresh(
            database, token.eve_character_id, expires_before=token.expires_at
        )
        if claimed is not None:
            refreshed.append(claimed.refresh_token)
            await eve_tokens.store_refreshed_eve_token(
                database,
                claimed,
                access_token="access",
                refresh_token=f"refresh {len(refreshed)}",
                expires_at=token.expires_at + timedelta(minutes=20),
            )

    token = stored
    for number in range(1, rounds + 1):
        await asyncio.gather(*(refresh(token) for _ in range(AT_ONCE)))
        assert len(refreshed) == number
        found = await eve_tokens.find_eve_token(database, stored.eve_character_id)
        assert found is not None
        assert found.refresh_token == f"refresh {number}"
        token = found


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [10, pytest.param(500, marks=pytest.mark.long)])
async def test_of_claims_in_many_processes_one_wins_at_a_time(sqlite_url: str, rounds: int) -> None:
    """Each refresh adds one to the stored number, so that two holders at once would be seen twice with one number.

    SQLite alone: on PostgreSQL each connection has a process of its own in every test above.
    """
    keys = sealing.new_key()
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=keys), catalog=ACCOUNTS) as db:
        user = await users.insert_user(db, builders.eve_user(), hashed_password=None)
        for character in range(1, CHARACTERS + 1):
            new = builders.eve_token(user, eve_character_id=character, refresh_token="0")
            await eve_tokens.upsert_eve_token(db, new)
        counts = (str(CHARACTERS), str(rounds))
        printed = run_together(REFRESH, sqlite_url, *counts, processes=PROCESSES, HANGAR_SEALING_KEYS=keys)
        claims = [line.split() for line in chain(*printed)]
        assert len(claims) >= CHARACTERS * rounds
        for character in range(1, CHARACTERS + 1):
            numbers = sorted(int(number) for of, number in claims if of == str(character))
            found = await eve_tokens.find_eve_token(db, character)
            assert found is not None
            assert numbers == list(range(int(found.refresh_token)))
