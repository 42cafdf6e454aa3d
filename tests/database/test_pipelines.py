"""How batches reach PostgreSQL: the round trips, and what psycopg knows of prepared statements."""

from pathlib import Path
from typing import Any

import pytest

from hangar_dal import Settings, sealing
from hangar_dal.database import Database
from tests.database.ledger import column, query, run

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
