"""How batches reach PostgreSQL: the round trips, and what psycopg knows of prepared statements."""

import asyncio
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import Settings, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.errors import ConnectionFailed, InvalidValue, StatementError, TransactionConflict, UniqueViolation
from tests.database.ledger import column, query, run
from tests.helpers.waiting import until

INSERT = query("INSERT INTO ledger (id, amount) VALUES (:id, :amount)")
RETURNING = query("INSERT INTO ledger (id, amount) VALUES (:id, :amount) RETURNING id", returns_rows=True)
IDS = "SELECT id FROM ledger ORDER BY id"
ALL = query(IDS, returns_rows=True)


@pytest.fixture
def settings(own_postgres_url: str) -> Settings:
    return Settings(database_url=own_postgres_url, sealing_keys=sealing.new_key())


@pytest.mark.parametrize(("added", "round_trips"), [([INSERT, INSERT], 1), ([ALL, ALL], 1), ([INSERT, RETURNING], 2)])
async def test_a_batch_has_one_round_trip_or_two(
    added: list[Any], round_trips: int, ledger: Database, tmp_path: Path
) -> None:
    """Each message `Sync` or `Query` asks the server for its answers."""
    [connection] = ledger._writers._all
    for turn in range(8):  # PostgreSQL prepares a statement after five runs
        with (tmp_path / f"trace{turn}").open("w") as trace:
            connection.driver.pgconn.trace(trace.fileno())  # type: ignore[attr-defined]  # of psycopg
            async with ledger.batch() as batch:
                for at, each in enumerate(added):
                    batch.add(each, **({} if each is ALL else {"id": 2 * turn + at, "amount": 1}))
            connection.driver.pgconn.untrace()  # type: ignore[attr-defined]
        sent = [line.split("\t") for line in (tmp_path / f"trace{turn}").read_text().splitlines()]
        assert sum(line[1] == "F" and line[3] in ("Sync", "Query") for line in sent) == round_trips


async def test_psycopg_forgets_statements_that_the_server_has_skipped(ledger: Database) -> None:
    """`run_pipeline` reads these private attributes."""
    [connection] = ledger._writers._all
    manager = connection.driver._prepared  # type: ignore[attr-defined]
    for _ in range(8):
        await run(ledger, IDS)
    assert list(manager._names)
    manager.clear()
    assert not list(manager._names)
    assert await column(ledger, IDS) == []


async def test_a_value_that_the_server_refuses_is_the_error_of_a_single_call(ledger: Database) -> None:
    too_large = "INSERT INTO ledger (id, amount) VALUES (1, CAST(1e30 AS bigint))"
    with pytest.raises(InvalidValue) as alone:
        await run(ledger, too_large)
    with pytest.raises(InvalidValue) as together:
        async with ledger.batch() as batch:
            batch.add(query(too_large))
    assert str(together.value) == str(alone.value)


async def change_elsewhere(settings: Settings) -> None:
    """Another connection changes the table: psycopg would prepare anew after an ALTER TABLE of its own."""
    async with open_database(settings) as other:
        await run(other, "ALTER TABLE ledger ALTER COLUMN note TYPE integer USING 7")


async def test_a_changed_table_does_not_fail_a_batch(ledger: Database, settings: Settings) -> None:
    """PostgreSQL refuses the prepared statement once its columns have other types."""
    notes = query("SELECT note FROM ledger ORDER BY id", returns_rows=True)
    for _ in range(8):
        async with ledger.batch() as batch:
            batch.add(INSERT, id=len(await column(ledger, IDS)), amount=1)
            batch.add(notes)
    await change_elsewhere(settings)
    async with ledger.batch() as batch:
        batch.add(INSERT, id=8, amount=1)
        found = batch.add(notes)
    assert found.result() == [(7,)] * 8 + [(None,)]
    assert await column(ledger, IDS) == list(range(9))


async def test_a_changed_table_conflicts_with_a_transaction_that_began_before(
    ledger: Database, settings: Settings
) -> None:
    notes = query("SELECT note FROM ledger ORDER BY id", returns_rows=True)
    for _ in range(8):
        async with ledger.transaction() as tx, tx.batch() as batch:
            batch.add(notes)
    await change_elsewhere(settings)
    with pytest.raises(TransactionConflict):
        async with ledger.transaction() as tx, tx.batch() as batch:
            batch.add(notes)


async def test_a_lost_connection_is_an_error_of_the_batch(ledger: Database) -> None:
    ends = query("SELECT pg_terminate_backend(pg_backend_pid())", returns_rows=True)
    with pytest.raises(ConnectionFailed) as read:
        async with ledger.batch() as batch:
            batch.add(ALL)
            batch.add(ends)
    assert read.value.query == "BATCH the_query"
    for other in (INSERT, RETURNING):
        with pytest.raises(ConnectionFailed) as written:
            async with ledger.batch() as batch:
                batch.add(other, id=1, amount=1)
                batch.add(ends)
        assert written.value.query == "BATCH the_query"
    assert await column(ledger, IDS) == []


async def test_an_error_of_the_driver_hides_no_error_of_the_server(
    ledger: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """psycopg would log the second error, whose text has the values of the key."""
    await run(ledger, "INSERT INTO ledger (id, amount) VALUES (4711, 1)")
    with pytest.raises(UniqueViolation):
        async with ledger.batch() as batch:
            batch.add(INSERT, id=4711, amount=1)
            batch.add(INSERT, id=2, amount=object())
    assert "4711" not in caplog.text
    with pytest.raises(StatementError, match="psycopg cannot send the statement"):
        async with ledger.batch() as batch:
            batch.add(INSERT, id=1, amount=1)
            batch.add(INSERT, id=2, amount=object())
    assert await column(ledger, IDS) == [4711]
    assert caplog.records == []


async def test_the_time_limit_of_the_client_is_for_each_statement(ledger: Database) -> None:
    [connection] = ledger._writers._all
    connection._tick_limit = 2  # type: ignore[attr-defined]  # of the dialect

    async def send() -> None:
        async with ledger.batch() as batch:
            for _ in range(3):
                batch.add(query("SELECT pg_sleep(0.2)", returns_rows=True))

    for ticks, is_in_time in ((6, True), (7, False)):
        sending = asyncio.create_task(send())
        await until(lambda: connection.running, sending)
        for _ in range(ticks):
            connection.check_timeout()
        with nullcontext() if is_in_time else pytest.raises(ConnectionFailed):
            await sending
