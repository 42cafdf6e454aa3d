"""Many write to the same accounts at once, in one process and in many: nothing is lost, doubled or below zero."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

import pytest

from hangar_dal import COMMERCE, Database, Settings, builders, ledger, open_database, sealing, uuid7
from hangar_dal.errors import ConstraintViolation, InsufficientFunds, TransactionConflict
from hangar_dal.ledger import Transfer
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together
from tests.helpers.commerce import account, posted, world

TASKS, PROCESSES = 64, 8
WRITE: Final = """
import asyncio, sys
from random import Random
from uuid import UUID
from hangar_dal import COMMERCE, Settings, open_database, sealing
from tests.domains.ledger.test_races import move

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    seed, times = int(sys.argv[2]), int(sys.argv[3])
    accounts = [UUID(each) for each in sys.argv[4].split(",")]
    async with open_database(settings, catalog=COMMERCE) as db:
        number = wait_for_others()
        print(await move(db, accounts, Random(seed * 100 + number), times))

asyncio.run(main())
"""


async def move(db: Database, accounts: list[UUID], random: Random, times: int) -> int:
    """Transfer at random, some of it twice, as after a lost answer; returns how many transfers were booked."""
    booked = 0
    for _ in range(times):
        debit, credit = random.sample(accounts, 2)
        new = builders.transfer(debit, credit, amount=random.choice((1, 40, 300)))
        try:
            row = await ledger.transfer(db, new)
        except InsufficientFunds:
            continue
        booked += 1
        if random.random() < 0.1:
            assert await ledger.transfer(db, new) == row
    return booked


async def check(db: Database, accounts: list[UUID]) -> None:
    for account_id in accounts:
        assert (await ledger.get_balance(db, account_id)).available >= 0
    for sums in await ledger.list_trial_balances(db):
        assert sums.debits == sums.credits
    assert await ledger.list_wrong_balances(db) == []


async def count(db: Database) -> int:
    async with ledger.stream_transfers(db) as rows:
        return len([row async for row in rows])


@pytest.mark.parametrize("times", [2, pytest.param(100, marks=pytest.mark.long, id="long")])
async def test_transfers_of_many_tasks_are_all_booked_and_none_below_zero(
    database: Database, seed: int, times: int
) -> None:
    accounts = [(await account(database, 400)).id for _ in range(4)]
    each = (move(database, accounts, Random(seed * 100 + number), times) for number in range(TASKS))
    booked = sum(await asyncio.gather(*each))
    await check(database, accounts)
    assert await count(database) == 4 + booked
    print(f"{TASKS * times} tried, {booked} booked")


@pytest.mark.slow
@pytest.mark.parametrize("times", [5, pytest.param(400, marks=pytest.mark.long, id="long")])
async def test_transfers_of_many_processes_are_all_booked_and_none_below_zero(
    database: Database, settings: Settings, seed: int, times: int
) -> None:
    accounts = [(await account(database, 400)).id for _ in range(4)]
    listed = ",".join(map(str, accounts))
    url = settings.url.get_secret_value()
    said = await asyncio.to_thread(run_together, WRITE, url, str(seed), str(times), listed, processes=PROCESSES)
    booked = sum(int(lines[-1]) for lines in said)
    await check(database, accounts)
    assert await count(database) == 4 + booked
    print(f"{PROCESSES * times} tried, {booked} booked")


async def test_the_same_transfer_of_many_tasks_is_booked_once(database: Database) -> None:
    ada, ben = await account(database, 400), await account(database)
    new = builders.transfer(ada, ben)
    rows = await asyncio.gather(*(ledger.transfer(database, new) for _ in range(TASKS)))
    assert {row.id for row in rows} == {new.id}
    assert await posted(database, ada, ben) == [300, 100]


async def test_a_hold_that_many_tasks_end_has_one_end(database: Database) -> None:
    ada, ben = await account(database, 400), await account(database)
    held = await ledger.hold(database, builders.hold(ada, ben))

    async def end(number: int) -> Transfer | None:
        try:
            return await (ledger.post, ledger.void)[number % 2](database, held.id, transfer_id=uuid7())
        except ConstraintViolation:
            return None

    ends = [end for end in await asyncio.gather(*map(end, range(TASKS))) if end is not None]
    assert ends == [await ledger.find_end_of_hold(database, held.id)]
    assert (await ledger.get_balance(database, ada.id)).held == 0
    await check(database, [ada.id, ben.id])


async def test_several_may_end_the_same_expired_holds_at_once(database: Database, clock: Clock) -> None:
    ada, ben = await account(database, 400), await account(database)
    in_a_minute = database.now() + timedelta(minutes=1)
    for _ in range(20):
        await ledger.hold(database, builders.hold(ada, ben, amount=10, expires_at=in_a_minute))
    clock.advance(timedelta(minutes=2))
    assert sum(await asyncio.gather(*(ledger.expire_holds(database) for _ in range(8)))) == 20
    assert (await ledger.get_balance(database, ada.id)).held == 0


async def test_an_account_is_not_closed_while_something_reaches_it(database: Database) -> None:
    """Either the transfer comes first, and the account stays open, or the account is closed and stays empty."""
    source = await world(database)
    for _ in range(5):
        ben = await account(database)
        moved, closed = await asyncio.gather(
            ledger.transfer(database, builders.transfer(source, ben)),
            ledger.close_account(database, ben.id),
            return_exceptions=True,
        )
        assert isinstance(moved, Transfer) != isinstance(closed, ledger.LedgerAccount)
        assert await posted(database, ben) == [100 if isinstance(moved, Transfer) else 0]


async def test_writers_of_an_account_that_may_be_negative_do_not_wait_for_each_other(postgres_url: str) -> None:
    """Sixteen transactions that stay open debit one account, each in a row of its own."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), lock_timeout=5, pool_size=20)
    async with open_database(settings, catalog=COMMERCE) as db, AsyncExitStack() as opened:
        source = await world(db)
        for digit in "0123456789abcdef":
            ada = await account(db)
            new = builders.transfer(source, ada, id=UUID(f"{str(uuid7())[:35]}{digit}"))
            tx = await opened.enter_async_context(db.transaction())
            await ledger.transfer(tx, new)


@pytest.mark.parametrize("may_be_negative", [False, True])
async def test_an_account_is_not_closed_on_an_older_view_of_it(postgres_url: str, may_be_negative: bool) -> None:
    """PostgreSQL's REPEATABLE READ does not see what was moved since: not even in a row that is new."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        source, ben = await world(db), await account(db, may_be_negative=may_be_negative)
        with pytest.raises(TransactionConflict):
            async with db.transaction(isolation="repeatable read") as tx:
                assert (await ledger.get_balance(tx, ben.id)).posted == 0
                await ledger.transfer(db, builders.transfer(source, ben))
                await ledger.close_account(tx, ben.id)
        assert (await ledger.get_account(db, ben.id)).closed_at is None
