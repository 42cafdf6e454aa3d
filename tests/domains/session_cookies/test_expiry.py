"""`NewSessionCookie` without `expires_at`: it is taken from the cookies."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hangar_dal import Database, NewSessionCookie, User, builders, session_cookies, uuid7
from hangar_dal.errors import InvalidValue
from tests.helpers.clock import Clock

LAST = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=1925004245.678901)


def new(user: User, cookies: Any, **given: Any) -> NewSessionCookie:
    return NewSessionCookie(user_id=user.id, platform="market.example.org", cookies=cookies, **given)


async def test_a_session_is_stored_until_its_last_cookie_expires(database: Database, user: User) -> None:
    state = builders.storage_state()
    made = await session_cookies.create_session_cookie(database, new(user, state))
    assert (made.cookies, made.expires_at) == (state, LAST)
    assert await session_cookies.get_session_cookie(database, made.id) == made
    assert await session_cookies.import_session_cookies(database, [new(user, state["cookies"])]) == 1
    found = await session_cookies.find_session_cookie(database, user_id=user.id, platform="market.example.org")
    assert found is not None
    assert (found.cookies, found.expires_at) == (state["cookies"], LAST)


async def test_a_given_expiry_counts_whatever_the_cookies_say(database: Database, user: User) -> None:
    made = await session_cookies.create_session_cookie(
        database, new(user, builders.storage_state(), expires_at=builders.LATER)
    )
    assert made.expires_at == builders.LATER


async def test_a_session_whose_cookies_have_all_expired_is_not_stored(
    database: Database, clock: Clock, user: User
) -> None:
    clock.now = LAST
    with pytest.raises(InvalidValue, match=r"^expires_at: must be in the future; an expired session cannot be stored$"):
        await session_cookies.create_session_cookie(database, new(user, builders.storage_state()))


@pytest.mark.parametrize("cookies", [{}, [], ["SECRET"], {"token": "SECRET"}, {"cookies": [{"expires": "SECRET"}]}])
def test_cookies_that_do_not_say_when_they_expire_need_an_expiry(cookies: Any) -> None:
    with pytest.raises(InvalidValue) as caught:
        NewSessionCookie(user_id=uuid7(), platform="x", cookies=cookies)
    assert "SECRET" not in f"{caught.value} {caught.value!r}"
    assert (
        NewSessionCookie(user_id=uuid7(), platform="x", cookies=cookies, expires_at=builders.LATER).cookies == cookies
    )
