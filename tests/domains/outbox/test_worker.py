"""A worker gets batches until it is told to stop, whatever happens to its connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest

from hangar_dal import OUTBOX, Database, builders, open_database, outbox
from hangar_dal.database import Parameters, Result, Statement
from hangar_dal.errors import CommitUnknown, DatabaseClosed, InvalidValue
from hangar_dal.outbox import ClaimedMessage
from hangar_dal.settings import Settings
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import sql_on

SOON = timedelta(milliseconds=10)
NEVER = timedelta(days=1)
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


class Worker:
    """Marks what it gets as done, until `stop` is set."""

    def __init__(self, db: Database, poll: timedelta) -> None:
        self.db, self.poll = db, poll
        self.stop, self.got = asyncio.Event(), asyncio.Queue[ClaimedMessage]()
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        async for batch in outbox.work(self.db, "mail", poll=self.poll, stop=self.stop):
            for message in batch:
                await outbox.done(self.db, message)
                self.got.put_nowait(message)

    async def end(self) -> None:
        self.stop.set()
        async with asyncio.timeout(60):
            await self.task


@pytest.fixture
def poll() -> timedelta:
    return SOON


@pytest.fixture
async def worker(database: Database, poll: timedelta) -> AsyncIterator[Worker]:
    worker = Worker(database, poll)
    yield worker
    await worker.end()


async def next_of(worker: Worker) -> str:
    async with asyncio.timeout(60):
        return (await worker.got.get()).dedup_key


async def test_a_worker_gets_what_is_there_and_what_comes_later(database: Database, worker: Worker) -> None:
    await outbox.put(database, "push", {})
    for n in range(3):
        await outbox.put(database, "mail", {}, dedup_key=str(n))
        assert await next_of(worker) == str(n)
        await asyncio.sleep(0.03)  # so that it finds nothing in between


async def test_a_worker_that_is_told_to_stop_ends_after_its_batch(database: Database) -> None:
    await outbox.put_many(database, [builders.message(dedup_key=str(n)) for n in range(5)])
    stop, seen = asyncio.Event(), []
    async for batch in outbox.work(database, "mail", batch_size=2, stop=stop):
        for message in batch:
            stop.set()
            seen.append(message.dedup_key)
            await outbox.done(database, message)
    assert seen == ["0", "1"]
    assert [each async for each in outbox.work(database, "mail", stop=stop)] == []


async def test_a_worker_that_waits_ends_at_once(database: Database) -> None:
    worker = Worker(database, NEVER)
    await asyncio.sleep(0.05)
    await worker.end()


async def test_a_worker_that_is_left_or_cancelled_leaves_no_task(database: Database) -> None:
    await outbox.put(database, "mail", {})
    async with asyncio.timeout(60):
        before = asyncio.all_tasks()
        async with aclosing(outbox.work(database, "mail", poll=NEVER)) as batches:
            async for _ in batches:
                break
        async for _ in outbox.work(database, "none", poll=NEVER, stop=stopped()):
            pass
        worker = Worker(database, NEVER)
        await asyncio.sleep(0.05)
        worker.task.cancel()
        await asyncio.gather(worker.task, return_exceptions=True)
        while asyncio.all_tasks() - before:  # noqa: ASYNC110 - the end of tasks
            await asyncio.sleep(0.001)


def stopped() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def test_a_worker_ends_when_its_database_is_closed(settings: Settings) -> None:
    db = await open_database(settings, catalog=OUTBOX)
    worker = Worker(db, SOON)
    await asyncio.sleep(0.05)
    await db.close()
    with pytest.raises(DatabaseClosed):
        await worker.task


async def test_a_worker_does_not_wait_for_nothing(database: Database) -> None:
    with pytest.raises(InvalidValue):
        await anext(outbox.work(database, "mail", poll=timedelta(0)))


@pytest.mark.pooled
async def test_a_worker_finds_new_messages_through_a_pooler_too(settings: Settings) -> None:
    async with open_database(settings, catalog=OUTBOX) as db:
        worker = Worker(db, SOON)
        for n in range(3):
            await outbox.put(db, "mail", {}, dedup_key=str(n))
            assert await next_of(worker) == str(n)
            await asyncio.sleep(0.03)
        await worker.end()


async def test_postgresql_wakes_a_worker_before_it_looks(postgres_url: str) -> None:
    """Also after the connection that listens was lost, and a message that was written meanwhile is found."""
    async with open_database(Settings(database_url=postgres_url), catalog=OUTBOX) as db:
        worker, sql = Worker(db, NEVER), sql_on(db)
        for n in range(6):
            while not await sql(LISTENERS):  # noqa: ASYNC110 - of a server
                await asyncio.sleep(0.001)
            if n % 2:
                await sql(f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) AS found")
            await outbox.put(db, "mail", {}, dedup_key=str(n))
            assert await next_of(worker) == str(n)
        await worker.end()
        while await sql(LISTENERS):  # noqa: ASYNC110 - of a server
            await asyncio.sleep(0.001)


async def test_a_worker_goes_on_after_its_connections_were_lost(postgres_url: str) -> None:
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    async with (
        open_database(Settings(database_url=postgres_url), catalog=OUTBOX) as db,
        open_database(Settings(database_url=postgres_url), catalog=OUTBOX) as other,
    ):
        worker, sql = Worker(db, SOON), sql_on(other)
        for n in range(5):
            pids = await sql(f"SELECT pid {others}")
            await sql(f"SELECT pg_terminate_backend(pid) {others}")
            while set(pids) & set(await sql(f"SELECT pid {others}")):  # noqa: ASYNC110 - of a server
                await asyncio.sleep(0)
            await outbox.put(other, "mail", {}, dedup_key=str(n))
            assert await next_of(worker) == str(n)
        await worker.end()


async def test_a_claim_whose_answer_was_lost_is_looked_up(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The messages do not wait for the end of a lease that nobody holds."""
    await outbox.put(database, "mail", {})
    run, lost = database.run, []

    async def lose_one(statement: Statement, parameters: Parameters) -> Result:
        result = await run(statement, parameters)
        if statement.name == "outbox.claim_due_messages" and not lost:
            lost.append(result)
            raise CommitUnknown("the answer was lost")
        return result

    monkeypatch.setattr(database, "run", lose_one)
    assert len(await outbox.claim(database, "mail")) == 1
    assert lost
