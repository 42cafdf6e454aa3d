"""Revoke one token, a session, or all sessions of a user; list the active ones; purge what has expired."""

import asyncio
from datetime import timedelta

import pytest

from hangar_dal import Database, User, builders, refresh_tokens, users
from hangar_dal.errors import InvalidValue
from hangar_dal.refresh_tokens import IssuedRefreshToken, RefreshToken
from tests.helpers.clock import Clock

HOUR = timedelta(hours=1)


async def issue(database: Database, user: User, rotations: int = 0) -> list[IssuedRefreshToken]:
    """A session's tokens, of which the last is live."""
    made = [await refresh_tokens.issue_refresh_token(database, user.id)]
    for _ in range(rotations):
        following = await refresh_tokens.rotate_refresh_token(database, made[-1].token)
        assert following is not None
        made.append(following)
    return made


async def active(database: Database, user: User) -> list[RefreshToken]:
    return await refresh_tokens.list_refresh_tokens(database, user_id=user.id)


@pytest.fixture
async def other(database: Database) -> User:
    return await users.insert_user(database, builders.eve_user(), hashed_password=None)


async def test_list_refresh_tokens_shows_the_live_token_of_each_session_newest_first(
    database: Database, clock: Clock, user: User, other: User
) -> None:
    wanted = []
    for rotations in range(4):
        clock.advance(timedelta(microseconds=rotations % 2))  # two at a time are equally old
        wanted.append((await issue(database, user, rotations))[-1].session)
    await issue(database, other)
    wanted.sort(key=lambda one: (one.issued_at, one.jti), reverse=True)
    assert await active(database, user) == wanted
    seen: list[RefreshToken] = []
    while page := await refresh_tokens.list_refresh_tokens(
        database, user_id=user.id, after=seen[-1] if seen else None, limit=3
    ):
        seen += page
    assert seen == wanted


async def test_list_refresh_tokens_leaves_out_what_has_expired_or_was_revoked(
    database: Database, clock: Clock, user: User
) -> None:
    short = await refresh_tokens.issue_refresh_token(database, user.id, lifetime=HOUR)
    [revoked] = await issue(database, user)
    [kept] = await issue(database, user)
    await refresh_tokens.revoke_refresh_token(database, user_id=user.id, jti=revoked.session.jti)
    assert {one.jti for one in await active(database, user)} == {short.session.jti, kept.session.jti}
    clock.advance(HOUR)
    assert await active(database, user) == [kept.session]


async def test_revoke_refresh_token_revokes_this_one_if_it_is_live_and_the_users(
    database: Database, clock: Clock, user: User, other: User
) -> None:
    used, live = await issue(database, user, 1)
    [kept] = await issue(database, user)
    assert await refresh_tokens.revoke_refresh_token(database, user_id=other.id, jti=live.session.jti) == 0
    assert await refresh_tokens.revoke_refresh_token(database, user_id=user.id, jti=used.session.jti) == 0
    assert await refresh_tokens.revoke_refresh_token(database, user_id=user.id, jti=live.session.jti) == 1
    assert await refresh_tokens.revoke_refresh_token(database, user_id=user.id, jti=live.session.jti) == 0
    found = await refresh_tokens.find_refresh_token(database, live.token)
    assert found == live.session.model_copy(update={"revoked_at": clock.now})
    assert await active(database, user) == [kept.session]


async def test_revoke_sessions_ends_one_session_of_the_user(database: Database, user: User, other: User) -> None:
    ended, kept = await issue(database, user, 2), await issue(database, user, 1)
    family_id = ended[0].session.family_id
    assert await refresh_tokens.revoke_sessions(database, user_id=other.id, family_id=family_id) == 0
    assert await refresh_tokens.revoke_sessions(database, user_id=user.id, family_id=family_id) == 1
    assert await refresh_tokens.revoke_sessions(database, user_id=user.id, family_id=family_id) == 0
    assert await active(database, user) == [kept[-1].session]
    assert await refresh_tokens.rotate_refresh_token(database, ended[-1].token) is None


async def test_revoke_sessions_ends_all_sessions_of_the_user_and_of_nobody_else(
    database: Database, user: User, other: User
) -> None:
    for rotations in range(3):
        await issue(database, user, rotations)
    [kept] = await issue(database, other)
    assert await refresh_tokens.revoke_sessions(database, user_id=user.id) == 3
    assert await refresh_tokens.revoke_sessions(database, user_id=user.id) == 0
    assert await active(database, user) == []
    assert await active(database, other) == [kept.session]


async def test_revoke_sessions_is_undone_with_its_transaction(database: Database, user: User) -> None:
    [issued] = await issue(database, user)
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            assert await refresh_tokens.revoke_sessions(tx, user_id=user.id) == 1
            raise KeyError
    assert await active(database, user) == [issued.session]


async def test_revoke_reused_ends_the_session_and_is_true_for_the_first_time_alone(
    database: Database, clock: Clock, user: User
) -> None:
    first, second, live = await issue(database, user, 2)
    for token, is_new in ((first, True), (first, False), (second, True), (second, False)):
        reused = await refresh_tokens.find_refresh_token(database, token.token)
        assert reused is not None
        assert await refresh_tokens.revoke_reused(database, reused) is is_new
        assert await active(database, user) == []
    for token in (first, second, live):
        found = await refresh_tokens.find_refresh_token(database, token.token)
        assert found is not None
        assert found.revoked_at == clock.now


async def test_stream_refresh_tokens_gives_all_that_is_stored_oldest_first(
    database: Database, clock: Clock, user: User, other: User
) -> None:
    made = []
    for _ in range(2):
        made += await issue(database, user, 2)
        clock.advance(timedelta(seconds=1))
    await issue(database, other)
    async with refresh_tokens.stream_refresh_tokens(database, user.id) as stream:
        found = [one async for one in stream]
    assert [(one.issued_at, one.jti) for one in found] == sorted(
        (one.session.issued_at, one.session.jti) for one in made
    )


async def test_delete_refresh_tokens_deletes_those_of_one_user(database: Database, user: User, other: User) -> None:
    used, live = await issue(database, user, 1)
    [kept] = await issue(database, other)
    assert await refresh_tokens.delete_refresh_tokens(database, user_id=user.id) == 2
    for one in (used, live):
        assert await refresh_tokens.find_refresh_token(database, one.token) is None
    assert await active(database, other) == [kept.session]


async def test_purge_deletes_batch_by_batch_what_has_expired_whatever_its_state(
    database: Database, clock: Clock, user: User
) -> None:
    expired = await issue(database, user, 10)
    [revoked] = await issue(database, user)
    await refresh_tokens.revoke_refresh_token(database, user_id=user.id, jti=revoked.session.jti)
    clock.advance(timedelta(microseconds=1))
    kept = (await issue(database, user, 1))[-1]
    clock.now = revoked.session.expires_at
    told: list[int] = []
    assert await refresh_tokens.purge_expired_refresh_tokens(database, batch_size=5, progress=told.append) == 12
    assert told == [5, 10, 12]
    assert await refresh_tokens.find_refresh_token(database, expired[0].token) is None
    assert await active(database, user) == [kept.session]
    assert await refresh_tokens.purge_expired_refresh_tokens(database) == 0


async def test_a_session_goes_on_when_its_first_tokens_are_purged(database: Database, clock: Clock, user: User) -> None:
    first = await refresh_tokens.issue_refresh_token(database, user.id, lifetime=HOUR)
    second = await refresh_tokens.rotate_refresh_token(database, first.token)
    assert second is not None
    clock.advance(HOUR)
    assert await refresh_tokens.purge_expired_refresh_tokens(database) == 1
    assert await refresh_tokens.rotate_refresh_token(database, second.token) is not None


async def test_two_purges_at_once_delete_each_token_once(database: Database, clock: Clock, user: User) -> None:
    await issue(database, user, 60)
    clock.advance(refresh_tokens.LIFETIME)
    purges = [refresh_tokens.purge_expired_refresh_tokens(database, batch_size=7) for _ in range(2)]
    assert sum(await asyncio.gather(*purges)) == 61


@pytest.mark.parametrize("batch_size", [0, 10_001, True])
async def test_purge_refuses_a_batch_size_out_of_bounds(database: Database, user: User, batch_size: int) -> None:
    with pytest.raises(InvalidValue, match=r"^batch_size: "):
        await refresh_tokens.purge_expired_refresh_tokens(database, batch_size=batch_size)
