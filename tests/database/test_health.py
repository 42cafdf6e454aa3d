"""`db.health()` reports how the database is, and raises only the faults of the program."""

import asyncio

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, open_database
from hangar_dal.errors import DatabaseBusy, DatabaseClosed, WrongEventLoop
from tests.database.pools import held


async def test_health_has_the_version_the_latency_and_the_pools(settings: Settings) -> None:
    async with open_database(settings, catalog=ACCOUNTS) as db:
        health = await db.health()
        assert health.dialect == db.dialect
        assert health.is_reachable
        assert health.error is None
        assert health.latency is not None
        assert 0 < health.latency < 60
        assert health.server_version is not None
        assert health.server_version[0].isdigit()
        assert health.pools == db.pool_stats()


async def test_health_reports_a_database_that_is_busy_or_closed(small: Settings) -> None:
    busy = small.model_copy(update={"pool_size": 1, "sqlite_readers": 1, "acquire_timeout": 2})
    async with open_database(busy, catalog=ACCOUNTS) as db:
        async with held(db.transaction(read_only=True)):
            waited, soon = await asyncio.gather(db.health(), db.health(timeout=0.01))
        assert isinstance(waited.error, DatabaseBusy)
        assert "no answer within 0.01 seconds" in str(soon.error)
        assert {(each.is_reachable, each.latency, each.server_version) for each in (waited, soon)} == {
            (False, None, None)
        }
    closed = await db.health()
    assert isinstance(closed.error, DatabaseClosed)


async def test_health_raises_an_error_of_the_call(ledger: Database) -> None:
    with pytest.raises(WrongEventLoop):
        await asyncio.to_thread(lambda: asyncio.run(ledger.health()))
    assert (await ledger.health()).is_reachable
