"""The server goes away or changes under us: nothing is half applied, what is in doubt is told, all recovers."""

import asyncio
from contextlib import suppress

import psycopg
import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, Statement, Transaction, open_database
from hangar_dal.errors import (
    CommitUnknown,
    ConnectionFailed,
    ForeignKeyViolation,
    TransactionConflict,
    TransactionFailed,
)
from hangar_dal.settings import Settings
from tests.database.ledger import column, endless, endless_write, run
from tests.database.outside import PostgresOutside
from tests.database.storm import COMMITTED
from tests.helpers.waiting import until_set

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"
KILL = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = '{state}'"
)


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=4)


@pytest.fixture
async def database(settings: Settings, anyio_backend: str):
    async with open_database(settings, catalog=ACCOUNTS) as db:
        yield db


async def kill(outside: PostgresOutside, state: str) -> None:
    """Once there is something to kill."""
    killed = 0
    while not killed:
        [(killed,)] = await asyncio.to_thread(outside.query, KILL.format(state=state))


@pytest.fixture
async def commit_barrier(ledger: Database, settings: Settings):
    """A connection whose transaction every COMMIT of an INSERT into the ledger waits for, until it is closed."""
    await run(
        ledger,
        "CREATE FUNCTION wait_for_the_barrier() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'",
    )
    await run(
        ledger,
        "CREATE CONSTRAINT TRIGGER barrier AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION wait_for_the_barrier()",
    )
    with psycopg.connect(settings.target.conninfo) as barrier:
        barrier.execute("SELECT pg_advisory_xact_lock(1)")
        yield barrier


@pytest.mark.pooled
async def test_a_connection_lost_under_a_read_is_told(ledger: Database, outside: PostgresOutside) -> None:
    reading = asyncio.create_task(ledger.run(*endless(ledger)))
    await kill(outside, "active")
    with pytest.raises(ConnectionFailed) as caught:
        await reading
    assert caught.value.query == "the_endless_query"


@pytest.mark.pooled
async def test_a_connection_lost_under_a_transactions_statement_applied_nothing(
    ledger: Database, outside: PostgresOutside
) -> None:
    async def work() -> None:
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            await tx.run(*endless_write(tx))

    working = asyncio.create_task(work())
    await kill(outside, "active")
    with pytest.raises(ConnectionFailed):
        await working
    assert await column(ledger, IDS) == []


@pytest.mark.pooled
async def test_a_connection_lost_between_two_statements_applied_nothing(
    ledger: Database, outside: PostgresOutside
) -> None:
    with pytest.raises(ConnectionFailed):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            await kill(outside, "idle in transaction")
            await run(tx, INSERT, id=2)
    assert await column(ledger, IDS) == []


@pytest.mark.pooled
async def test_a_savepoint_does_not_heal_a_lost_connection(ledger: Database, outside: PostgresOutside) -> None:
    with pytest.raises(TransactionFailed):
        async with ledger.transaction() as tx:
            with pytest.raises(ConnectionFailed):
                async with tx.savepoint():
                    await run(tx, INSERT, id=1)
                    await kill(outside, "idle in transaction")
                    await run(tx, INSERT, id=2)
            await run(tx, INSERT, id=3)
    assert await column(ledger, IDS) == []


@pytest.mark.pooled
async def test_an_autocommit_write_whose_answer_never_came_is_in_doubt(
    ledger: Database, outside: PostgresOutside
) -> None:
    writing = asyncio.create_task(ledger.run(*endless_write(ledger)))
    await kill(outside, "active")
    with pytest.raises(CommitUnknown) as caught:
        await writing
    assert caught.value.query == "the_endless_write"


@pytest.mark.usefixtures("commit_barrier")
@pytest.mark.pooled
async def test_a_connection_lost_under_commit_leaves_it_in_doubt(ledger: Database, outside: PostgresOutside) -> None:
    committing = asyncio.Event()

    async def work() -> None:
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            committing.set()

    working = asyncio.create_task(work())
    await until_set(committing, working)  # else it may be the INSERT that is active, and is killed
    await kill(outside, "active")
    with pytest.raises(CommitUnknown):
        await working
    assert await column(ledger, IDS) == []


@pytest.mark.pooled
async def test_commit_cannot_be_cancelled_and_its_caller_is_told(
    ledger: Database, outside: PostgresOutside, commit_barrier: psycopg.Connection
) -> None:
    committing = asyncio.Event()

    async def work() -> None:
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            committing.set()

    working = asyncio.create_task(work())
    await until_set(committing, working)
    for _ in range(3):
        await asyncio.sleep(0.02)
        working.cancel()
    commit_barrier.close()
    with pytest.raises(asyncio.CancelledError) as caught:
        await working
    assert caught.value.__notes__ == [COMMITTED]
    assert outside.query(IDS) == [(1,)]


@pytest.mark.pooled
async def test_a_commit_that_the_server_turned_into_a_rollback_does_not_pass_for_one(ledger: Database) -> None:
    """psycopg's own commit() says nothing. Here something else has failed the transaction behind our back."""
    with pytest.raises(TransactionFailed):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            with suppress(Exception):
                await tx._connection.driver.execute("SELECT 1 / 0")
    assert await column(ledger, IDS) == []


@pytest.mark.pooled
async def test_a_rule_that_is_checked_at_commit_can_refuse_it(ledger: Database) -> None:
    await run(ledger, "CREATE TABLE pages (ledger bigint REFERENCES ledger (id) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(ForeignKeyViolation):
        async with ledger.transaction() as tx:
            await run(tx, "INSERT INTO pages VALUES (1)")
    async with ledger.transaction() as tx:
        await run(tx, "INSERT INTO pages VALUES (1)")
        await run(tx, INSERT, id=1)


@pytest.mark.pooled
async def test_dead_idle_connections_do_not_fail_a_transaction(ledger: Database, outside: PostgresOutside) -> None:
    for _ in range(3):
        everyone_is_in = asyncio.Barrier(4)

        async def work(barrier: asyncio.Barrier = everyone_is_in) -> None:
            async with ledger.transaction() as tx:
                await run(tx, "SELECT 1")
                await barrier.wait()

        await asyncio.gather(*(work() for _ in range(4)))
        await kill(outside, "idle")
    # The first one to meet a dead connection has the others thrown away, and does not run into the next.
    async with ledger.transaction() as tx:
        await run(tx, "SELECT 1")


@pytest.mark.pooled
async def test_work_that_lost_its_connection_before_commit_is_run_again(
    ledger: Database, outside: PostgresOutside
) -> None:
    tries = 0

    async def work(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        await run(tx, INSERT, id=tries)
        if tries == 1:
            await kill(outside, "idle in transaction")
        await run(tx, INSERT, id=10)

    await ledger.in_transaction(work)
    assert await column(ledger, IDS) == [2, 10]


async def test_tables_may_change_under_warm_connections(ledger: Database, settings: Settings) -> None:
    """PostgreSQL refuses a prepared `SELECT *` whose columns have changed."""
    star = Statement("star", "SELECT * FROM ledger", writes=False)

    async def read(tx: Transaction) -> int:
        await tx.run(star, ())
        return len(star.columns or ())

    for _ in range(40):
        await ledger.run(star, ())
    async with open_database(settings, catalog=ACCOUNTS) as other:
        await run(other, "ALTER TABLE ledger ADD COLUMN extra text")
        for _ in range(40):
            await ledger.run(star, ())
        await run(other, "ALTER TABLE ledger ADD COLUMN more text")
        with pytest.raises(TransactionConflict):
            async with ledger.transaction() as tx:
                await read(tx)
        await ledger.in_transaction(read)
        assert star.columns == ("id", "amount", "note", "extra")
