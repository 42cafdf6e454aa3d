"""What concurrent transactions can do to each other, and how a conflict is run again."""

import asyncio
from contextlib import suppress

import pytest

from hangar_dal.database import Database, Transaction
from hangar_dal.errors import (
    CommitUnknown,
    ConnectionFailed,
    DatabaseBusy,
    StatementError,
    TransactionConflict,
    TransactionFailed,
)
from tests.database.ledger import column, run

TASKS = 8


async def test_work_that_reads_and_then_writes_loses_no_update(ledger: Database) -> None:
    """Serializable and run again on conflict; READ COMMITTED would lose most of these."""
    await run(ledger, "INSERT INTO ledger (id, amount) VALUES (1, 0)")

    async def add_one(tx: Transaction) -> None:
        [amount] = await column(tx, "SELECT amount FROM ledger WHERE id = 1")
        await asyncio.sleep(0)
        await run(tx, "UPDATE ledger SET amount = :amount WHERE id = 1", amount=amount + 1)

    async def three_times() -> None:
        for _ in range(3):
            await ledger.in_transaction(add_one, isolation="serializable")

    await asyncio.gather(*(three_times() for _ in range(TASKS)))
    assert await column(ledger, "SELECT amount FROM ledger") == [3 * TASKS]


async def test_a_rule_over_several_rows_holds_under_serializable(ledger: Database) -> None:
    """Write skew: each takes from another row because it saw enough in both together."""
    await run(ledger, "INSERT INTO ledger (id, amount) VALUES (0, 1), (1, 1)")
    both_have_read = asyncio.Barrier(2)
    is_first_try = {0: True, 1: True}

    async def take_from(which: int) -> bool:
        async def work(tx: Transaction) -> bool:
            [total] = await column(tx, "SELECT CAST(sum(amount) AS integer) FROM ledger")
            if is_first_try.pop(which, False):
                await meet()
            if total < 2:
                return False
            await run(tx, "UPDATE ledger SET amount = 0 WHERE id = :id", id=which)
            return True

        return await ledger.in_transaction(work, isolation="serializable")

    async def meet() -> None:
        """On SQLite the second is not let in before the first is done: then nobody waits for it."""
        with suppress(TimeoutError, asyncio.BrokenBarrierError):
            await asyncio.wait_for(both_have_read.wait(), timeout=0.3)

    assert sorted(await asyncio.gather(take_from(0), take_from(1))) == [False, True]
    assert await column(ledger, "SELECT CAST(sum(amount) AS integer) FROM ledger") == [1]


@pytest.mark.parametrize("error", [TransactionConflict, DatabaseBusy, ConnectionFailed])
async def test_what_may_be_run_again_is_run_again_whole(ledger: Database, error: type[Exception]) -> None:
    tries = 0

    async def work(tx: Transaction) -> str:
        nonlocal tries
        tries += 1
        await run(tx, "INSERT INTO ledger (id, amount) VALUES (:id, 1)", id=tries)
        if tries < 3:
            raise error("try again")
        return "done"

    assert await ledger.in_transaction(work) == "done"
    assert await column(ledger, "SELECT id FROM ledger") == [3]


@pytest.mark.parametrize("error", [CommitUnknown, StatementError, TransactionFailed, LookupError])
async def test_what_may_not_be_run_again_is_not(ledger: Database, error: type[Exception]) -> None:
    tries = 0

    async def work(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        raise error("no more")

    with pytest.raises(error):
        await ledger.in_transaction(work)
    assert tries == 1


async def test_a_conflict_that_the_work_swallowed_is_a_conflict_still(ledger: Database) -> None:
    tries = 0

    async def work(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            try:
                raise TransactionConflict("swallowed")
            except TransactionConflict as conflict:
                raise TransactionFailed("left normally") from conflict

    await ledger.in_transaction(work)
    assert tries == 2


async def test_trying_again_ends_at_the_deadline(ledger: Database) -> None:
    tries = 0

    async def work(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        raise TransactionConflict("always")

    with pytest.raises(TransactionConflict):
        await ledger.in_transaction(work, deadline=0.1)
    assert tries > 1
