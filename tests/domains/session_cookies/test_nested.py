"""`list_users_with_session_cookies`: users and the lists of theirs, in one statement."""

from datetime import timedelta

import pytest

from hangar_dal import Database, User, UserWithSessionCookies, builders, session_cookies, users
from hangar_dal.errors import InvalidValue
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock


async def crowd(database: Database, clock: Clock) -> list[UserWithSessionCookies]:
    """Users with none, one, two sessions and so on, newest first as they are listed."""
    made = []
    for number in range(7):
        owner = await users.create_user(
            database,
            builders.user(metadata={"n": number}) if number % 2 else builders.eve_user(eve_scopes=["a", "b,c"]),
        )
        theirs = []
        for index in range(number):
            new = builders.session_cookie(
                owner.id, platform=f"p{index}", cookies=builders.storage_state() if index else [index, 0.5, None]
            )
            theirs.append(await session_cookies.create_session_cookie(database, new))
            clock.advance(timedelta(microseconds=index % 2))
        theirs.sort(key=lambda one: (one.created_at, one.id), reverse=True)
        made.append(UserWithSessionCookies(**owner.model_dump(), session_cookies=theirs))
    return sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)


async def test_list_users_with_session_cookies_nests_each_users_own_newest_first(
    database: Database, clock: Clock
) -> None:
    wanted = await crowd(database, clock)
    assert await session_cookies.list_users_with_session_cookies(database) == wanted
    assert wanted[-1].session_cookies == []


async def test_list_users_with_session_cookies_is_one_statement_for_one_user_and_for_twenty(
    database: Database, hangar_queries: HangarQueries
) -> None:
    for _ in range(20):
        owner = await users.insert_user(database, builders.eve_user(), hashed_password=None)
        await session_cookies.create_session_cookie(database, builders.session_cookie(owner.id))
    for limit in (1, 20):
        with hangar_queries(at_most=1):
            found = await session_cookies.list_users_with_session_cookies(database, limit=limit)
        assert [len(each.session_cookies) for each in found] == [1] * limit


async def test_list_users_with_session_cookies_page_by_page_is_the_whole(database: Database, clock: Clock) -> None:
    wanted = await crowd(database, clock)
    for limit in [1, 3, 7, 1000]:
        seen: list[UserWithSessionCookies] = []
        while page := await session_cookies.list_users_with_session_cookies(
            database, after=seen[-1] if seen else None, limit=limit
        ):
            assert len(page) <= limit
            seen += page
        assert seen == wanted


async def test_list_users_with_session_cookies_of_nobody_is_empty(database: Database) -> None:
    assert await session_cookies.list_users_with_session_cookies(database) == []


async def test_list_users_with_session_cookies_goes_on_behind_a_plain_user(database: Database, clock: Clock) -> None:
    wanted = await crowd(database, clock)
    after = await users.get_user(database, wanted[2].id)
    assert await session_cookies.list_users_with_session_cookies(database, after=after) == wanted[3:]


async def test_list_users_with_session_cookies_gives_instants_in_utc(
    database: Database, clock: Clock, user: User
) -> None:
    for microsecond in (0, 1, 100_000, 999_999):
        clock.now = clock.now.replace(microsecond=microsecond)
        await session_cookies.create_session_cookie(database, builders.session_cookie(user.id))
    [found] = await session_cookies.list_users_with_session_cookies(database)
    assert found.session_cookies == await session_cookies.list_session_cookies(database, user_id=user.id)
    assert {str(one.created_at.tzinfo) for one in found.session_cookies} == {"UTC"}


async def test_list_users_with_session_cookies_refuses_a_limit_out_of_bounds(database: Database) -> None:
    for limit in [0, 1001, True, "1"]:
        with pytest.raises(InvalidValue, match=r"^limit: "):
            await session_cookies.list_users_with_session_cookies(database, limit=limit)
