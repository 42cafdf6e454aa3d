"""A lent connection of the driver comes back clean or is replaced, whatever happened on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiosqlite
import psycopg
import pytest

from hangar_dal import Database, Settings, open_database
from hangar_dal.database import Statement
from hangar_dal.errors import DatabaseBusy, DatabaseClosed, TransactionError, WrongEventLoop
from tests.helpers.waiting import until

COUNT = Statement("", "SELECT count(*) FROM lent", writes=False)
SLOW = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
}


@pytest.fixture
async def db(database_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """A database with one table, and as few connections as possible."""
    settings = Settings(database_url=database_url, pool_size=1, sqlite_readers=1, acquire_timeout=0.3)
    async with open_database(settings) as db:
        await db.run(Statement("", "CREATE TABLE lent (n integer)", writes=True), ())
        yield db


async def count(db: Database) -> int:
    rows, _ = await db.run(COUNT, ())
    return int(rows[0][0])


def used(db: Database) -> int:
    return sum(stats.used for stats in db.pool_stats().values())


async def test_it_is_the_connection_of_the_driver(db: Database) -> None:
    async with db.driver() as connection:
        expected = psycopg.AsyncConnection if db.dialect == "postgresql" else aiosqlite.Connection
        assert isinstance(connection, expected)
        await connection.execute("INSERT INTO lent VALUES (1)")
        cursor = await connection.execute("SELECT n FROM lent")
        assert [tuple(row) for row in await cursor.fetchall()] == [(1,)]
    assert await count(db) == 1
    assert used(db) == 0


@pytest.mark.pooled
async def test_it_counts_in_the_pool(db: Database) -> None:
    async def borrow() -> None:
        async with db.driver():
            raise AssertionError

    async with db.driver():
        assert used(db) == 1
        with pytest.raises(DatabaseBusy, match=r"by blocks opened at .*test_driver\.py"):
            await asyncio.create_task(borrow())
        with pytest.raises(TransactionError, match=r"would wait for itself: .*test_driver\.py"):
            await borrow()
    async with db.driver():
        assert used(db) == 1


@pytest.mark.pooled
async def test_what_is_not_committed_is_rolled_back(db: Database) -> None:
    async with db.driver() as connection:
        await connection.execute("BEGIN")
        await connection.execute("INSERT INTO lent VALUES (1)")
    assert await count(db) == 0
    with pytest.raises(ZeroDivisionError):
        async with db.driver() as connection:
            await connection.execute("BEGIN")
            await connection.execute("INSERT INTO lent VALUES (1)")
            raise ZeroDivisionError
    assert await count(db) == 0


async def test_errors_are_those_of_the_driver(db: Database) -> None:
    kind: Any = psycopg.Error if db.dialect == "postgresql" else aiosqlite.Error
    with pytest.raises(kind, match="nowhere"):
        async with db.driver() as connection:
            await connection.execute("BEGIN")
            await connection.execute("SELECT * FROM nowhere")
    assert await count(db) == 0


async def _change_session(connection: Any) -> None:
    if isinstance(connection, psycopg.AsyncConnection):
        await connection.set_autocommit(False)
        connection.row_factory = psycopg.rows.dict_row
        connection.prepare_threshold = 0
        await connection.execute("SET search_path = pg_catalog")
        await connection.execute("SET TimeZone = 'Asia/Tokyo'")
        await connection.execute("CREATE TEMP TABLE lent (n text)")
        await connection.execute("SELECT pg_advisory_lock(7)")
        await connection.commit()
    else:
        connection.row_factory = aiosqlite.Row
        await connection.execute("PRAGMA foreign_keys = OFF")
        await connection.execute("CREATE TEMP TABLE lent (n text)")
        await connection.execute("ATTACH ':memory:' AS other")


STATE = {
    "postgresql": "SELECT current_setting('search_path') || current_setting('TimeZone') || to_regclass('lent')::text"
    " || (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')",
    "sqlite": "SELECT (SELECT foreign_keys FROM pragma_foreign_keys) || (SELECT group_concat(name) FROM"
    " pragma_database_list)",
}


async def test_what_was_changed_on_the_session_is_gone(db: Database) -> None:
    state = Statement("", STATE[db.dialect], writes=True)
    before = await db.run(state, ())
    async with db.driver() as connection:
        await _change_session(connection)
    assert await db.run(state, ()) == before
    assert await count(db) == 0


@pytest.mark.pooled
async def test_a_cancelled_statement_is_stopped(db: Database) -> None:
    async def sleep() -> None:
        async with db.driver() as connection:
            await connection.execute(SLOW[db.dialect])

    for _ in range(3):
        sleeping = asyncio.create_task(sleep())
        await until(lambda: used(db) == 1)
        for _ in range(5):
            await asyncio.sleep(0)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        assert used(db) == 0
        assert await count(db) == 0


async def test_a_connection_that_was_closed_is_replaced(db: Database) -> None:
    async with db.driver() as connection:
        await connection.close()
    assert await count(db) == 0
    async with db.driver() as connection:
        await connection.execute("INSERT INTO lent VALUES (1)")
    assert await count(db) == 1


async def test_a_reader_cannot_write(db: Database) -> None:
    kind: Any = psycopg.errors.ReadOnlySqlTransaction if db.dialect == "postgresql" else aiosqlite.OperationalError
    async with db.driver(read_only=True) as connection:
        with pytest.raises(kind):
            await connection.execute("INSERT INTO lent VALUES (1)")
        cursor = await connection.execute("SELECT count(*) FROM lent")
        assert tuple(await cursor.fetchone()) == (0,)
    await db.run(Statement("", "INSERT INTO lent VALUES (1)", writes=True), ())
    assert await count(db) == 1


async def test_close_ends_a_statement_on_a_lent_connection(db: Database) -> None:
    failures: list[Exception] = []

    async def sleep() -> None:
        async with db.driver() as connection:
            try:
                await connection.execute(SLOW[db.dialect])
            except Exception as error:
                failures.append(error)

    sleeping = asyncio.create_task(sleep())
    await until(lambda: used(db) == 1)
    await db.close(timeout=0.1)
    await sleeping
    assert len(failures) == 1
    with pytest.raises(DatabaseClosed):
        async with db.driver():
            raise AssertionError


async def test_a_lent_connection_is_not_taken_away(database_url: str, anyio_backend: str) -> None:
    """The limits of forgotten transactions do not hold for it, because the pool does not see its statements."""
    settings = Settings(database_url=database_url, idle_in_transaction_timeout=0.05, statement_timeout=0.2)
    async with open_database(settings) as db, db.driver() as connection:
        for pool in db._engine.pools:
            for each in pool._all:
                for _ in range(200):
                    each.check_timeout()
            if pool._timer is not None:
                pool._timer.cancel()
            pool._tick()
        await connection.execute("SELECT 1")
        assert used(db) == 1


async def test_another_event_loop_gets_no_connection(db: Database) -> None:
    async def borrow() -> None:
        async with db.driver():
            raise AssertionError

    with pytest.raises(WrongEventLoop):
        await asyncio.to_thread(asyncio.run, borrow())


async def test_in_memory_the_only_connection_is_set_up_again(anyio_backend: str) -> None:
    async with open_database(Settings(database_url="sqlite:///:memory:")) as db:
        await db.run(Statement("", "CREATE TABLE lent (n integer)", writes=True), ())
        async with db.driver() as connection:
            await connection.execute("INSERT INTO lent VALUES (1)")
            connection.row_factory = aiosqlite.Row
            await connection.execute("PRAGMA foreign_keys = OFF")
            await connection.execute("ATTACH ':memory:' AS other")
            await connection.execute("BEGIN")
            await connection.execute("INSERT INTO lent VALUES (2)")
        rows, _ = await db.run(Statement("", "SELECT n, foreign_keys FROM lent, pragma_foreign_keys", writes=False), ())
        assert rows == [(1, 1)]
        rows, _ = await db.run(Statement("", "SELECT name FROM pragma_database_list", writes=False), ())
        assert rows == [("main",)]
        async with db.driver(read_only=True) as connection:
            with pytest.raises(aiosqlite.OperationalError):
                await connection.execute("DELETE FROM lent")
        assert await count(db) == 1
        await db.run(Statement("", "DELETE FROM lent", writes=True), ())


Work = Callable[[Any], Awaitable[None]]


async def test_another_task_gets_a_fresh_connection_at_once(db: Database) -> None:
    async def borrow(n: int) -> None:
        async with db.driver() as connection:
            await connection.execute("BEGIN")
            await connection.execute(f"INSERT INTO lent VALUES ({n})")
            await connection.execute("COMMIT")
            await connection.execute("BEGIN")

    async with asyncio.timeout(20):
        for n in range(5):
            await borrow(n)
    assert await count(db) == 5
