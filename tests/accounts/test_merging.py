"""`merge_users`: the kept user has what could move, opened and sealed anew, and the merged one is gone."""

import asyncio
from itertools import chain
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import (
    ACCOUNTS,
    Database,
    Settings,
    User,
    UserRole,
    accounts,
    builders,
    eve_tokens,
    open_database,
    refresh_tokens,
    sealing,
    security_events,
    session_cookies,
    totp,
    two_factor,
    users,
    uuid7,
)
from hangar_dal.errors import DatabaseError, InvalidValue, NotFound, TriggerViolation
from hangar_dal.security_events import SecurityEventKind
from tests.helpers.browser_sessions import sessions
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together
from tests.helpers.failed_sign_ins import ADMIN, WHERE, kinds
from tests.helpers.full_users import fill

PROCESSES, PAIRS = 8, 3
# Half of the processes merge each pair in one direction, half in the other.
STORE_AND_MERGE = """
import asyncio, sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID
from hangar_dal import ACCOUNTS, NewSessionCookie, Settings, accounts, open_database, session_cookies
from hangar_dal.errors import ForeignKeyViolation, NotFound

async def main():
    ends = datetime.now(UTC) + timedelta(days=1)
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        number = wait_for_others()
        for pair in zip(sys.argv[2::2], sys.argv[3::2]):
            kept, merged = pair if number % 2 else pair[::-1]
            for user_id in (kept, merged):
                new = NewSessionCookie(user_id=UUID(user_id), platform="x", cookies=[number], expires_at=ends)
                with suppress(ForeignKeyViolation):
                    await session_cookies.create_session_cookie(db, new)
                    print("stored")
            with suppress(NotFound):
                await accounts.merge_users(db, kept=UUID(kept), merged=UUID(merged))
                print(kept)

asyncio.run(main())
"""


async def test_what_can_move_belongs_to_the_user_who_is_kept(
    database: Database, clock: Clock, ada: User, user: User, sql: Any
) -> None:
    await users.update_user(database, user.id, phone_number="+447946012345")
    await session_cookies.create_session_cookie(database, builders.session_cookie(ada.id, platform="bank"))
    secrets = await fill(database, clock, user, character=7)
    factor = await two_factor.find_two_factor(database, user.id)
    cookies = await session_cookies.list_session_cookies(database, user_id=user.id)
    assert factor is not None
    codes = [row.used_at for row in await two_factor.list_recovery_codes(database, factor.id)]

    kept = await accounts.merge_users(database, kept=ada.id, merged=user.id, actor_id=ADMIN, **WHERE)
    assert kept == await users.get_user(database, ada.id)
    assert (kept.username, kept.email, kept.role) == (ada.username, ada.email, ada.role)
    assert (kept.phone_number, kept.eve_character_id) == ("+447946012345", user.eve_character_id)
    with pytest.raises(NotFound):
        await users.get_user(database, user.id)

    of_ada = await session_cookies.list_session_cookies(database, user_id=ada.id)
    assert {one.platform for one in of_ada} == {"bank", "market", "forum"}
    for one in cookies:
        assert one.model_copy(update={"user_id": ada.id}) in of_ada
    tokens = await eve_tokens.find_eve_token(database, 7)
    assert tokens is not None
    assert (tokens.user_id, tokens.access_token, tokens.refresh_token) == (ada.id, *secrets[:2])
    moved = await two_factor.find_two_factor(database, ada.id)
    assert moved is not None
    assert (moved.secret, moved.last_step) == (factor.secret, factor.last_step)
    assert [row.used_at for row in await two_factor.list_recovery_codes(database, moved.id)] == codes
    assert await sql(f"SELECT user_id FROM refresh_tokens WHERE user_id = '{user.id}'") == []


async def test_both_users_have_the_event_and_earlier_events_stay_without_their_place(
    database: Database, clock: Clock, ada: User, user: User
) -> None:
    await fill(database, clock, user, character=7)
    await accounts.merge_users(database, kept=ada.id, merged=user.id, actor_id=ADMIN, **WHERE)
    for user_id in (ada.id, user.id):
        event, *_ = await security_events.list_security_events(database, user_id=user_id)
        assert (event.kind, event.actor_id, event.source) == (SecurityEventKind.MERGED, ADMIN, WHERE["source"])
    _, *earlier = await security_events.list_security_events(database, user_id=user.id)
    assert [(event.source, event.user_agent) for event in earlier] == [(None, None)] * 2


async def test_what_the_kept_user_has_is_not_replaced(database: Database, clock: Clock, ada: User, user: User) -> None:
    await users.update_user(database, user.id, phone_number="+447946012345")
    kept = await users.update_user(database, ada.id, phone_number="+447946012346")
    await users.set_eve_character(database, ada.id, character=5, scopes=[])
    await fill(database, clock, ada, character=6)
    await fill(database, clock, user, character=7)
    factor = await two_factor.find_two_factor(database, ada.id)
    active = await refresh_tokens.list_refresh_tokens(database, user_id=ada.id)
    kept = await accounts.merge_users(database, kept=ada.id, merged=user.id)
    assert (kept.phone_number, kept.eve_character_id) == ("+447946012346", 5)
    assert await two_factor.find_two_factor(database, ada.id) == factor
    assert await refresh_tokens.list_refresh_tokens(database, user_id=ada.id) == active
    tokens = await eve_tokens.list_eve_tokens(database, user_id=ada.id)
    assert [one.eve_character_id for one in tokens] == [6, 7]
    assert len(await session_cookies.list_session_cookies(database, user_id=ada.id)) == 4


async def test_the_character_signs_in_to_the_user_who_is_kept(database: Database, ada: User, user: User) -> None:
    await accounts.merge_users(database, kept=ada.id, merged=user.id)
    character = user.eve_character_id
    assert character is not None
    signed_in = await users.sign_in_eve_user(database, eve_character_id=character, display_name="Capsuleer")
    assert signed_in.id == ada.id


async def test_no_code_of_a_moved_second_factor_works_twice(
    database: Database, clock: Clock, ada: User, user: User
) -> None:
    await fill(database, clock, user, character=7)
    await accounts.merge_users(database, kept=ada.id, merged=user.id)
    moved = await two_factor.find_two_factor(database, ada.id)
    assert moved is not None

    async def accepted() -> bool:
        code = totp.code_at(moved.secret, totp.step_at(clock.now))
        return await two_factor.use_app_code(database, moved, SecretStr(code))

    assert not await accepted()  # the code that confirmed it
    clock.advance(2 * totp.STEP)
    assert await accepted()


async def test_the_last_administrator_is_not_merged_into_a_user(
    database: Database, clock: Clock, ada: User, user: User
) -> None:
    await users.set_user_role(database, user.id, UserRole.ADMIN)
    await fill(database, clock, user, character=7)
    with pytest.raises(TriggerViolation) as caught:
        await accounts.merge_users(database, kept=ada.id, merged=user.id)
    assert caught.value.constraint == "last_administrator"
    assert len(await session_cookies.list_session_cookies(database, user_id=user.id)) == 2
    assert SecurityEventKind.MERGED not in await kinds(database)
    await accounts.merge_users(database, kept=user.id, merged=ada.id)


async def test_a_user_is_not_merged_with_itself_or_with_nobody(database: Database, user: User) -> None:
    with pytest.raises(InvalidValue, match="another user"):
        await accounts.merge_users(database, kept=user.id, merged=user.id)
    for kept, merged in ((user.id, uuid7()), (uuid7(), user.id)):
        with pytest.raises(NotFound):
            await accounts.merge_users(database, kept=kept, merged=merged)
    assert await users.get_user(database, user.id) == user
    assert await kinds(database) == []


async def test_nothing_that_is_stored_during_a_merge_is_lost(database: Database) -> None:
    """64 tasks: each stores a session of the merged user before the merge, or finds no such user."""
    kept, merged = [await users.insert_user(database, builders.eve_user(), hashed_password=None) for _ in range(2)]
    await session_cookies.import_session_cookies(database, sessions(merged.id, 40))

    async def store(number: int) -> int:
        try:
            await session_cookies.create_session_cookie(
                database, builders.session_cookie(merged.id, platform=f"platform {number}", cookies=[])
            )
        except DatabaseError:
            return 0
        return 1

    merge = asyncio.create_task(accounts.merge_users(database, kept=kept.id, merged=merged.id))
    stored = 40 + sum(await asyncio.gather(*map(store, range(63))))
    await merge
    assert await session_cookies.count_session_cookies(database, user_id=kept.id) == stored
    assert await session_cookies.count_session_cookies(database) == stored


async def test_of_two_merges_in_opposite_directions_one_wins(database: Database) -> None:
    for _ in range(8):
        one, two = [await users.insert_user(database, builders.eve_user(), hashed_password=None) for _ in range(2)]
        outcomes = await asyncio.gather(
            accounts.merge_users(database, kept=one.id, merged=two.id),
            accounts.merge_users(database, kept=two.id, merged=one.id),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes if not isinstance(outcome, User)] == [NotFound]
        assert len(await users.get_users(database, [one.id, two.id])) == 1


@pytest.mark.slow
async def test_of_merges_in_many_processes_one_wins_and_nothing_that_was_stored_is_lost(sqlite_url: str) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in the tests above."""
    key = sealing.new_key()
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=key), catalog=ACCOUNTS) as db:
        pairs = [
            [await users.insert_user(db, builders.eve_user(), hashed_password=None) for _ in range(2)]
            for _ in range(PAIRS)
        ]
        ids = [str(user.id) for user in chain(*pairs)]
        printed = list(
            chain(*run_together(STORE_AND_MERGE, sqlite_url, *ids, processes=PROCESSES, HANGAR_SEALING_KEYS=key))
        )
        stored = printed.count("stored")
        winners = [line for line in printed if line != "stored"]
        left = [await users.get_users(db, [user.id for user in pair]) for pair in pairs]
        assert sorted(winners) == sorted(str(user.id) for [user] in left)
        found = [await session_cookies.list_session_cookies(db, user_id=user.id) for [user] in left]
        assert sum(map(len, found)) == await session_cookies.count_session_cookies(db) == stored >= PROCESSES
        assert (await kinds(db)).count(SecurityEventKind.MERGED) == 2 * PAIRS
