"""The server restarts: the first request of every pool succeeds, and calls made meanwhile wait for it."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.settings import Settings
from tests.database.calls import IDS, READS, WRITES, Call, read
from tests.database.ledger import column, make_ledger
from tests.database.pools import fill
from tests.database.servers import OwnServer, url_of
from tests.helpers.waiting import until

pytestmark = pytest.mark.slow

SIZE = 4
POOLS = 5


@pytest.fixture(scope="module")
def running(new_server: OwnServer) -> Iterator[OwnServer]:
    with new_server.copied() as server:
        server.start()
        server.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        yield server


@pytest.fixture
def server(running: OwnServer) -> Iterator[OwnServer]:
    """It runs, and has no table."""
    yield running
    running.query("DROP TABLE IF EXISTS ledger")


@pytest.fixture
def settings(server: OwnServer) -> Settings:
    return Settings(
        database_url=url_of(server),
        sealing_keys=sealing.new_key(),
        pool_size=SIZE,
        acquire_timeout=300,
        connect_timeout=300,
    )


@pytest.mark.parametrize("call", [*READS, *WRITES])
async def test_the_first_request_of_every_pool_after_a_restart_succeeds(
    server: OwnServer, settings: Settings, call: Call
) -> None:
    async with AsyncExitStack() as stack:
        pools: list[Database] = []
        for _ in range(POOLS):
            db = await stack.enter_async_context(open_database(settings, check_schema=False, catalog=ACCOUNTS))
            await fill(db, SIZE)
            pools.append(db)
        await db.run(*make_ledger(db))
        server.restart()
        for number, db in enumerate(pools):
            await call(db, number)
            stats = db.pool_stats()["connections"]
            assert (stats.lost, stats.opened, stats.used, stats.idle) == (SIZE, SIZE + 1, 0, 1)
        assert await column(db, IDS) == [number for number in range(POOLS) if call in WRITES]


async def test_calls_made_while_the_server_is_down_succeed_when_it_is_up(server: OwnServer, settings: Settings) -> None:
    async with open_database(settings, check_schema=False, catalog=ACCOUNTS) as db:
        await fill(db, SIZE)
        server.stop("fast")
        calls = [asyncio.create_task(read(db, number)) for number in range(3 * SIZE)]
        await until(lambda: db.pool_stats()["connections"].waiting == len(calls), *calls)
        await asyncio.to_thread(server.start)
        assert await asyncio.gather(*calls) == [None] * len(calls)
