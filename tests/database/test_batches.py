"""Batches: what is sent, what is kept, and what a failed statement undoes. Both databases do the same."""

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest

from hangar_dal import Settings
from hangar_dal.database import Database, open_database
from hangar_dal.database.sqlite.connection import SqliteConnection
from hangar_dal.errors import (
    CheckViolation,
    StatementError,
    StatementTimeout,
    TransactionClosed,
    TransactionError,
    TransactionFailed,
    UniqueViolation,
)
from tests.database.ledger import column, endless, query, run
from tests.database.outside import Outside
from tests.helpers.waiting import until

INSERT = query("INSERT INTO ledger (id, amount) VALUES (:id, :amount)")
RETURNING = query("INSERT INTO ledger (id, amount) VALUES (:id, :amount) RETURNING id", returns_rows=True)
IDS = "SELECT id FROM ledger ORDER BY id"
ALL = query(IDS, returns_rows=True)


async def test_a_batch_is_sent_at_the_end_of_its_block(ledger: Database, outside: Outside) -> None:
    async with ledger.batch() as batch:
        first = batch.add(INSERT, id=1, amount=5)
        second = batch.add(RETURNING, id=2, amount=5)
        rows = batch.add(ALL)
        assert outside.query(IDS) == []
        with pytest.raises(TransactionError, match="its results are there after its block"):
            first.result()
    assert (first.result(), second.result(), rows.result()) == (1, [(2,)], [(1,), (2,)])
    assert outside.query(IDS) == [(1,), (2,)]


async def test_a_block_that_an_error_leaves_sends_nothing(ledger: Database, outside: Outside) -> None:
    with pytest.raises(RuntimeError):
        async with ledger.batch() as batch:
            batch.add(INSERT, id=1, amount=5)
            raise RuntimeError
    assert outside.query(IDS) == []


async def test_an_empty_batch_does_nothing(ledger: Database) -> None:
    async with ledger.batch():
        pass
    async with ledger.transaction() as tx, tx.batch():
        pass


@pytest.mark.parametrize("other", [INSERT, RETURNING], ids=["one round trip", "two round trips"])
@pytest.mark.parametrize("position", [0, 1, 2])
async def test_a_failed_statement_undoes_the_batch(
    other: Any, position: int, ledger: Database, outside: Outside
) -> None:
    await run(ledger, "INSERT INTO ledger (id, amount) VALUES (9, 1)")
    for _ in range(7):  # PostgreSQL prepares a statement after five runs
        with pytest.raises(UniqueViolation) as failed:
            async with ledger.batch() as batch:
                for at in range(3):
                    pending = batch.add(other, id=9 if at == position else at, amount=5)
        assert (failed.value.query, failed.value.constraint) == ("the_query", "ledger_pkey")
        assert failed.value.__context__ is None
        with pytest.raises(TransactionError):
            pending.result()
        assert outside.query(IDS) == [(9,)]
    async with ledger.batch() as batch:
        batch.add(INSERT, id=1, amount=5)
    assert outside.query(IDS) == [(1,), (9,)]


async def test_the_first_failed_statement_is_named(ledger: Database) -> None:
    with pytest.raises(CheckViolation) as failed:
        async with ledger.batch() as batch:
            batch.add(INSERT, id=1, amount=-1)
            batch.add(INSERT, id=1, amount=1)
            batch.add(INSERT, id=1, amount=1)
    assert failed.value.constraint == "ledger_amount_check"


async def test_a_result_that_cannot_be_read_undoes_the_batch(ledger: Database, outside: Outside) -> None:
    def unreadable(db: Database, *_: object) -> object:
        return RETURNING.prepare(db, (), {"id": 2, "amount": 5})._replace(read=lambda rows, count: 1 / 0)

    wrong = query("")
    wrong.prepare = unreadable
    with pytest.raises(ZeroDivisionError):
        async with ledger.batch() as batch:
            first = batch.add(INSERT, id=1, amount=5)
            batch.add(wrong)
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0
    with pytest.raises(TransactionError):
        first.result()


async def test_a_batch_in_a_transaction_belongs_to_it(ledger: Database, outside: Outside) -> None:
    with pytest.raises(RuntimeError):
        async with ledger.transaction() as tx:
            async with tx.batch() as batch:
                inserted = batch.add(RETURNING, id=1, amount=5)
            assert inserted.result() == [(1,)]
            assert await column(tx, IDS) == [1]
            raise RuntimeError
    assert outside.query(IDS) == []


async def test_a_failed_batch_fails_its_transaction_or_savepoint(ledger: Database, outside: Outside) -> None:
    with pytest.raises(TransactionFailed):
        async with ledger.transaction() as tx:
            with pytest.raises(UniqueViolation):
                async with tx.batch() as batch:
                    batch.add(INSERT, id=1, amount=5)
                    batch.add(INSERT, id=1, amount=5)
            await run(tx, IDS)
    assert outside.query(IDS) == []
    async with ledger.transaction() as tx:
        with pytest.raises(UniqueViolation):
            async with tx.savepoint(), tx.batch() as batch:
                batch.add(INSERT, id=1, amount=5)
                batch.add(INSERT, id=1, amount=5)
        async with tx.batch() as batch:
            batch.add(INSERT, id=2, amount=5)
    assert outside.query(IDS) == [(2,)]


async def test_a_batch_that_was_sent_takes_no_more_queries(ledger: Database) -> None:
    async with ledger.batch() as batch:
        batch.add(ALL)
    with pytest.raises(TransactionClosed, match="add the query to another one"):
        batch.add(ALL)


async def test_what_is_no_query_is_refused(ledger: Database) -> None:
    async def several(db: Database) -> None: ...

    async with ledger.batch() as batch:
        with pytest.raises(TypeError, match=r"^batch\.add: several is no declared query that returns a result"):
            batch.add(several)


async def test_a_cancelled_batch_applies_nothing(ledger: Database, outside: Outside) -> None:
    statement, _ = endless(ledger)

    async def send() -> None:
        async with ledger.batch() as batch:
            batch.add(INSERT, id=1, amount=5)
            batch.add(query(statement.text, returns_rows=True))
            batch.add(INSERT, id=2, amount=5)

    connection = await ledger._writers.acquire()
    ledger._writers.release(connection)
    sending = asyncio.create_task(send())
    await until(lambda: connection.running, sending)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await sending
    assert not hasattr(cancelled.value, "__notes__")
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0
    async with ledger.batch() as batch:
        batch.add(INSERT, id=3, amount=5)
    assert outside.query(IDS) == [(3,)]


async def test_many_statements_fit_into_a_batch(ledger: Database) -> None:
    """More than the buffers of the network hold, in both directions."""
    text = "x" * 20_000
    long = query("INSERT INTO ledger (id, amount, note) VALUES (:id, 1, :note) RETURNING note", returns_rows=True)
    async with ledger.batch() as batch:
        pending = [batch.add(long, id=number, note=text) for number in range(500)]
    assert all(each.result() == [(text,)] for each in pending)


async def test_a_syntax_error_is_that_of_its_query(ledger: Database, outside: Outside) -> None:
    with pytest.raises(StatementError) as failed:
        async with ledger.batch() as batch:
            batch.add(INSERT, id=1, amount=5)
            batch.add(query("INSERT INTO nowhere (id) VALUES (1)"))
    assert failed.value.query == "the_query"
    assert outside.query(IDS) == []


async def test_the_time_limit_of_sqlite_is_for_each_statement(sqlite_url: str) -> None:
    async with open_database(Settings(database_url=sqlite_url)) as db:
        connection = await db._readers.acquire()
        db._readers.release(connection)
        assert isinstance(connection, SqliteConnection)
        connection._tick_limit = 2

        def pass_time(ticks: int) -> int:
            for _ in range(ticks):
                connection.check_timeout()
            return ticks

        await connection.call(connection._raw.create_function, "pass_time", 1, pass_time)
        for ticks, is_in_time in ((2, True), (3, False)):
            with nullcontext() if is_in_time else pytest.raises(StatementTimeout):
                async with db.batch() as batch:
                    for _ in range(3):
                        batch.add(query("SELECT pass_time(:ticks)", returns_rows=True), ticks=ticks)
