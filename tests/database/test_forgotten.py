"""A transaction that runs no statement for too long ends on both databases, and its place is free again."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.database import Database, Transaction, open_database
from hangar_dal.errors import StatementTimeout, TransactionExpired
from hangar_dal.settings import Settings
from tests.database.ledger import column, endless, make_ledger, run, sql
from tests.database.outside import Outside
from tests.helpers.waiting import until

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"


@pytest.fixture
async def hasty(small: Settings, anyio_backend: str) -> AsyncIterator[Database]:
    """One connection of each kind. The pool looks after them twice a second."""
    changes = {"pool_size": 1, "sqlite_readers": 1, "statement_timeout": 2, "idle_in_transaction_timeout": 1}
    async with open_database(small.model_copy(update=changes), catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        yield db


async def until_free(db: Database) -> None:
    """Wait until no connection is lent, nor about to be given back."""
    await until(lambda: not any(stats.used for stats in db.pool_stats().values()))


async def test_its_place_is_free_its_later_use_is_told_and_nothing_of_it_is_kept(
    hasty: Database, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TransactionExpired):
        async with hasty.transaction() as tx:
            await run(tx, INSERT, id=1)
            await until_free(hasty)
            await run(hasty, INSERT, id=2)
            for _ in range(2):
                with pytest.raises(TransactionExpired, match=r"test_forgotten\.py:\d+ .*HANGAR_IDLE_IN_TRANSACTION"):
                    await run(tx, INSERT, id=3)
    assert outside.query(IDS) == [(2,)]
    [warning] = [record for record in caplog.records if record.name == "hangar_dal"]
    assert warning.levelno == logging.WARNING
    assert "test_forgotten.py:" in warning.getMessage()


async def test_a_block_that_is_left_too_late_does_not_pass_for_committed(hasty: Database, outside: Outside) -> None:
    with pytest.raises(TransactionExpired):
        async with hasty.transaction() as tx:
            await run(tx, INSERT, id=1)
            await until_free(hasty)
    assert outside.query(IDS) == []


async def test_an_error_that_leaves_the_block_too_late_is_raised_as_it_is(hasty: Database) -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        async with hasty.transaction() as tx, tx.savepoint():
            await run(tx, INSERT, id=1)
            await until_free(hasty)
            raise RuntimeError("on purpose")
    await run(hasty, INSERT, id=1)
    assert await column(hasty, IDS) == [1]


async def test_a_stream_that_nobody_reads_on_is_ended_as_well(hasty: Database) -> None:
    await run(hasty, "INSERT INTO ledger (id, amount) VALUES (1, 1), (2, 1), (3, 1)")
    with pytest.raises(TransactionExpired, match=r"test_forgotten\.py:"):
        async with hasty.stream(*sql(hasty, IDS), chunk=1) as chunks:
            async for _ in chunks:
                await until_free(hasty)
    assert await column(hasty, IDS) == [1, 2, 3]


async def test_a_transaction_whose_statement_runs_is_not_idle(hasty: Database) -> None:
    with pytest.raises(StatementTimeout):
        async with hasty.transaction() as tx:
            await tx.run(*endless(tx))


async def test_a_transaction_that_is_used_is_not_idle(hasty: Database) -> None:
    async with hasty.transaction() as tx:
        for number in range(30):
            await run(tx, INSERT, id=number)
            await asyncio.sleep(0.1)
    assert await column(hasty, "SELECT count(*) FROM ledger") == [30]


async def test_work_that_was_idle_for_too_long_is_not_run_again(hasty: Database) -> None:
    tries = 0

    async def work(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        await run(tx, INSERT, id=1)
        await until_free(hasty)

    with pytest.raises(TransactionExpired, match=r"test_forgotten\.py:"):
        await hasty.in_transaction(work)
    assert tries == 1


async def test_a_memory_database_keeps_its_rows(anyio_backend: str) -> None:
    memory = Settings(database_url="sqlite:///:memory:", statement_timeout=2, idle_in_transaction_timeout=1)
    async with open_database(memory, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        await run(db, INSERT, id=1)
        with pytest.raises(TransactionExpired):
            async with db.transaction() as tx:
                await run(tx, INSERT, id=2)
                await until_free(db)
        assert await column(db, IDS) == [1]


async def test_no_limit_is_no_limit(small: Settings) -> None:
    changes = {"statement_timeout": 1, "idle_in_transaction_timeout": 0}
    async with open_database(small.model_copy(update=changes), catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        async with db.transaction() as tx:
            await run(tx, INSERT, id=1)
            await asyncio.sleep(1)  # the pool looks after its connections four times meanwhile
        assert await column(db, IDS) == [1]


async def test_code_without_a_module_opens_transactions(database: Database) -> None:
    """Templates, notebooks and consoles run such code with `exec`."""
    names: dict[str, Any] = {}
    exec("async def use(db):\n    async with db.transaction() as tx:\n        return tx is not None\n", names)
    assert "__name__" not in names
    assert await names["use"](database)
