"""Many give at once: no money is lost, no donation comes twice, and the sums are exact."""

import asyncio
from contextlib import AsyncExitStack
from random import Random
from uuid import UUID

import pytest

from hangar_dal import Database, builders, donations, ledger, live_chat, streaming, uuid7
from hangar_dal.errors import ConstraintViolation, InsufficientFunds
from tests.domains.donations.giving import Stage, give, stage, wrong_sums
from tests.helpers.commerce import account, posted, world
from tests.helpers.community import person
from tests.helpers.streaming import live

TASKS = 64


@pytest.mark.parametrize("times", [2, pytest.param(60, marks=pytest.mark.long, id="long")])
async def test_donations_and_refunds_of_many_tasks_are_counted_exactly(
    database: Database, seed: int, times: int
) -> None:
    on, fans = await stage(database, 400 * times), [await person(database) for _ in range(4)]

    async def act(number: int) -> None:
        random = Random(seed * 100 + number)
        for _ in range(times):
            try:
                given = await give(database, on, random.choice(fans).id, random.choice((1, 7, 30)))
                if random.random() < 0.2:
                    await streaming.refund_donation(database, given.id, transfer_id=uuid7())
            except InsufficientFunds:
                continue

    await asyncio.gather(*map(act, range(TASKS)))
    assert await wrong_sums(database) == []
    [total] = await donations.list_donation_totals(database, on.stream.id)
    assert await posted(database, on.till) == [total.amount]
    assert await ledger.list_wrong_balances(database) == []


async def test_a_donation_that_many_tasks_send_and_take_back_is_one(database: Database) -> None:
    on, fan = await stage(database), await person(database)
    new = builders.donation(on.stream, donor=fan)
    sides = {"debit_account_id": on.wallet.id, "credit_account_id": on.till.id}
    rows = await asyncio.gather(*(streaming.donate(database, new, **sides) for _ in range(TASKS)))
    assert {row.id for row in rows} == {new.id}
    assert len(await live_chat.list_chat_messages(database, on.stream.id)) == 1
    assert await posted(database, on.till) == [100]
    backs = await asyncio.gather(
        *(streaming.refund_donation(database, new.id, transfer_id=uuid7()) for _ in range(TASKS)),
        return_exceptions=True,
    )
    assert sum(not isinstance(back, ConstraintViolation) for back in backs) == 1
    assert await posted(database, on.till) == [0]
    assert await wrong_sums(database) == []


async def test_sixteen_donors_do_not_wait_for_each_other(on_postgresql: Database) -> None:
    """Transactions that stay open give from accounts that may be negative, to one that may be."""
    db = on_postgresql
    owner = await person(db)
    source, till = await world(db), await account(db, may_be_negative=True)
    on = Stage(await live(db, owner.id), source, till)
    fans = [await person(db) for _ in range(16)]
    async with AsyncExitStack() as opened:
        for digit, fan in zip("0123456789abcdef", fans, strict=True):
            tx = await opened.enter_async_context(db.transaction())
            await give(tx, on, fan.id, id=UUID(f"{str(uuid7())[:35]}{digit}"))
    assert await wrong_sums(db) == []
