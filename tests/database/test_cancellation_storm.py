"""Thousands of cancellations on each database, and through a pooler: nothing lost, half applied or misreported."""

import asyncio

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.settings import Settings, parse_url
from tests.database.ledger import make_ledger, run
from tests.database.outside import Outside, outside_of
from tests.database.requests import Requests
from tests.database.storm import Storm
from tests.helpers import pgbouncer

CONNECTIONS = 4


async def hold_every_connection(db: Database) -> None:
    """A connection that was lost for good leaves these waiting for it in vain."""
    everyone_is_in = asyncio.Barrier(CONNECTIONS)

    async def hold() -> None:
        async with db.transaction(read_only=True) as tx:
            await run(tx, "SELECT 1")
            await everyone_is_in.wait()

    await asyncio.wait_for(asyncio.gather(*(hold() for _ in range(CONNECTIONS))), timeout=300)
    async with db.transaction() as tx:
        await run(tx, "SELECT 1")


@pytest.mark.slow
@pytest.mark.parametrize("cancellations", [2_000, pytest.param(20_000, marks=pytest.mark.long)])
async def test_thousands_of_cancellations_break_nothing_and_each_caller_is_told(
    database_url: str, outside: Outside, seed: int, cancellations: int, caplog: pytest.LogCaptureFixture
) -> None:
    await cancel_many(database_url, outside, seed, cancellations)
    assert caplog.messages == []  # psycopg's own way would warn of each connection that it closes


@pytest.mark.pooled
@pytest.mark.parametrize("cancellations", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
async def test_cancellations_through_a_pooler_break_nothing_and_each_caller_is_told(
    postgres_url: str, seed: int, cancellations: int
) -> None:
    if pgbouncer.program() and pgbouncer.version() < (1, 19):
        pytest.skip("PgBouncer before 1.19 ends with 'bad client state' when many requests to cancel arrive")
    await cancel_many(postgres_url, outside_of(parse_url(postgres_url)), seed, cancellations)


async def cancel_many(url: str, outside: Outside, seed: int, cancellations: int) -> None:
    settings = Settings(
        database_url=url,
        sealing_keys=sealing.new_key(),
        pool_size=CONNECTIONS,
        sqlite_readers=CONNECTIONS,
        acquire_timeout=300,
    )
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        requests = Requests(db)
        storm = Storm(seed=seed, writes=requests.writes, reads=requests.reads, cancellations=cancellations)
        await storm.rage()
        rows, _ = await run(db, "SELECT amount, id FROM ledger")
        storm.compare(rows)
        assert storm.damage == [], f"seed {seed}: {storm.seen}"
        assert outside.transactions_left_open() == 0, f"seed {seed}"
        await hold_every_connection(db)
    # Otherwise the storm has not blown where it matters.
    assert storm.seen["cancelled"] >= cancellations
    assert storm.seen["applied"] > cancellations / 100
    assert storm.seen["not applied"] > cancellations / 100
