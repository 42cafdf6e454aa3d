"""Closing waits for running work up to a limit. Then each task gets `DatabaseClosed`, and none of its work is kept."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.errors import DatabaseClosed
from hangar_dal.settings import Settings, parse_url
from tests.database.ledger import column, endless, endless_write, make_ledger, run, sql
from tests.database.outside import Outside
from tests.helpers.waiting import until

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"
LONG = 3600  # seconds that no test waits for


async def until_used(db: Database, count: int, *tasks: asyncio.Task[Any]) -> None:
    """Wait until so many connections are lent to these tasks."""
    await until(lambda: sum(stats.used for stats in db.pool_stats().values()) >= count, *tasks)


@pytest.mark.parametrize("work", [endless, endless_write])
async def test_a_statement_that_still_runs_after_the_time_is_stopped_and_its_task_told(
    ledger: Database, outside: Outside, work
) -> None:
    running = asyncio.create_task(ledger.run(*work(ledger)))
    await until_used(ledger, 1, running)
    await ledger.close(timeout=0.05)
    with pytest.raises(DatabaseClosed) as caught:
        await running
    assert "while the statement ran" in str(caught.value)
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0


async def test_a_statement_that_has_just_been_sent_is_stopped_for_certain(small: Settings, outside: Outside) -> None:
    """A request to stop may come before the statement has begun, and then stops nothing."""
    for number in range(20):
        async with open_database(small, catalog=ACCOUNTS) as db:
            if not number:
                await db.run(*make_ledger(db))
            running = asyncio.create_task(db.run(*endless_write(db)))
            await until_used(db, 1, running)
            await asyncio.wait_for(db.close(timeout=0), 300)
        with pytest.raises(DatabaseClosed):
            await running
    assert outside.query(IDS) == []


async def test_a_statement_that_waits_for_another_process_is_ended(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key(), lock_timeout=3600)
    db = await open_database(settings, check_schema=False, catalog=ACCOUNTS)
    await db.run(*make_ledger(db))
    with closing(sqlite3.connect(parse_url(sqlite_url).path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(run(db, INSERT, id=1))
        await until_used(db, 1, waiting)
        await asyncio.wait_for(db.close(timeout=0), 300)
        with pytest.raises(DatabaseClosed):
            await waiting


async def test_a_statement_of_a_transaction_is_stopped_as_well(ledger: Database, outside: Outside) -> None:
    async def work() -> None:
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            await tx.run(*endless_write(tx))

    working = asyncio.create_task(work())
    await until_used(ledger, 1, working)
    await ledger.close(timeout=0.05)
    with pytest.raises(DatabaseClosed):
        await working
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0


async def test_a_transaction_between_two_statements_is_rolled_back_and_its_next_use_told(
    ledger: Database, outside: Outside
) -> None:
    with pytest.raises(DatabaseClosed):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            await ledger.close(timeout=0)
            assert outside.transactions_left_open() == 0
            for _ in range(2):
                with pytest.raises(DatabaseClosed, match="while the transaction was open"):
                    await run(tx, INSERT, id=2)
    assert outside.query(IDS) == []


async def test_a_transaction_that_ends_after_the_close_does_not_pass_for_committed(
    ledger: Database, outside: Outside
) -> None:
    with pytest.raises(DatabaseClosed):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            await ledger.close(timeout=0)
    assert outside.query(IDS) == []


async def test_a_stream_that_is_open_is_ended(ledger: Database, outside: Outside) -> None:
    await run(ledger, "INSERT INTO ledger (id, amount) VALUES (1, 1), (2, 1), (3, 1)")
    with pytest.raises(DatabaseClosed):
        async with ledger.stream(*sql(ledger, IDS), chunk=1) as chunks:
            async for _ in chunks:
                await ledger.close(timeout=0)
    assert outside.transactions_left_open() == 0


async def test_tasks_that_wait_are_told_before_the_work_under_way_has_ended(small: Settings) -> None:
    async with open_database(small.model_copy(update={"pool_size": 1, "sqlite_readers": 1}), catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with db.transaction() as tx:
            waiting = [asyncio.create_task(run(db, INSERT, id=n)) for n in range(3)]
            await asyncio.sleep(0)
            closing = asyncio.create_task(db.close(timeout=LONG))
            for task in waiting:
                with pytest.raises(DatabaseClosed):
                    await task
            assert not closing.done()
            await run(tx, INSERT, id=9)
        await closing


async def test_new_work_is_refused_while_the_work_under_way_ends(ledger: Database, outside: Outside) -> None:
    await asyncio.gather(*(run(ledger, "SELECT 1") for _ in range(3)))  # there are free connections
    async with ledger.transaction() as tx:
        closing = asyncio.create_task(ledger.close(timeout=LONG))
        for _ in range(10):
            await asyncio.sleep(0)
        with pytest.raises(DatabaseClosed):
            await run(ledger, "SELECT 1")
        with pytest.raises(DatabaseClosed):
            async with ledger.transaction(read_only=True):
                raise AssertionError("no connection is lent any more")
        await run(tx, INSERT, id=1)
    await closing
    assert outside.query(IDS) == [(1,)]


async def test_closing_waits_no_longer_than_for_the_work_under_way(ledger: Database, outside: Outside) -> None:
    async with ledger.transaction() as tx:
        await run(tx, INSERT, id=1)
        closing = asyncio.create_task(ledger.close(timeout=LONG))
        await asyncio.sleep(0)
    await asyncio.wait_for(closing, 300)
    assert outside.query(IDS) == [(1,)]


async def test_the_setting_says_how_long_closing_waits(small: Settings, outside: Outside) -> None:
    async with open_database(small.model_copy(update={"close_timeout": 0.05}), catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        running = asyncio.create_task(db.run(*endless_write(db)))
        await until_used(db, 1, running)
    with pytest.raises(DatabaseClosed):
        await running
    assert outside.query(IDS) == []


async def test_a_closed_database_leaves_no_task_behind(ledger: Database) -> None:
    before = asyncio.all_tasks()
    work = [endless(ledger), endless(ledger), endless_write(ledger), endless_write(ledger)]
    tasks = [asyncio.create_task(ledger.run(*each)) for each in work]
    await until_used(ledger, 3, *tasks)
    await ledger.close(timeout=0)
    assert all(isinstance(end, DatabaseClosed) for end in await asyncio.gather(*tasks, return_exceptions=True))
    assert asyncio.all_tasks() - before - set(tasks) == set()


ENDS_WHILE_A_READER_IS_OPENED = """
import asyncio, sys, time
from hangar_dal import ACCOUNTS
from hangar_dal.database import Statement, open_database
from hangar_dal.database.sqlite import engine
from hangar_dal.settings import Settings, parse_url

set_up = engine._set_up_reader

async def main():
    begun = asyncio.Event()
    engine._set_up_reader = lambda raw: (loop.call_soon_threadsafe(begun.set), time.sleep(0.3), set_up(raw))
    loop = asyncio.get_running_loop()
    db = await open_database(Settings(database_url=sys.argv[1]), check_schema=False, catalog=ACCOUNTS)
    kept.append(db)
    kept.append(asyncio.create_task(db.run(Statement("", "SELECT 1", writes=False), ())))
    await begun.wait()
    raise SystemExit(7)

kept = []
asyncio.run(main())
"""


def test_a_process_that_exits_while_a_connection_is_opened_ends(sqlite_url: str) -> None:
    command = [sys.executable, "-c", ENDS_WHILE_A_READER_IS_OPENED, sqlite_url]
    assert subprocess.run(command, timeout=300, check=False).returncode == 7


async def test_the_database_can_be_asked_whether_it_answers(ledger: Database) -> None:
    await ledger.ping()
    assert await column(ledger, "SELECT 1") == [1]
    await ledger.close()
    with pytest.raises(DatabaseClosed):
        await ledger.ping()


# One process imports the package. The children that it forks end as any program does, each in another way.
FORGETFUL = """
import asyncio, os, signal, sys
from hangar_dal import ACCOUNTS
from hangar_dal.database import open_database
from hangar_dal.settings import Settings
from tests.database.ledger import make_ledger, run

MAIN = '''
async def main():
    global db
    db = await open_database(Settings(database_url=sys.argv[1], sealing_keys=sys.argv[2]), catalog=ACCOUNTS)
    if number == 0:
        await db.run(*make_ledger(db))
    await run(db, "INSERT INTO ledger (id, amount) VALUES (:id, 1)", id=number)
    {last}

asyncio.run(main())
'''

for number, last in enumerate(sys.argv[3:]):
    child = os.fork()
    if not child:
        signal.alarm(60)
        exec(MAIN.format(last=last))
        break
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended:
        sys.exit(f"{last}: ended with {ended}")
"""
LAST = ("pass", "sys.exit(0)", "await db.transaction().__aenter__()", "asyncio.create_task(run(db, 'SELECT 1'))")


def test_a_process_that_forgets_to_close_ends_and_keeps_its_data(
    database_url: str, outside: Outside, settings: Settings
) -> None:
    key = settings.sealing_keys.get_secret_value()
    path = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r})\n{FORGETFUL}", database_url, key, *LAST],
        timeout=300, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert outside.query("SELECT id FROM ledger ORDER BY id") == [(number,) for number in range(len(LAST))]
    assert outside.transactions_left_open() == 0
