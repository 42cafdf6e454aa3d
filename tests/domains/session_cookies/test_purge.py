"""`purge_expired_session_cookies`: all that has expired goes, batch by batch, and nothing else."""

import asyncio
from datetime import timedelta

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, User, builders, open_database, sealing, session_cookies, users
from hangar_dal.errors import InvalidValue
from tests.helpers.browser_sessions import sessions
from tests.helpers.clock import Clock


async def stock(database: Database, clock: Clock, user: User, *, expired: int, live: int = 0) -> None:
    await session_cookies.import_session_cookies(database, sessions(user.id, expired))
    new = sessions(user.id, live, expires_at=builders.LATER + timedelta(days=1, microseconds=1))
    await session_cookies.import_session_cookies(database, new)
    clock.now = builders.LATER + timedelta(days=1)


@pytest.mark.parametrize(
    ("expired", "calls"),
    [(0, []), (1, [1]), (9, [9]), (10, [10]), (11, [10, 11]), (20, [10, 20]), (25, [10, 20, 25])],
)
async def test_purge_expired_session_cookies_returns_the_count_and_tells_each_batch(
    database: Database, clock: Clock, user: User, expired: int, calls: list[int]
) -> None:
    await stock(database, clock, user, expired=expired, live=3)
    told: list[int] = []
    purged = await session_cookies.purge_expired_session_cookies(database, batch_size=10, progress=told.append)
    assert (purged, told) == (expired, calls)
    left = await session_cookies.list_session_cookies(database, user_id=user.id)
    assert [one.expires_at > clock.now for one in left] == [True] * 3
    assert await session_cookies.purge_expired_session_cookies(database) == 0


async def test_purge_expired_session_cookies_takes_what_expires_now_and_leaves_what_expires_next(
    database: Database, clock: Clock, user: User
) -> None:
    for expires_at in (
        builders.LATER - timedelta(microseconds=1),
        builders.LATER,
        builders.LATER + timedelta(microseconds=1),
    ):
        await session_cookies.create_session_cookie(database, builders.session_cookie(user.id, expires_at=expires_at))
    clock.now = builders.LATER
    assert await session_cookies.purge_expired_session_cookies(database) == 2
    [left] = await session_cookies.list_session_cookies(database, user_id=user.id)
    assert left.expires_at == builders.LATER + timedelta(microseconds=1)


async def test_purge_expired_session_cookies_takes_all_users(database: Database, clock: Clock, user: User) -> None:
    other = await users.create_user(database, builders.user())
    for owner in (user, other):
        await session_cookies.import_session_cookies(database, sessions(owner.id, 5))
    clock.now = builders.LATER + timedelta(days=1)
    assert await session_cookies.purge_expired_session_cookies(database, batch_size=3) == 10
    assert await users.count_users(database) == 2


async def test_purge_expired_session_cookies_keeps_what_is_done_when_it_is_stopped(
    database: Database, clock: Clock, user: User
) -> None:
    await stock(database, clock, user, expired=35)

    def stop(purged: int) -> None:
        if purged == 20:
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        await session_cookies.purge_expired_session_cookies(database, batch_size=10, progress=stop)
    assert await session_cookies.count_session_cookies(database) == 15
    assert await session_cookies.purge_expired_session_cookies(database, batch_size=10) == 15


async def test_purge_expired_session_cookies_begins_with_the_longest_expired(
    database: Database, clock: Clock, user: User
) -> None:
    await stock(database, clock, user, expired=30)
    deleted = await session_cookies.delete_expired_session_cookies(database, batch_size=10)
    assert deleted == 10
    left = await session_cookies.list_session_cookies(database, user_id=user.id)
    assert min(one.expires_at for one in left) == builders.LATER + timedelta(seconds=10)


async def test_purge_expired_session_cookies_lets_writers_in_between_its_batches(
    database: Database, clock: Clock, user: User
) -> None:
    await stock(database, clock, user, expired=1000)
    purge = asyncio.create_task(session_cookies.purge_expired_session_cookies(database, batch_size=10))
    written = 0
    while not purge.done():
        await users.touch_last_login(database, user.id)
        written += 1
    assert await purge == 1000
    assert written > 10  # a hundred batches ran; had one transaction held them all, SQLite would have let one in


async def test_purge_expired_session_cookies_twice_at_once_takes_each_row_once(
    database: Database, clock: Clock, user: User
) -> None:
    await stock(database, clock, user, expired=300, live=10)
    both = [session_cookies.purge_expired_session_cookies(database, batch_size=20) for _ in range(2)]
    assert sum(await asyncio.gather(*both)) == 300
    assert await session_cookies.count_session_cookies(database) == 10


async def test_purge_expired_session_cookies_passes_over_a_row_that_another_writer_holds(
    postgres_url: str, clock: Clock
) -> None:
    """PostgreSQL alone: on SQLite there is never another writer."""
    async with open_database(
        Settings(database_url=postgres_url, sealing_keys=sealing.new_key()), clock=clock, catalog=ACCOUNTS
    ) as db:
        owner = await users.create_user(db, builders.user())
        held = await session_cookies.create_session_cookie(db, builders.session_cookie(owner.id))
        await session_cookies.import_session_cookies(db, sessions(owner.id, 25))
        clock.now = builders.LATER + timedelta(days=1)
        async with db.transaction() as tx:
            await session_cookies.replace_session_cookie(
                tx,
                session_cookie_id=held.id,
                user_id=owner.id,
                platform=held.platform,
                cookies=[],
                expires_at=builders.LATER + timedelta(days=2),
            )
            assert await session_cookies.purge_expired_session_cookies(db, batch_size=10) == 25
        assert await session_cookies.purge_expired_session_cookies(db) == 0
        assert await session_cookies.count_session_cookies(db) == 1


async def test_purge_expired_session_cookies_refuses_a_batch_size_out_of_bounds(
    database: Database, clock: Clock, user: User
) -> None:
    await stock(database, clock, user, expired=3)
    for batch_size in [0, -1, 10_001, True, "10"]:
        with pytest.raises(InvalidValue, match=r"^batch_size: "):
            await session_cookies.purge_expired_session_cookies(database, batch_size=batch_size)
        assert await session_cookies.count_session_cookies(database) == 3
