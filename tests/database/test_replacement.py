"""Connections are replaced by age and by idle time, and `pool_stats` reports what happens to them."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.database.pool_limits import JITTER, PoolStats
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run
from tests.database.outside import PostgresOutside
from tests.database.pools import fill
from tests.helpers.waiting import until

SIZE = 4
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def with_limits(url: str, **values: Any) -> Settings:
    return Settings(database_url=url, sealing_keys=sealing.new_key(), pool_size=SIZE, **values)


def counts(stats: PoolStats) -> dict[str, int]:
    names = ("used", "idle", "waiting", "opened", "lost")
    return {name: getattr(stats, name) for name in names}


def connections(db: Database) -> PoolStats:
    return db.pool_stats()["connections"]


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=postgres_url, sealing_keys=sealing.new_key())


async def test_the_connection_that_greets_the_server_runs_the_first_calls(postgres_url: str) -> None:
    async with open_database(Settings(database_url=postgres_url)) as db:
        assert counts(connections(db)) == {"used": 0, "idle": 1, "waiting": 0, "opened": 1, "lost": 0}
        assert await column(db, "SELECT current_setting('search_path')") == ["public, pg_temp"]  # set up like any other
        assert connections(db).opened == 1


@pytest.mark.parametrize("limit", ["connection_max_age", "connection_max_idle"])
async def test_free_connections_are_closed_by_age_and_by_idle_time(
    postgres_url: str, outside: PostgresOutside, limit: str
) -> None:
    async with open_database(with_limits(postgres_url, **{limit: 0.3}), catalog=ACCOUNTS) as db:
        await fill(db, SIZE)
        await until(lambda: connections(db).idle == 0)
        assert counts(connections(db)) == {"used": 0, "idle": 0, "waiting": 0, "opened": SIZE, "lost": 0}
        await until(lambda: outside.query(SESSIONS) == [])
        assert await column(db, "SELECT 1") == [1]
        assert connections(db).opened == SIZE + 1


async def test_an_old_connection_that_is_lent_is_closed_when_it_comes_back(postgres_url: str) -> None:
    async with open_database(with_limits(postgres_url, connection_max_age=0.3), catalog=ACCOUNTS) as db:
        async with db.transaction() as tx:
            await until(lambda: len(db._writers._worn) == 1)
            assert counts(connections(db)) == {"used": 1, "idle": 0, "waiting": 0, "opened": 1, "lost": 0}
            assert await column(tx, "SELECT 1") == [1]
        assert counts(connections(db)) == {"used": 0, "idle": 0, "waiting": 0, "opened": 1, "lost": 0}


async def test_an_old_connection_is_replaced_for_the_call_in_line(postgres_url: str) -> None:
    settings = with_limits(postgres_url, connection_max_age=0.3).model_copy(update={"pool_size": 1})
    async with open_database(settings, catalog=ACCOUNTS) as db:
        async with db.transaction() as tx:
            waiting = asyncio.create_task(column(db, "SELECT pg_backend_pid()"))
            await until(lambda: len(db._writers._worn) == 1, waiting)
            first = await column(tx, "SELECT pg_backend_pid()")
        assert await waiting != first


async def test_connections_opened_together_are_not_replaced_together(settings: Settings) -> None:
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await fill(db, settings.pool_size)
        factors = {life.jitter for life in db._writers._all.values()}
    assert len(factors) == settings.pool_size
    assert min(factors) >= 1 - JITTER
    assert max(factors) <= 1 + JITTER


async def test_connections_without_limits_are_kept(postgres_url: str) -> None:
    unlimited = {"connection_max_age": 0, "connection_max_idle": 0, "connection_check_after": 0}
    async with open_database(with_limits(postgres_url, **unlimited), catalog=ACCOUNTS) as db:
        await fill(db, SIZE)
        pool = db._writers
        await until(lambda: all(pool._idle(connection) > 0.5 for connection in pool._all))
        assert counts(connections(db)) == {"used": 0, "idle": SIZE, "waiting": 0, "opened": SIZE, "lost": 0}
        assert pool._stale == []


async def test_the_statistics_report_who_uses_and_who_waits(small: Settings) -> None:
    async with open_database(small, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        name = db._writers.name
        before = db.pool_stats()[name]
        async with AsyncExitStack() as stack:
            for _ in range(before.size):
                await stack.enter_async_context(db.transaction())
            insert = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
            waiting = [asyncio.create_task(run(db, insert, id=number)) for number in range(3)]
            await until(lambda: db.pool_stats()[name].waiting == 3, *waiting)
            full = {"used": before.size, "idle": 0, "waiting": 3, "opened": before.size, "lost": 0}
            assert counts(db.pool_stats()[name]) == full
        await asyncio.gather(*waiting)
        after = db.pool_stats()[name]
        assert counts(after) == {**full, "used": 0, "idle": before.size, "waiting": 0}
        assert after.waits >= before.waits + 3
        assert after.waited > before.waited
