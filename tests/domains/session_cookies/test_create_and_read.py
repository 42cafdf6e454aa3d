"""`create_session_cookie`, `get_`, `find_`, `list_` and `count_session_cookies`."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from hangar_dal import Database, NewSessionCookie, SessionCookie, User, builders, session_cookies, users, uuid7
from hangar_dal.errors import ForeignKeyViolation, InvalidValue, NotFound, UniqueViolation
from hangar_dal.sizes import MAX_JSON_BYTES
from tests.helpers.clock import Clock

COOKIES: dict[str, Any] = {
    "playwright": builders.storage_state(),
    "list": [{"name": "a", "value": "b"}],
    "empty object": {},
    "empty list": [],
    "every kind": {
        "": None,
        "t": True,
        "n": -(2**63),
        "f": 0.1,
        "big": 1e15,
        "s": "\u2028 \U0001f680 \x01 \\ \" '",
        "l": [[{}]],
    },
    "deep": [[[[[[[[[[]]]]]]]]]],
}
PLATFORM = "market.example.org"


async def create(database: Database, owner: User, **changes: Any) -> SessionCookie:
    return await session_cookies.create_session_cookie(database, builders.session_cookie(owner.id, **changes))


@pytest.mark.parametrize("cookies", COOKIES.values(), ids=COOKIES)
async def test_create_session_cookie_returns_the_row_that_get_session_cookie_finds(
    database: Database, clock: Clock, user: User, cookies: Any
) -> None:
    new = builders.session_cookie(user.id, cookies=cookies)
    made = await session_cookies.create_session_cookie(database, new)
    assert made.model_dump() == {**new.model_dump(), "created_at": clock.now}
    assert made.cookies == cookies
    assert await session_cookies.get_session_cookie(database, made.id) == made


async def test_create_session_cookie_takes_platforms_of_one_to_50_characters(database: Database, user: User) -> None:
    for platform in ["x", "ж" * 50, "a b/c:d'\"%\\", "🚀" * 50]:
        made = await create(database, user, platform=platform)
        assert await session_cookies.find_session_cookie(database, user_id=user.id, platform=platform) == made


async def test_create_session_cookie_keeps_microseconds_and_gives_utc(database: Database, user: User) -> None:
    tokyo = timezone(timedelta(hours=9))
    made = await create(database, user, expires_at=datetime(2031, 6, 1, 8, 59, 59, 999_999, tzinfo=tokyo))
    assert made.expires_at == datetime(2031, 5, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert (made.expires_at.tzinfo, made.created_at.tzinfo) == (UTC, UTC)


async def test_create_session_cookie_takes_what_expires_a_microsecond_from_now(
    database: Database, clock: Clock, user: User
) -> None:
    await create(database, user, expires_at=clock.now + timedelta(microseconds=1))
    for late in (clock.now, clock.now - timedelta(microseconds=1)):
        with pytest.raises(InvalidValue, match=r"^expires_at: must be in the future"):
            await create(database, user, expires_at=late)
    assert await session_cookies.count_session_cookies(database) == 1


async def test_create_session_cookie_takes_a_megabyte_and_no_more(database: Database, user: User) -> None:
    text = "x" * (MAX_JSON_BYTES - len('["",7]'))
    made = await create(database, user, cookies=[text, 7])
    assert made.cookies == [text, 7]
    with pytest.raises(InvalidValue, match=r"^cookies: JSON must not be larger than 1048576 bytes$"):
        await create(database, user, cookies=[text + "x", 7])


async def test_create_session_cookie_for_an_unknown_user_is_a_foreign_key_violation(
    database: Database, user: User
) -> None:
    with pytest.raises(ForeignKeyViolation) as caught:
        await session_cookies.create_session_cookie(database, builders.session_cookie(uuid7()))
    assert str(caught.value) == (
        "session_cookies: user_id must refer to an existing row (session_cookies_user_id_fkey)"
    )
    assert (caught.value.table, caught.value.columns) == ("session_cookies", ("user_id",))
    assert caught.value.constraint == "session_cookies_user_id_fkey"
    assert caught.value.query == "session_cookies.insert_session_cookie"
    assert await session_cookies.count_session_cookies(database) == 0


async def test_create_session_cookie_takes_an_id_once(database: Database, user: User) -> None:
    new = builders.session_cookie(user.id)
    await session_cookies.create_session_cookie(database, new)
    with pytest.raises(UniqueViolation) as caught:
        await session_cookies.create_session_cookie(database, new)
    assert (caught.value.columns, caught.value.constraint) == (("id",), "session_cookies_pkey")


async def test_get_session_cookie_finds_expired_ones_and_raises_not_found_for_unknown_ones(
    database: Database, clock: Clock, user: User
) -> None:
    made = await create(database, user)
    clock.now = builders.LATER + timedelta(days=1)
    assert await session_cookies.get_session_cookie(database, made.id) == made
    with pytest.raises(NotFound, match=r"^session_cookies\.get_session_cookie: no row matched$"):
        await session_cookies.get_session_cookie(database, uuid7())


async def test_find_session_cookie_gives_the_newest_that_has_not_expired(
    database: Database, clock: Clock, user: User
) -> None:
    async def found() -> SessionCookie | None:
        return await session_cookies.find_session_cookie(database, user_id=user.id, platform=PLATFORM)

    assert await found() is None
    oldest = await create(database, user, expires_at=builders.LATER + timedelta(days=9))
    clock.advance(timedelta(microseconds=1))
    first = await create(database, user)
    newest = await create(database, user)
    assert first.created_at == newest.created_at
    assert await found() == newest
    clock.now = builders.LATER - timedelta(microseconds=1)
    assert await found() == newest
    clock.now = builders.LATER
    assert await found() == oldest
    clock.now = builders.LATER + timedelta(days=9)
    assert await found() is None


async def test_find_session_cookie_looks_at_this_user_and_this_platform_only(database: Database, user: User) -> None:
    other = await users.create_user(database, builders.user())
    await create(database, other)
    await create(database, user, platform=PLATFORM.upper())
    assert await session_cookies.find_session_cookie(database, user_id=user.id, platform=PLATFORM) is None
    assert await session_cookies.find_session_cookie(database, user_id=uuid7(), platform=PLATFORM) is None


async def test_list_session_cookies_gives_a_users_newest_first_expired_ones_too(
    database: Database, clock: Clock, user: User
) -> None:
    other = await users.create_user(database, builders.user())
    made = []
    for index in range(9):
        made.append(await create(database, user, platform=f"p{index % 2}", cookies=[index]))
        await create(database, other, platform="p0")
        clock.advance(timedelta(seconds=index % 3))
    clock.now = builders.LATER
    made.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    assert await session_cookies.list_session_cookies(database, user_id=user.id) == made
    for platform in ("p0", "p1", "p2"):
        wanted = [one for one in made if one.platform == platform]
        found = await session_cookies.list_session_cookies(database, user_id=user.id, platform=platform)
        assert found == wanted


async def test_list_session_cookies_of_nobody_is_empty(database: Database, user: User) -> None:
    assert await session_cookies.list_session_cookies(database, user_id=user.id) == []
    assert await session_cookies.list_session_cookies(database, user_id=uuid7(), platform="x") == []


async def test_count_session_cookies_counts_all_or_a_users_or_a_platforms(
    database: Database, clock: Clock, user: User
) -> None:
    other = await users.create_user(database, builders.user())
    count = session_cookies.count_session_cookies
    assert await count(database) == 0
    for owner, platform in [(user, "a"), (user, "a"), (user, "b"), (other, "a")]:
        await create(database, owner, platform=platform)
    clock.now = builders.LATER
    assert await count(database) == 4
    assert await count(database, user_id=user.id) == 3
    assert await count(database, platform="a") == 3
    assert await count(database, user_id=user.id, platform="a") == 2
    assert await count(database, user_id=other.id, platform="b") == 0


async def test_session_cookies_convert_to_json_and_back_without_loss(database: Database, user: User) -> None:
    for cookies in COOKIES.values():
        new = builders.session_cookie(user.id, cookies=cookies)
        assert NewSessionCookie.model_validate(new.model_dump(mode="json")) == new
        assert NewSessionCookie.model_validate_json(new.model_dump_json()) == new
        made = await session_cookies.create_session_cookie(database, new)
        assert SessionCookie.model_validate(made.model_dump(mode="json")) == made
        assert SessionCookie.model_validate_json(made.model_dump_json()) == made
    page = await session_cookies.list_users_with_session_cookies(database)
    assert [type(one).model_validate(one.model_dump(mode="json")) for one in page] == page
    assert [type(one).model_validate_json(one.model_dump_json()) for one in page] == page
