"""Captures and refunds with their transfers: booked together or not at all, and once."""

import asyncio
from typing import Any

import pytest

from hangar_dal import Database, ledger, payments, uuid7
from hangar_dal.commerce import charging
from hangar_dal.errors import ForeignKeyViolation, InsufficientFunds, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.ledger import LedgerAccount
from hangar_dal.payments import PaymentStatus
from tests.helpers.commerce import account, authorized, posted, world

Accounts = dict[str, Any]


@pytest.fixture
async def shop(database: Database) -> LedgerAccount:
    return await account(database)


@pytest.fixture
async def between(database: Database, shop: LedgerAccount) -> Accounts:
    """The accounts of the provider and of the receiver."""
    return {"provider_account_id": (await world(database)).id, "receiver_account_id": shop.id}


async def test_a_capture_and_a_refund_are_booked_once(
    database: Database, shop: LedgerAccount, between: Accounts
) -> None:
    paid = await authorized(database, 1000)
    key, back = uuid7(), uuid7()
    for _ in range(2):
        row = await charging.capture(database, paid.id, capture_id=key, amount=800, **between)
        assert (row.id, row.amount) == (key, 800)
    assert await posted(database, shop, await world(database)) == [800, -800]
    for _ in range(2):
        await charging.refund(database, paid.id, refund_id=back, amount=300, **between)
    assert await posted(database, shop, await world(database)) == [500, -500]
    after = await payments.get_payment(database, paid.id)
    assert (after.status, after.captured, after.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, 800, 300)
    booked = await ledger.list_transfers_of_reference(database, charging.reference_of(paid.id))
    assert [(each.id, each.amount) for each in booked] == [(key, 800), (back, 300)]


async def test_the_rest_is_captured_and_refunded_if_no_amount_is_given(
    database: Database, shop: LedgerAccount, between: Accounts
) -> None:
    paid = await authorized(database, 1000)
    key, back = uuid7(), uuid7()
    await charging.capture(database, paid.id, capture_id=uuid7(), amount=1, **between)
    for _ in range(2):
        assert (await charging.capture(database, paid.id, capture_id=key, **between)).amount == 999
    for _ in range(2):
        assert (await charging.refund(database, paid.id, refund_id=back, **between)).amount == 1000
    assert await posted(database, shop) == [0]


async def test_nothing_is_captured_or_refunded_that_cannot_be_booked(
    database: Database, shop: LedgerAccount, between: Accounts
) -> None:
    paid = await authorized(database, 1000)
    dollars = await account(database, currency="USD")
    wrong = {**between, "receiver_account_id": dollars.id}
    with pytest.raises(ForeignKeyViolation):
        await charging.capture(database, paid.id, capture_id=uuid7(), **wrong)
    with pytest.raises(TriggerViolation):
        await charging.capture(database, paid.id, capture_id=uuid7(), amount=1001, **between)
    with pytest.raises(NotFound):
        await charging.capture(database, uuid7(), capture_id=uuid7(), **between)
    assert (await payments.get_payment(database, paid.id)).captured == 0
    key = uuid7()
    await charging.capture(database, paid.id, capture_id=key, **between)
    with pytest.raises(UniqueViolation):  # the id of a capture is that of a transfer, and a refund needs another one
        await charging.refund(database, paid.id, refund_id=key, **between)
    await ledger.transfer(
        database,
        ledger.NewTransfer(
            debit_account_id=shop.id, credit_account_id=wrong["provider_account_id"], amount=600, currency="EUR"
        ),
    )
    with pytest.raises(InsufficientFunds):
        await charging.refund(database, paid.id, refund_id=uuid7(), amount=401, **between)
    after = await payments.get_payment(database, paid.id)
    assert (after.captured, after.refunded) == (1000, 0)
    assert await posted(database, shop) == [400]


async def test_a_lost_dispute_is_booked_once(database: Database, shop: LedgerAccount, between: Accounts) -> None:
    paid = await authorized(database, 1000)
    await charging.capture(database, paid.id, capture_id=uuid7(), **between)
    await charging.refund(database, paid.id, refund_id=uuid7(), amount=100, **between)
    await payments.dispute_payment(database, paid.id)
    key = uuid7()
    for _ in range(2):
        assert (await charging.lose_dispute(database, paid.id, refund_id=key, **between)).amount == 900
    assert await posted(database, shop) == [0]
    assert (await payments.get_payment(database, paid.id)).status is PaymentStatus.REFUNDED


async def test_charges_of_many_tasks_are_in_the_books_and_in_the_payment(
    database: Database, shop: LedgerAccount, between: Accounts
) -> None:
    paid = await authorized(database, 3050)

    async def charge(_: int) -> int:
        key = uuid7()
        try:
            for _ in range(2):
                await charging.capture(database, paid.id, capture_id=key, amount=100, **between)
        except TriggerViolation as error:
            if error.constraint != "payment_captures_within_amount":
                raise
            return 0
        await charging.refund(database, paid.id, refund_id=uuid7(), amount=40, **between)
        return 60

    charged = sum(await asyncio.gather(*map(charge, range(64))))
    after = await payments.get_payment(database, paid.id)
    assert charged == after.captured - after.refunded == 1800
    assert await posted(database, shop) == [1800]
    assert await ledger.list_wrong_balances(database) == []
    assert await payments.list_wrong_revenue(database) == []
