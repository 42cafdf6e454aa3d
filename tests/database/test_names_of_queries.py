"""Every `DatabaseError` of a call names the query that was called, or the part of the transaction that failed."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, Transaction, open_database
from hangar_dal.database import Statement
from hangar_dal.errors import (
    DatabaseBusy,
    DatabaseClosed,
    DatabaseError,
    ForeignKeyViolation,
    TransactionBusy,
    TransactionClosed,
    TransactionFailed,
    UniqueViolation,
    WrongEventLoop,
)
from tests.database.ledger import endless, make_ledger, run, sql
from tests.helpers.waiting import until

INSERT = "INSERT INTO ledger (id, amount) VALUES (1, 1)"
WAYS = ["a query", "a stream", "a transaction", "a write in a stream"]


async def use(db: Database | Transaction, way: str) -> None:
    """Use the database in a way that needs a connection."""
    if way == "a query":
        await run(db, INSERT)
    elif way == "a transaction":
        async with db.transaction() if isinstance(db, Database) else db.savepoint():
            pass
    else:
        text = "SELECT 1" if way == "a stream" else INSERT
        async with db.stream(*sql(db, text)) as chunks:
            async for _ in chunks:
                pass


def named(way: str, part: str = "BEGIN") -> str:
    return part if way == "a transaction" else "the_query"


async def failure(call: Awaitable[object]) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize("way", WAYS)
async def test_of_a_database_that_is_closed(ledger: Database, way: str) -> None:
    await ledger.close()
    error = await failure(use(ledger, way))
    assert (type(error), error.query) == (DatabaseClosed, named(way))


@pytest.mark.parametrize("way", WAYS)
async def test_of_a_database_in_another_event_loop(ledger: Database, way: str) -> None:
    errors = list[DatabaseError]()
    thread = threading.Thread(target=lambda: errors.append(asyncio.run(failure(use(ledger, way)))))
    thread.start()
    await asyncio.to_thread(thread.join)
    assert [(type(error), error.query) for error in errors] == [(WrongEventLoop, named(way))]


async def test_of_a_database_whose_connections_are_all_in_use(small: Settings) -> None:
    crowded = small.model_copy(update={"acquire_timeout": 2, "pool_size": 2, "sqlite_readers": 1})
    async with open_database(crowded, catalog=ACCOUNTS) as db, db.transaction(), db.stream(*sql(db, "SELECT 1")):
        errors = await asyncio.gather(*(use(db, way) for way in WAYS), return_exceptions=True)
    assert [type(error) for error in errors] == [DatabaseBusy] * len(WAYS)
    assert [getattr(error, "query", None) for error in errors] == [named(way) for way in WAYS]


async def test_of_a_statement_that_is_stopped_by_the_end_of_the_database(ledger: Database) -> None:
    async def in_transaction() -> None:
        async with ledger.transaction(read_only=True) as tx:
            await tx.run(*endless(ledger))

    calls = [asyncio.create_task(ledger.run(*endless(ledger))), asyncio.create_task(in_transaction())]
    await until(lambda: sum(stats.used for stats in ledger.pool_stats().values()) >= 2, *calls)
    await ledger.close(timeout=0.05)
    for call in calls:
        error = await failure(call)
        assert (type(error), error.query) == (DatabaseClosed, "the_endless_query")


@pytest.mark.parametrize("way", WAYS)
async def test_of_a_transaction_whose_block_has_ended(ledger: Database, way: str) -> None:
    async with ledger.transaction() as tx:
        pass
    error = await failure(use(tx, way))
    assert (type(error), error.query) == (TransactionClosed, named(way, "SAVEPOINT"))


@pytest.mark.parametrize("way", WAYS)
async def test_of_a_transaction_that_another_task_uses(ledger: Database, way: str) -> None:
    async with ledger.transaction() as tx:
        tasks = [asyncio.create_task(run(tx, "SELECT 1")), asyncio.create_task(use(tx, way))]
        _, error = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(error, TransactionBusy)
        assert error.query == named(way, "SAVEPOINT")


@pytest.mark.parametrize("way", WAYS)
async def test_of_a_transaction_that_the_database_has_ended(ledger: Database, way: str) -> None:
    async def ended(then: Callable[[Transaction], Awaitable[object]]) -> None:
        async with ledger.transaction() as tx:
            await run(tx, "ROLLBACK")
            await then(tx)

    error = await failure(ended(lambda tx: use(tx, way)))
    assert (type(error), error.query) == (TransactionFailed, named(way, "SAVEPOINT"))
    error = await failure(ended(lambda tx: asyncio.sleep(0)))
    assert (type(error), error.query) == (TransactionFailed, "COMMIT")


@pytest.mark.parametrize("is_savepoint", [False, True])
async def test_of_a_block_that_catches_the_error_of_its_statement(ledger: Database, *, is_savepoint: bool) -> None:
    async def block() -> None:
        async with ledger.transaction() as tx, AsyncExitStack() as inner:
            if is_savepoint:
                await inner.enter_async_context(tx.savepoint())
            await run(tx, INSERT)
            with pytest.raises(UniqueViolation):
                await run(tx, INSERT)

    error = await failure(block())
    assert (type(error), error.query) == (TransactionFailed, "the_query")


async def test_of_a_constraint_that_is_checked_at_commit(ledger: Database) -> None:
    key = "of bigint REFERENCES ledger (id) DEFERRABLE INITIALLY DEFERRED"
    await ledger.run(Statement("", f"CREATE TABLE notes ({key})", writes=True), ())

    async def block() -> None:
        async with ledger.transaction() as tx:
            await run(tx, "INSERT INTO notes (of) VALUES (1)")

    error = await failure(block())
    assert (type(error), error.query) == (ForeignKeyViolation, "COMMIT")


async def test_of_a_stream_that_fails_between_two_rows(small: Settings) -> None:
    """The rows are fetched without the statement, so the name comes from the stream."""
    async with open_database(small, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        await run(db, "INSERT INTO ledger (id, amount) VALUES (1, 1), (2, 0)")
        lines = {"sqlite": "json(CASE id WHEN 1 THEN '1' ELSE '{' END)", "postgresql": "1 / amount"}

        async def read() -> None:
            text = f"SELECT {lines[db.dialect]} FROM ledger ORDER BY id"
            async with db.stream(*sql(db, text), chunk=1) as chunks:
                async for _ in chunks:
                    pass

        error = await failure(read())
    assert error.query == "the_query"
