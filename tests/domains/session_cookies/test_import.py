"""`import_session_cookies`: many rows, one statement a batch, all of them or none."""

from collections.abc import Iterator
from typing import Any

import pytest

from hangar_dal import Database, NewSessionCookie, User, builders, session_cookies, users, uuid7
from hangar_dal.errors import ForeignKeyViolation, InvalidValue, UniqueViolation
from hangar_dal_pytest import HangarQueries
from tests.helpers.browser_sessions import sessions
from tests.helpers.clock import Clock


async def test_import_session_cookies_stores_what_create_session_cookie_would(
    database: Database, clock: Clock, user: User
) -> None:
    state = builders.storage_state()
    new = [
        builders.session_cookie(user.id, platform=platform, cookies=state)
        for platform in ("a", "ж" * 50, "🚀 '\"\\,{}")
    ]
    assert await session_cookies.import_session_cookies(database, new) == 3
    for one in new:
        found = await session_cookies.get_session_cookie(database, one.id)
        assert found.model_dump() == {**one.model_dump(), "created_at": clock.now}
        assert await session_cookies.find_session_cookie(database, user_id=user.id, platform=one.platform) == found


@pytest.mark.parametrize(("rows", "batches"), [(0, 0), (1, 1), (7, 1), (8, 2), (14, 2), (15, 3)])
async def test_import_session_cookies_sends_one_statement_a_batch(
    database: Database, user: User, hangar_queries: HangarQueries, rows: int, batches: int
) -> None:
    with hangar_queries() as sent:
        assert await session_cookies.import_session_cookies(database, sessions(user.id, rows), batch_size=7) == rows
    assert sent.names == ["session_cookies.insert_session_cookies"] * batches
    assert await session_cookies.count_session_cookies(database) == rows


async def test_import_session_cookies_takes_ten_thousand_rows(database: Database, user: User) -> None:
    new = sessions(user.id, 10_000)
    assert await session_cookies.import_session_cookies(database, new) == 10_000
    found = await session_cookies.list_session_cookies(database, user_id=user.id)
    given = {one.id: one for one in new}
    assert len(found) == 10_000
    assert all(one.model_dump(exclude={"created_at"}) == given[one.id].model_dump() for one in found)


async def test_import_session_cookies_reads_a_generator_one_batch_ahead(
    database: Database, user: User, hangar_queries: HangarQueries
) -> None:
    seen: list[int] = []

    def generated() -> Iterator[NewSessionCookie]:
        for one in sessions(user.id, 25):
            seen.append(len(sent))
            yield one

    with hangar_queries() as sent:
        assert await session_cookies.import_session_cookies(database, generated(), batch_size=10) == 25
    assert seen == [0] * 20 + [1] * 5


BAD = {
    "expired": (lambda user, clock: builders.session_cookie(user.id, expires_at=clock.now), InvalidValue),
    "of an unknown user": (lambda user, clock: builders.session_cookie(uuid7()), ForeignKeyViolation),
    "not JSON": (
        lambda user, clock: builders.session_cookie(user.id).model_copy(update={"cookies": {"a": {1}}}),
        InvalidValue,
    ),
    "NUL": (lambda user, clock: builders.session_cookie(user.id).model_copy(update={"platform": "\0"}), InvalidValue),
    "no model": (lambda user, clock: {"user_id": user.id}, InvalidValue),
}


@pytest.mark.parametrize(("bad", "error"), BAD.values(), ids=BAD)
async def test_import_session_cookies_stores_nothing_if_the_last_row_is_bad(
    database: Database, clock: Clock, user: User, bad: Any, error: type[Exception]
) -> None:
    new = [*sessions(user.id, 24), bad(user, clock)]
    with pytest.raises(error):
        await session_cookies.import_session_cookies(database, new, batch_size=10)
    assert await session_cookies.count_session_cookies(database) == 0
    assert await session_cookies.import_session_cookies(database, new[:-1], batch_size=10) == 24


async def test_import_session_cookies_stores_nothing_if_an_id_comes_twice(database: Database, user: User) -> None:
    new = sessions(user.id, 24)
    for twice in ([*new, new[0]], [*new[:5], new[0], *new[5:]]):
        with pytest.raises(UniqueViolation) as caught:
            await session_cookies.import_session_cookies(database, twice, batch_size=10)
        assert (caught.value.columns, caught.value.constraint) == (("id",), "session_cookies_pkey")
        assert await session_cookies.count_session_cookies(database) == 0


async def test_import_session_cookies_stores_nothing_if_the_generator_breaks(database: Database, user: User) -> None:
    def generated() -> Iterator[NewSessionCookie]:
        yield from sessions(user.id, 15)
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await session_cookies.import_session_cookies(database, generated(), batch_size=10)
    assert await session_cookies.count_session_cookies(database) == 0


async def test_import_session_cookies_in_a_transaction_leaves_the_rest_of_it_when_it_fails(
    database: Database, user: User
) -> None:
    async with database.transaction() as tx:
        kept = await users.insert_user(tx, builders.eve_user(), hashed_password=None)
        with pytest.raises(ForeignKeyViolation):
            await session_cookies.import_session_cookies(
                tx, [*sessions(user.id, 9), builders.session_cookie(uuid7())], batch_size=5
            )
        assert await session_cookies.import_session_cookies(tx, sessions(kept.id, 3)) == 3
    assert await session_cookies.count_session_cookies(database) == 3
    assert await session_cookies.count_session_cookies(database, user_id=kept.id) == 3


async def test_import_session_cookies_refuses_a_batch_size_that_is_none(database: Database, user: User) -> None:
    for batch_size in [0, -1, True, 1.5, "10", None]:
        with pytest.raises(InvalidValue, match=r"^batch_size: must be an int of at least 1$"):
            await session_cookies.import_session_cookies(database, sessions(user.id, 3), batch_size=batch_size)
        assert await session_cookies.count_session_cookies(database) == 0
