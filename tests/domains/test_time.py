"""Time comes from the database's clock alone, and is aware UTC to the microsecond on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hangar_dal import Database, User, builders, refresh_tokens, session_cookies, users
from hangar_dal.errors import InvalidValue
from tests.helpers.clock import Clock


async def test_every_instant_of_a_row_is_the_clocks(database: Database, clock: Clock) -> None:
    made = await users.create_user(database, builders.user())
    first = clock.now
    assert (made.created_at, made.updated_at, made.last_login_at) == (first, first, None)
    for change in (
        lambda: users.update_user(database, made.id, is_private=True),
        lambda: users.set_user_status(database, made.id, users.UserStatus.ACTIVE),
        lambda: users.set_user_role(database, made.id, users.UserRole.ADMIN),
        lambda: users.set_password(database, made.id, builders.password()),
    ):
        clock.advance(timedelta(microseconds=1))
        changed = await change()
        assert (changed.created_at, changed.updated_at, changed.last_login_at) == (first, clock.now, None)
    clock.advance(timedelta(microseconds=1))
    assert (await users.touch_last_login(database, made.id)).last_login_at == clock.now
    assert (
        await session_cookies.create_session_cookie(database, builders.session_cookie(made.id))
    ).created_at == clock.now
    issued = await refresh_tokens.issue_refresh_token(database, made.id)
    assert issued.session.signed_in_at == issued.session.issued_at == clock.now
    clock.advance(timedelta(microseconds=1))
    await refresh_tokens.rotate_refresh_token(database, issued.token)
    used = await refresh_tokens.find_refresh_token(database, issued.token)
    assert used is not None
    assert used.used_at == clock.now


@pytest.mark.parametrize("microsecond", [0, 1, 10, 100_000, 999_999])
async def test_instants_keep_their_microseconds_and_are_utc(database: Database, clock: Clock, microsecond: int) -> None:
    clock.now = clock.now.replace(microsecond=microsecond)
    made = await users.sign_in_eve_user(database, eve_character_id=1, display_name="x")
    found = await users.get_user(database, made.id)
    for one in (made, found):
        assert one.created_at == one.updated_at == one.last_login_at == clock.now
        assert {one.created_at.tzinfo, one.updated_at.tzinfo, one.last_login_at.tzinfo} == {UTC}


@pytest.mark.parametrize(
    "instant",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)],
    ids=["first", "last"],
)
async def test_instants_reach_from_the_first_to_the_last_that_python_has(
    database: Database, clock: Clock, instant: datetime
) -> None:
    clock.now = instant
    made = await users.create_user(database, builders.eve_user())
    assert (made.created_at, (await users.get_user(database, made.id)).created_at) == (instant, instant)
    assert await users.list_users(database, after=made) == []


async def test_a_clock_of_another_zone_gives_the_same_instant_in_utc(database: Database, clock: Clock) -> None:
    clock.now = datetime(2030, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    made = await users.create_user(database, builders.eve_user())
    assert made.created_at == clock.now
    assert made.created_at.isoformat() == "2030-05-31T19:45:00+00:00"
    assert database.now().tzinfo is UTC


async def test_a_naive_clock_is_refused_and_nothing_is_stored(database: Database, clock: Clock, user: User) -> None:
    right, clock.now = clock.now, clock.now.replace(tzinfo=None)
    naive = r"^clock: a datetime must be aware"
    with pytest.raises(InvalidValue, match=naive):
        await users.create_user(database, builders.eve_user())
    with pytest.raises(InvalidValue, match=naive):
        await users.touch_last_login(database, user.id)
    with pytest.raises(InvalidValue, match=naive):
        await session_cookies.create_session_cookie(database, builders.session_cookie(user.id))
    with pytest.raises(InvalidValue, match=naive):
        await session_cookies.find_session_cookie(database, user_id=user.id, platform="x")
    with pytest.raises(InvalidValue, match=naive):
        await session_cookies.purge_expired_session_cookies(database)
    with pytest.raises(InvalidValue, match=naive):
        await refresh_tokens.issue_refresh_token(database, user.id)
    with pytest.raises(InvalidValue, match=naive):
        await refresh_tokens.list_refresh_tokens(database, user_id=user.id)
    clock.now = right
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=user.id) == 0
    assert await users.list_users(database) == [user]
    assert await session_cookies.count_session_cookies(database) == 0


async def test_a_clock_that_goes_backwards_is_believed(database: Database, clock: Clock, user: User) -> None:
    clock.advance(-timedelta(hours=1))
    changed = await users.update_user(database, user.id, is_private=True)
    assert changed.updated_at < changed.created_at
    later = await users.create_user(database, builders.eve_user())
    assert await users.list_users(database, order="oldest") == [later, changed]


async def test_a_purge_goes_by_the_time_at_which_it_began(database: Database, clock: Clock, user: User) -> None:
    for seconds in (1, 2, 3):
        new = builders.session_cookie(user.id, expires_at=clock.now + timedelta(seconds=seconds))
        await session_cookies.create_session_cookie(database, new)
    clock.advance(timedelta(seconds=1))
    purged = await session_cookies.purge_expired_session_cookies(
        database, batch_size=1, progress=lambda _: clock.advance(timedelta(seconds=1))
    )
    assert purged == 1
