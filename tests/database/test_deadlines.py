"""The deadline of `in_transaction` ends every wait except the one for COMMIT."""

import asyncio
from contextlib import suppress

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.database import Database, Transaction, open_database
from hangar_dal.errors import DatabaseBusy, StatementTimeout
from hangar_dal.settings import Settings
from tests.database.ledger import column, endless, endless_write, make_ledger, run
from tests.database.outside import Outside
from tests.database.pools import held

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"


async def test_it_ends_a_statement(ledger: Database, outside: Outside) -> None:
    async def work(tx: Transaction) -> None:
        await run(tx, INSERT, id=1)
        await tx.run(*endless_write(tx))

    with pytest.raises(StatementTimeout, match=r"its deadline of 0\.1 seconds"):
        await asyncio.wait_for(ledger.in_transaction(work, deadline=0.1), 300)
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0


async def test_it_ends_the_wait_for_a_connection(small: Settings) -> None:
    one = small.model_copy(update={"pool_size": 1, "acquire_timeout": 3600})

    async def work(tx: Transaction) -> None:
        raise AssertionError("there is no connection for this")

    async with open_database(one, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with held(db.transaction()):
            with pytest.raises(StatementTimeout):
                await asyncio.wait_for(db.in_transaction(work, deadline=0.1), 300)


async def test_it_ends_what_the_work_waits_for_besides(ledger: Database) -> None:
    async def work(tx: Transaction) -> None:
        await run(tx, INSERT, id=1)
        await asyncio.sleep(3600)

    with pytest.raises(StatementTimeout):
        await asyncio.wait_for(ledger.in_transaction(work, deadline=0.1), 300)
    assert await column(ledger, IDS) == []


async def test_the_last_error_is_raised_when_there_was_one(ledger: Database) -> None:
    async def work(tx: Transaction) -> None:
        raise DatabaseBusy("a lock was not free")

    with pytest.raises(DatabaseBusy, match="a lock was not free"):
        await ledger.in_transaction(work, deadline=0.1)


async def test_a_timeout_of_the_work_itself_is_its_own(ledger: Database) -> None:
    async def work(tx: Transaction) -> None:
        async with asyncio.timeout(0.05):
            await tx.run(*endless(tx))

    with pytest.raises(TimeoutError):
        await ledger.in_transaction(work)


async def test_work_that_ends_around_the_deadline_returns_if_it_was_committed_and_raises_if_not(
    ledger: Database,
) -> None:
    """The deadline may pass in any iteration of the event loop."""
    deadlines = [*(number / 20_000 for number in range(200)), 3600]
    kept = set()
    for number, deadline in enumerate(deadlines):

        async def work(tx: Transaction, number: int = number) -> int:
            await run(tx, INSERT, id=number)
            return number

        with suppress(StatementTimeout):
            kept.add(await ledger.in_transaction(work, deadline=deadline))
    assert await column(ledger, IDS) == sorted(kept)
    assert deadlines.index(3600) in kept


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_timeout_around_any_call_ends_its_wait(small: Settings, read_only: bool) -> None:
    one = small.model_copy(update={"pool_size": 1, "sqlite_readers": 1, "acquire_timeout": 3600})
    async with open_database(one, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with held(db.transaction(read_only=read_only)):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), db.transaction(read_only=read_only):
                    raise AssertionError("there is no connection for this")
        assert await column(db, IDS) == []
