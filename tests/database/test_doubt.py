"""`CommitUnknown` means that something may have been committed, and is raised in no other case."""

import asyncio
from contextlib import suppress

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.database.postgresql import driver as postgresql_driver
from hangar_dal.errors import CommitUnknown, ConnectionFailed, DatabaseClosed, TransactionExpired
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run, sql
from tests.database.outside import Outside, PostgresOutside
from tests.database.proxy import target_of, wire_to
from tests.database.storm import COMMITTED
from tests.helpers.waiting import until, until_set

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"
KILL = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
LEFT = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


async def kill_all(outside: PostgresOutside) -> None:
    """End every session of the database, and wait until the server is done with that."""
    outside.query(KILL)
    await until(lambda: not outside.query(LEFT))


@pytest.fixture
async def postgresql(postgres_url: str, anyio_backend: str):
    async with open_database(
        Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=4), catalog=ACCOUNTS
    ) as db:
        await db.run(*make_ledger(db))
        yield db


@pytest.fixture
def beside(postgres_url: str) -> PostgresOutside:
    return PostgresOutside(target_of(Settings(database_url=postgres_url)))


async def test_a_connection_lost_before_commit_was_sent_leaves_no_doubt(
    postgresql: Database, beside: PostgresOutside
) -> None:
    with pytest.raises(ConnectionFailed, match="the transaction was rolled back"):
        async with postgresql.transaction() as tx:
            await run(tx, INSERT, id=1)
            await kill_all(beside)
    assert await column(postgresql, IDS) == []


async def test_closing_does_not_wait_for_a_transaction_whose_connection_is_lost(
    postgresql: Database, beside: PostgresOutside
) -> None:
    with pytest.raises(DatabaseClosed):
        async with postgresql.transaction() as tx:
            await run(tx, INSERT, id=1)
            await kill_all(beside)
            await asyncio.wait_for(postgresql.close(timeout=3600), 300)


async def test_a_write_on_a_connection_that_had_died_is_sent_on_another_one(
    postgresql: Database, beside: PostgresOutside
) -> None:
    for number in range(3):
        await run(postgresql, INSERT, id=number)
        await kill_all(beside)
    assert await column(postgresql, IDS) == [0, 1, 2]
    assert postgresql.pool_stats()["connections"].lost == 3


async def test_a_session_that_the_server_ended_for_being_idle_leaves_no_doubt(postgresql: Database) -> None:
    with pytest.raises(TransactionExpired):
        async with postgresql.transaction() as tx:
            await run(tx, "SET LOCAL idle_in_transaction_session_timeout = 200")
            await run(tx, INSERT, id=1)
            await until(lambda: tx._connection.lost)
            await run(tx, INSERT, id=2)
    assert await column(postgresql, IDS) == []


async def test_a_read_only_transaction_has_nothing_to_lose_at_its_end(
    postgresql: Database, beside: PostgresOutside
) -> None:
    await run(postgresql, INSERT, id=1)
    async with postgresql.transaction(read_only=True) as tx:
        found = await column(tx, IDS)
        await kill_all(beside)
    assert found == [1]
    assert await column(postgresql, IDS) == [1]


async def test_a_read_only_transaction_is_in_no_doubt_wherever_its_commit_is_cut(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with (
        wire_to(target_of(settings)) as (wire, url),
        open_database(
            Settings(database_url=url, sealing_keys=settings.sealing_keys, pool_size=1), catalog=ACCOUNTS
        ) as db,
    ):
        for cut in range(1, 120, 7):
            async with db.transaction(read_only=True) as tx:
                assert await column(tx, "SELECT 1") == [1]
                wire.cut_after(cut)
            with suppress(ConnectionFailed):  # if the cut comes only now
                assert await column(db, "SELECT 1") == [1]


@pytest.mark.parametrize("chunk", [1, 2, 5])
async def test_a_stream_that_was_read_to_its_end_has_nothing_to_lose(
    postgresql: Database, beside: PostgresOutside, chunk: int
) -> None:
    await run(postgresql, "INSERT INTO ledger (id, amount) VALUES (1, 1), (2, 1)")
    async with postgresql.stream(*sql(postgresql, IDS), chunk=chunk) as chunks:
        rows = [row async for rows in chunks for row in rows]
        await kill_all(beside)
    assert rows == [(1,), (2,)]
    assert await column(postgresql, IDS) == [1, 2]


async def test_a_cancelled_read_carries_no_note(ledger: Database) -> None:
    """Nothing was committed, whatever the moment of the cancellation."""

    async def read() -> None:
        async with ledger.stream(*sql(ledger, IDS)) as chunks:
            async for _ in chunks:
                pass

    async def read_in_transaction() -> None:
        async with ledger.transaction(read_only=True) as tx:
            await run(tx, IDS)

    notes: list[str] = []
    for work in (read, read_in_transaction):
        for turns in range(40):
            task = asyncio.create_task(work())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as cancelled:
                notes += getattr(cancelled, "__notes__", [])
    assert notes == []


async def test_a_commit_whose_answer_is_lost_is_in_doubt_also_when_the_database_closes(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen network does not tell what COMMIT did."""
    monkeypatch.setattr(postgresql_driver, "SETTLE_SECONDS", 0.2)
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with wire_to(target_of(settings)) as (wire, url):
        db = await open_database(Settings(database_url=url, sealing_keys=settings.sealing_keys), catalog=ACCOUNTS)
        await db.run(*make_ledger(db))

        async def work() -> None:
            async with db.transaction() as tx:
                await run(tx, INSERT, id=1)
                wire.freeze()
                at_commit.set()

        at_commit = asyncio.Event()
        working = asyncio.create_task(work())
        await until_set(at_commit, working)
        await until(lambda: next(iter(db._writers._all)).running, working)
        await db.close(timeout=0)
        wire.thaw()
        with pytest.raises(CommitUnknown):
            await working


async def test_a_commit_that_was_cancelled_after_it_was_applied_is_told(ledger: Database, outside: Outside) -> None:
    told = 0
    for number in range(60):

        async def work(number: int = number) -> None:
            async with ledger.transaction() as tx:
                await run(tx, INSERT, id=number)

        task = asyncio.create_task(work())
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
            is_told = True
        except asyncio.CancelledError as cancelled:
            is_told = COMMITTED in getattr(cancelled, "__notes__", [])
        assert is_told == bool(outside.query(f"SELECT 1 FROM ledger WHERE id = {number}"))
        told += is_told
    assert told
