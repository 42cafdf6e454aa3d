"""Rows as they come: in order, in constant memory, and with the connection back at once."""

import asyncio
import tracemalloc

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.database import Database, open_database
from hangar_dal.errors import StatementError, TransactionClosed
from hangar_dal.settings import Settings
from tests.database.ledger import column, endless, run, sql
from tests.database.outside import Outside

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"


async def fill(db: Database, count: int) -> None:
    values = ", ".join(f"({n}, 1)" for n in range(count))
    await run(db, f"INSERT INTO ledger (id, amount) VALUES {values}")


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20])
async def test_every_row_comes_once_and_in_order(ledger: Database, count: int) -> None:
    if count:
        await fill(ledger, count)
    async with ledger.stream(*sql(ledger, IDS), chunk=10) as chunks:
        seen = [rows async for rows in chunks]
    assert [row for rows in seen for row in rows] == [(n,) for n in range(count)]
    assert all(0 < len(rows) <= 10 for rows in seen)


async def test_a_stream_in_a_transaction_sees_its_rows_and_leaves_it_usable(ledger: Database, outside: Outside) -> None:
    async with ledger.transaction() as tx:
        await run(tx, INSERT, id=1)
        async with tx.stream(*sql(tx, "SELECT id FROM ledger WHERE id < :id", id=9)) as chunks:
            async for rows in chunks:
                assert rows == [(1,)]
                await run(tx, INSERT, id=10)
    assert outside.query(IDS) == [(1,), (10,)]


async def test_the_database_can_be_used_while_a_stream_is_read(ledger: Database) -> None:
    await fill(ledger, 30)
    async with ledger.stream(*sql(ledger, IDS), chunk=10) as chunks:
        async for rows in chunks:
            await run(ledger, "UPDATE ledger SET amount = 2 WHERE id = :id", id=rows[0][0])
    assert await column(ledger, "SELECT id FROM ledger WHERE amount = 2 ORDER BY id") == [0, 10, 20]


async def test_leaving_a_stream_early_releases_its_connection_at_once(small_ledger: Database, outside: Outside) -> None:
    await fill(small_ledger, 30)
    for _ in range(10):
        async with small_ledger.stream(*sql(small_ledger, IDS), chunk=10) as chunks:
            async for _ in chunks:
                break
        assert outside.transactions_left_open() == 0
    with pytest.raises(RuntimeError):
        async with small_ledger.stream(*sql(small_ledger, IDS), chunk=10):
            raise RuntimeError
    await run(small_ledger, "DROP TABLE ledger")


async def test_open_streams_do_not_starve_readers(small_ledger: Database) -> None:
    await fill(small_ledger, 30)
    async with small_ledger.stream(*sql(small_ledger, IDS), chunk=1) as chunks:
        await anext(chunks)
        assert len(await column(small_ledger, IDS)) == 30


async def test_a_stream_is_of_no_use_after_its_block(ledger: Database) -> None:
    await fill(ledger, 30)
    async with ledger.stream(*sql(ledger, IDS), chunk=10) as chunks:
        await anext(chunks)
    with pytest.raises(TransactionClosed):
        await anext(chunks)


async def test_a_stream_of_a_wrong_statement_raises_on_entering(ledger: Database) -> None:
    with pytest.raises(StatementError) as caught:
        async with ledger.stream(*sql(ledger, "SELECT id FROM nowhere")):
            pass
    assert caught.value.query == "the_query"


async def test_a_cancelled_stream_gives_its_connection_back(small_ledger: Database, outside: Outside) -> None:
    async def read() -> None:
        async with small_ledger.stream(*endless(small_ledger)) as chunks:
            async for _ in chunks:
                pass

    for _ in range(5):
        task = asyncio.create_task(read())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert outside.transactions_left_open() == 0


async def test_a_statement_cancelled_beside_an_open_stream_takes_the_stream_with_it(
    small_ledger: Database, outside: Outside
) -> None:
    """SQLite goes on interrupting for as long as any cursor is open."""
    await fill(small_ledger, 30)

    async def read() -> None:
        async with small_ledger.transaction() as tx, tx.stream(*sql(tx, IDS), chunk=1) as chunks:
            await anext(chunks)
            await tx.run(*endless(tx))

    for _ in range(3):
        task = asyncio.create_task(read())
        await asyncio.sleep(0.05)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=30)
        assert [task.cancelled() for task in done] == [True]
    assert outside.transactions_left_open() == 0
    await run(small_ledger, "DROP TABLE ledger")


async def test_what_a_statement_that_writes_returns_can_be_streamed(ledger: Database, outside: Outside) -> None:
    statement = sql(ledger, "INSERT INTO ledger (id, amount) VALUES (1, 1), (2, 1), (3, 1) RETURNING id")
    async with ledger.stream(*statement, chunk=2) as chunks:
        assert [rows async for rows in chunks] == [[(1,), (2,)], [(3,)]]
    assert outside.query(IDS) == [(1,), (2,), (3,)]


async def test_memory_does_not_grow_with_the_number_of_rows(ledger: Database) -> None:
    await fill(ledger, 1000)
    many = "SELECT a.id, a.amount FROM ledger AS a CROSS JOIN ledger AS b LIMIT 200000"

    async def peak(text: str) -> int:
        tracemalloc.start()
        async with ledger.stream(*sql(ledger, text), chunk=100) as chunks:
            async for _ in chunks:
                pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    few = await peak("SELECT id, amount FROM ledger")
    assert await peak(many) < few + 1_000_000


async def test_the_one_connection_of_a_memory_database_is_free_while_a_stream_is_read() -> None:
    async with (
        open_database(Settings(database_url="sqlite:///:memory:", acquire_timeout=3), catalog=ACCOUNTS) as db,
        db.stream(*sql(db, "SELECT 1 AS one UNION ALL SELECT 2"), chunk=1) as chunks,
    ):
        async for rows in chunks:
            assert await column(db, "SELECT :n + 0", n=rows[0][0]) == [rows[0][0]]
