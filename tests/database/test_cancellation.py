"""A cancelled task: nothing half done, the connection in order, and the truth about what was applied."""

import asyncio
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.database.sqlite.raw import LOCK_WAIT
from hangar_dal.errors import DatabaseBusy, TransactionFailed
from hangar_dal.settings import Settings, parse_url
from tests.database.ledger import column, endless, endless_write, make_ledger, run
from tests.database.outside import Outside
from tests.database.storm import COMMITTED
from tests.helpers.waiting import until, until_set

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"


@pytest.mark.parametrize("cancels", [1, 2, 3])
@pytest.mark.parametrize("seconds", [0.0, 0.05])
async def test_a_cancelled_statement_is_stopped_and_nothing_of_it_is_kept(
    small_ledger: Database, outside: Outside, cancels: int, seconds: float
) -> None:
    writing = asyncio.create_task(small_ledger.run(*endless_write(small_ledger)))
    for _ in range(cancels):
        await asyncio.sleep(seconds)
        writing.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await writing
    assert COMMITTED not in getattr(caught.value, "__notes__", [])
    assert await column(small_ledger, IDS) == []
    assert outside.transactions_left_open() == 0


async def test_a_statement_cancelled_as_soon_as_it_is_sent_is_stopped_for_certain(small_ledger: Database) -> None:
    """A request to stop may overtake the statement on its way to the server, and then stops nothing."""
    for _ in range(10):
        reading = asyncio.create_task(small_ledger.run(*endless_write(small_ledger)))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await reading
        assert not getattr(caught.value, "__notes__", [])


async def test_a_timeout_inside_a_transaction_ends_it_even_within_a_savepoint(
    ledger: Database, outside: Outside
) -> None:
    with pytest.raises(TransactionFailed):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), tx.savepoint():
                    await tx.run(*endless_write(tx))
            assert outside.transactions_left_open() == 0
            await run(tx, INSERT, id=2)
    assert outside.query(IDS) == []


async def test_a_block_cancelled_between_its_statements_rolls_back(ledger: Database, outside: Outside) -> None:
    async def work() -> None:
        async with ledger.transaction() as tx, tx.savepoint():
            await run(tx, INSERT, id=1)
            written.set()
            await asyncio.sleep(3600)

    written = asyncio.Event()
    working = asyncio.create_task(work())
    await until_set(written, working)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0


async def test_a_cancelled_task_that_waits_for_another_process_stops_soon(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key(), lock_timeout=3600)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        with closing(sqlite3.connect(parse_url(sqlite_url).path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = [asyncio.create_task(run(db, INSERT, id=1)), asyncio.create_task(db.transaction().__aenter__())]
            for task in waiting:
                await asyncio.sleep(0.05)
                task.cancel()
            done, _ = await asyncio.wait(waiting, timeout=300)
            assert [task.cancelled() for task in done] == [True, True]
        assert await column(db, IDS) == []
        await run(db, INSERT, id=2)


async def test_a_cancellation_ends_the_wait_for_a_lock_in_the_middle(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key(), lock_timeout=3600)
    took = []
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        with closing(sqlite3.connect(parse_url(sqlite_url).path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(20):
                waiting = asyncio.create_task(run(db, INSERT, id=1))
                await until(lambda: db.pool_stats()["writer"].used == 1, waiting)
                waiting.cancel()
                began = time.monotonic()
                await asyncio.wait({waiting})
                took.append(time.monotonic() - began)
    assert min(took) < LOCK_WAIT / 4  # SQLite's own wait would last that long


async def test_the_wait_for_a_lock_of_another_process_has_an_end(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key(), lock_timeout=0.3)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        with closing(sqlite3.connect(parse_url(sqlite_url).path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseBusy, match="HANGAR_LOCK_TIMEOUT"):
                await run(db, INSERT, id=1)
            with pytest.raises(DatabaseBusy):
                async with db.transaction():
                    pass


async def test_a_lock_of_another_process_is_waited_for(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key(), lock_timeout=600)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        with closing(sqlite3.connect(parse_url(sqlite_url).path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(run(db, INSERT, id=2))
            await asyncio.sleep(0.15)
            assert not waiting.done()
            other.execute("COMMIT")
            await waiting
        assert await column(db, IDS) == [2]


async def test_a_memory_database_survives_cancellations(anyio_backend: str) -> None:
    async with open_database(Settings(database_url="sqlite:///:memory:"), catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        await run(db, INSERT, id=1)
        for statement in (endless(db), endless_write(db)):
            task = asyncio.create_task(db.run(*statement))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.wait({task})
        assert await column(db, IDS) == [1]


SHUTS_DOWN = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from tests.database.ledger import endless, endless_write
from hangar_dal import ACCOUNTS
from hangar_dal.database import open_database
from hangar_dal.settings import Settings

forgotten = []

async def work(db, n):
    async with db.transaction(read_only=n > 0) as tx:
        await tx.run(*(endless(tx) if n else endless_write(tx)))

async def main(seconds, cancelled_first):
    db = await open_database(Settings(database_url=sys.argv[2], sealing_keys=sys.argv[3]), catalog=ACCOUNTS)
    tasks = [asyncio.create_task(work(db, n)) for n in range(3)]
    forgotten.append((db, tasks))
    await asyncio.sleep(seconds)
    if cancelled_first:
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0)

for seconds in (0.0, 0.01, 0.05):
    for cancelled_first in (False, True):
        asyncio.run(main(seconds, cancelled_first))
"""


async def test_a_loop_that_shuts_down_in_the_middle_ends_and_leaves_no_lock(
    ledger: Database, settings: Settings, database_url: str, outside: Outside
) -> None:
    """`asyncio.run` cancels every task at once, those that clean up included."""
    key = settings.sealing_keys.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SHUTS_DOWN, str(Path(__file__).parents[2]), database_url, key
    )
    try:
        assert await asyncio.wait_for(process.wait(), timeout=300) == 0
    except TimeoutError:
        process.kill()
        raise
    assert outside.query(IDS) == []
    await ledger.close()
    assert outside.transactions_left_open() == 0
