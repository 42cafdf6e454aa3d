"""Waiting for a connection: in turn, not for ever, and without a trace when given up."""

import asyncio

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.database import Database, open_database
from hangar_dal.errors import ConnectionFailed, DatabaseBusy, DatabaseClosed, StatementTimeout
from hangar_dal.settings import Settings
from tests.database.ledger import column, endless, make_ledger, run
from tests.database.pools import held

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"


@pytest.fixture
async def crowded(small: Settings, anyio_backend: str):
    """A database whose connections are all in transactions."""
    one_reader = small.model_copy(update={"acquire_timeout": 2, "sqlite_readers": 1})
    async with open_database(one_reader, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with held(db.transaction()), held(db.transaction(read_only=True)):
            yield db


async def test_who_waits_too_long_for_a_connection_is_told(crowded: Database) -> None:
    calls = run(crowded, INSERT, id=1), crowded.ping(timeout=300)
    for error in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(error, DatabaseBusy)
        assert "HANGAR_ACQUIRE_TIMEOUT" in str(error)


async def test_ping_gives_up_at_its_own_timeout_when_all_connections_are_busy(crowded: Database) -> None:
    with pytest.raises(ConnectionFailed, match=r"no answer within 0\.05 seconds.*all connections are in use"):
        await crowded.ping(timeout=0.05)


async def test_who_gives_up_waiting_leaves_no_trace(small_ledger: Database) -> None:
    async with small_ledger.transaction(), small_ledger.transaction(read_only=True):
        waiting = [asyncio.create_task(run(small_ledger, INSERT, id=n)) for n in range(10)]
        await asyncio.sleep(0)
        for task in waiting[::2]:
            task.cancel()
        await asyncio.sleep(0)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, False] * 5
    assert await column(small_ledger, "SELECT id FROM ledger ORDER BY id") == [1, 3, 5, 7, 9]


async def test_a_connection_handed_to_a_task_that_is_cancelled_in_the_same_turn_is_not_lost(
    small_ledger: Database,
) -> None:
    for n in range(20):
        async with small_ledger.transaction(), small_ledger.transaction(read_only=True):
            waiting = asyncio.create_task(run(small_ledger, INSERT, id=n))
            await asyncio.sleep(0)
        # The block's end has handed its connection over; the waiting task has not run yet.
        waiting.cancel()
        await asyncio.wait({waiting})
    async with small_ledger.transaction(), small_ledger.transaction(read_only=True):
        pass


async def test_writers_are_served_in_the_order_in_which_they_came(settings: Settings) -> None:
    one_connection = settings.model_copy(update={"pool_size": 1})
    served: list[int] = []

    async def write(db: Database, n: int) -> None:
        await run(db, INSERT, id=n)
        served.append(n)

    async with open_database(one_connection, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with db.transaction():
            waiting = [asyncio.create_task(write(db, n)) for n in range(8)]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
    assert served == list(range(8))


async def test_who_waits_while_the_database_closes_is_told(crowded: Database) -> None:
    waiting = asyncio.create_task(run(crowded, INSERT, id=1))
    await asyncio.sleep(0)
    closing = asyncio.create_task(crowded.close())
    with pytest.raises(DatabaseClosed):
        await waiting
    closing.cancel()


async def test_a_statement_that_takes_too_long_is_stopped(database_url: str, settings: Settings) -> None:
    hasty = Settings(database_url=database_url, sealing_keys=settings.sealing_keys, statement_timeout=1)
    async with open_database(hasty, catalog=ACCOUNTS) as db:
        with pytest.raises(StatementTimeout) as caught:
            await db.run(*endless(db))
        assert caught.value.query == "the_endless_query"
        with pytest.raises(StatementTimeout):
            async with db.transaction() as tx:
                await tx.run(*endless(db))
        assert await column(db, "SELECT 1") == [1]
