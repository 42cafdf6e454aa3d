"""A call that would wait for the transaction of its own task fails at once. Another task's call waits its turn."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, Transaction, blocking, open_database
from hangar_dal.errors import DatabaseBusy, TransactionError
from tests.database.ledger import column, make_ledger, run, sql
from tests.helpers.waiting import until

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"


@pytest.fixture
async def db(small: Settings, anyio_backend: str) -> AsyncIterator[Database]:
    """A database with one connection for writes. On PostgreSQL it is the only one."""
    async with open_database(small.model_copy(update={"pool_size": 1}), catalog=ACCOUNTS) as one:
        await one.run(*make_ledger(one))
        yield one


async def write(db: Database) -> None:
    await run(db, INSERT, id=2)


async def write_in_stream(db: Database) -> None:
    async with db.stream(*sql(db, f"{INSERT} RETURNING id", id=2)):
        pass


async def open_transaction(db: Database) -> None:
    async with db.transaction():
        pass


async def work_in_transaction(db: Database) -> None:
    await db.in_transaction(lambda tx: run(tx, INSERT, id=2))


@pytest.mark.parametrize("call", [write, write_in_stream, open_transaction, work_in_transaction])
async def test_a_write_beside_the_own_transaction_fails_at_once(db: Database, call) -> None:
    async with db.transaction() as tx:
        await run(tx, INSERT, id=1)
        with pytest.raises(TransactionError, match="pass the transaction of the block") as caught:
            await call(db)
        await run(tx, INSERT, id=3)  # the transaction goes on
    assert type(caught.value) is TransactionError
    assert f"opened at {__file__}:" in str(caught.value)
    assert caught.value.query == ("the_query" if call in (write, write_in_stream) else "BEGIN")
    assert await column(db, IDS) == [1, 3]


async def test_a_write_in_a_timeout_of_the_own_task_fails_at_once(db: Database) -> None:
    async with db.transaction():
        with pytest.raises(TransactionError, match="wait for itself"):
            async with asyncio.timeout(300):
                await write(db)


async def test_a_write_of_another_task_waits_for_the_transaction(db: Database) -> None:
    """Also that of a task which the block starts: the block need not wait for it."""
    elsewhere = asyncio.create_task(write(db))
    async with db.transaction() as tx:
        child = asyncio.create_task(run(db, INSERT, id=3))
        await until(lambda: sum(stats.waiting for stats in db.pool_stats().values()) >= 1, child)
        await run(tx, INSERT, id=1)
        assert not child.done()
    await asyncio.gather(elsewhere, child)
    assert await column(db, IDS) == [1, 2, 3]


async def test_a_write_that_waits_in_vain_names_the_block_that_it_waits_for(small: Settings) -> None:
    """A block that waits for a task which waits for the block: this ends with the time limit."""
    hurried = small.model_copy(update={"pool_size": 1, "acquire_timeout": 2})
    async with open_database(hurried, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with db.transaction():
            with pytest.raises(DatabaseBusy, match="pass `tx` to each call in their blocks") as caught:
                await asyncio.create_task(write(db))
    assert f"by blocks opened at {__file__}:" in str(caught.value)


async def test_a_transaction_that_ended_in_another_task_is_no_longer_the_own_one(db: Database) -> None:
    opened = db.transaction()
    tx = await opened.__aenter__()
    await run(tx, INSERT, id=1)
    await asyncio.create_task(opened.__aexit__(None, None, None))
    await write(db)
    assert await column(db, IDS) == [1, 2]


async def test_reading_beside_the_own_transaction_works(settings: Settings) -> None:
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with db.transaction() as tx:
            await run(tx, INSERT, id=1)
            assert await column(db, IDS) == []


async def test_on_postgresql_a_write_beside_the_own_transaction_is_one_of_its_own(settings: Settings) -> None:
    """Another connection commits it at once. On SQLite, there is no other connection for writes."""
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        with pytest.raises(LookupError):
            async with db.transaction() as tx:
                await run(tx, INSERT, id=1)
                if db.dialect == "postgresql":
                    await write(db)
                else:
                    with pytest.raises(TransactionError):
                        await write(db)
                raise LookupError
        assert await column(db, IDS) == ([2] if db.dialect == "postgresql" else [])


async def test_on_memory_reading_beside_the_own_transaction_fails_at_once() -> None:
    async with open_database(Settings(database_url="sqlite:///:memory:")) as db, db.transaction():
        with pytest.raises(TransactionError, match="wait for itself"):
            await run(db, "SELECT 1")


def test_a_thread_fails_at_once_too(small: Settings) -> None:
    with blocking.open_database(small.model_copy(update={"pool_size": 1}), catalog=ACCOUNTS) as db:
        db.call(lambda one: one.run(*make_ledger(one)))

        def work(tx: blocking.BlockingTransaction) -> None:
            tx.call(lambda one: run(one, INSERT, id=1))
            with pytest.raises(TransactionError, match="wait for itself"):
                db.call(write)

        with db.transaction() as tx:
            work(tx)
        db.in_transaction(lambda tx: tx.call(count_to_zero))
        with pytest.raises(TransactionError, match="wait for itself"), db.transaction():
            db.call(open_transaction)
        assert db.call(lambda one: column(one, IDS)) == [1]


async def count_to_zero(tx: Transaction) -> None:
    await run(tx, "DELETE FROM ledger WHERE id = 0")
