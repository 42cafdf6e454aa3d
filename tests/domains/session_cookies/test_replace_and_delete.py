"""`replace_session_cookie`, `delete_session_cookie` and `delete_session_cookies`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, SessionCookie, User, builders, session_cookies, users, uuid7
from hangar_dal.errors import InvalidValue, NotFound
from tests.helpers.clock import Clock


@pytest.fixture
async def kept(database: Database, user: User) -> SessionCookie:
    return await session_cookies.create_session_cookie(database, builders.session_cookie(user.id))


async def replace(database: Database, kept: SessionCookie, **changes: Any) -> SessionCookie:
    given = {
        "session_cookie_id": kept.id,
        "user_id": kept.user_id,
        "platform": kept.platform,
        "cookies": {"new": True},
        "expires_at": builders.LATER + timedelta(days=1),
    }
    return await session_cookies.replace_session_cookie(database, **{**given, **changes})


@pytest.mark.parametrize(
    "cookies", [builders.storage_state(), [], {}, [1]], ids=["playwright", "list", "object", "number"]
)
async def test_replace_session_cookie_returns_the_new_row(
    database: Database, clock: Clock, kept: SessionCookie, cookies: Any
) -> None:
    other = await session_cookies.create_session_cookie(database, builders.session_cookie(kept.user_id))
    clock.advance(timedelta(hours=1))
    new = await replace(database, kept, cookies=cookies)
    assert new == kept.model_copy(update={"cookies": cookies, "expires_at": builders.LATER + timedelta(days=1)})
    assert await session_cookies.get_session_cookie(database, kept.id) == new
    assert await session_cookies.get_session_cookie(database, other.id) == other


MISMATCHES: dict[str, Callable[[SessionCookie, User], dict[str, Any]]] = {
    "id": lambda kept, other: {"session_cookie_id": uuid7()},
    "unknown user": lambda kept, other: {"user_id": uuid7()},
    "other user": lambda kept, other: {"user_id": other.id},
    "platform": lambda kept, other: {"platform": "elsewhere"},
    "platform in another case": lambda kept, other: {"platform": kept.platform.upper()},
    "none of them": lambda kept, other: {"session_cookie_id": uuid7(), "user_id": other.id, "platform": "x"},
}


@pytest.mark.parametrize("mismatch", MISMATCHES.values(), ids=MISMATCHES)
async def test_replace_session_cookie_raises_not_found_unless_id_user_and_platform_match(
    database: Database, kept: SessionCookie, mismatch: Callable[[SessionCookie, User], dict[str, Any]]
) -> None:
    other = await users.create_user(database, builders.user())
    with pytest.raises(NotFound, match=r"^session_cookies\.update_session_cookie: no row matched$"):
        await replace(database, kept, **mismatch(kept, other))
    assert await session_cookies.get_session_cookie(database, kept.id) == kept


async def test_replace_session_cookie_refuses_what_has_expired(
    database: Database, clock: Clock, kept: SessionCookie
) -> None:
    with pytest.raises(InvalidValue, match=r"^expires_at: must be in the future"):
        await replace(database, kept, expires_at=clock.now)
    assert await session_cookies.get_session_cookie(database, kept.id) == kept


async def test_replace_session_cookie_brings_an_expired_one_back(
    database: Database, clock: Clock, kept: SessionCookie
) -> None:
    clock.now = builders.LATER
    found = {"user_id": kept.user_id, "platform": kept.platform}
    assert await session_cookies.find_session_cookie(database, **found) is None
    new = await replace(database, kept)
    assert await session_cookies.find_session_cookie(database, **found) == new


async def test_delete_session_cookie_deletes_one(database: Database, kept: SessionCookie) -> None:
    other = await session_cookies.create_session_cookie(database, builders.session_cookie(kept.user_id))
    assert await session_cookies.delete_session_cookie(database, uuid7()) == 0
    assert await session_cookies.delete_session_cookie(database, kept.id, user_id=uuid7()) == 0
    assert await session_cookies.delete_session_cookie(database, kept.id) == 1
    assert await session_cookies.delete_session_cookie(database, kept.id) == 0
    assert await session_cookies.list_session_cookies(database, user_id=kept.user_id) == [other]
    assert await session_cookies.delete_session_cookie(database, other.id, user_id=kept.user_id) == 1
    assert await session_cookies.list_session_cookies(database, user_id=kept.user_id) == []


async def test_delete_session_cookies_deletes_a_users_on_one_platform_or_all(database: Database, user: User) -> None:
    other = await users.create_user(database, builders.user())
    for owner in (user, other):
        for platform in ("a", "a", "b", "c"):
            await session_cookies.create_session_cookie(database, builders.session_cookie(owner.id, platform=platform))
    delete = session_cookies.delete_session_cookies
    assert await delete(database, user_id=uuid7()) == 0
    assert await delete(database, user_id=user.id, platform="A") == 0
    assert await delete(database, user_id=user.id, platform="a") == 2
    left = await session_cookies.list_session_cookies(database, user_id=user.id)
    assert [one.platform for one in left] == ["c", "b"]
    assert await delete(database, user_id=user.id) == 2
    assert await delete(database, user_id=user.id) == 0
    assert await session_cookies.count_session_cookies(database, user_id=other.id) == 4
