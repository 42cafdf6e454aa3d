"""Invoices for subscriptions, once for each period, and their payment through the ledger, all or none."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, builders, invoices, ledger, payments, subscriptions, users, uuid7
from hangar_dal.commerce import billing
from hangar_dal.commerce.billing import InvoiceTerms
from hangar_dal.errors import InsufficientFunds, PaymentDiffers, TriggerViolation, UniqueViolation
from hangar_dal.invoices import Invoice, InvoiceStatus
from hangar_dal.subscriptions import SubscriptionStatus
from tests.helpers.billing import periods, sold, subscribed
from tests.helpers.clock import Clock
from tests.helpers.commerce import account, posted

TERMS = InvoiceTerms(seller="shop", tax_rate=1900)
TASKS = 64


async def sides(database: Database, amount: int) -> dict[str, Any]:
    """A wallet with this amount and the shop, and the id of a transfer between them."""
    wallet, shop = await account(database, amount), await account(database)
    return {"debit_account_id": wallet.id, "credit_account_id": shop.id, "transfer_id": uuid7()}


async def paid_by(database: Database, given: dict[str, Any]) -> list[int]:
    accounts = [await ledger.get_account(database, given[side]) for side in ("debit_account_id", "credit_account_id")]
    return await posted(database, *accounts)


async def first_invoice(database: Database, user: User, **given: Any) -> Invoice:
    new = builders.subscription(user, await sold(database), **given)
    _, invoice = await billing.subscribe(database, new, TERMS, recipient=builders.recipient())
    assert invoice is not None
    return invoice


async def test_a_subscription_begins_with_its_invoice_once(database: Database, user: User) -> None:
    new = builders.subscription(user, await sold(database, name="Films"))
    begun, invoice = await billing.subscribe(database, new, TERMS, recipient=builders.recipient())
    assert invoice is not None
    assert (invoice.status, invoice.number, invoice.net, invoice.tax) == ("OPEN", 1, 3000, 570)
    assert (invoice.subscription_id, invoice.period_number) == (begun.id, 1)
    assert invoice.due_at == database.now() + timedelta(days=14)
    document = await invoices.get_invoice_document(database, invoice.id)
    assert (document.recipient_name, [line.description for line in document.lines]) == ("Ada Lovelace", ["Films"])
    assert await billing.subscribe(database, new, TERMS) == (begun, invoice)


async def test_a_period_that_costs_nothing_gets_no_invoice(database: Database, user: User) -> None:
    new = builders.subscription(user, await sold(database, trial_days=7))
    assert (await billing.subscribe(database, new, TERMS))[1] is None
    begun = await subscribed(database, user)
    await users.delete_user(database, user.id)
    assert await billing.invoice_period(database, begun.id, 1, TERMS) is None


async def test_many_tasks_issue_one_invoice_for_a_period(database: Database, user: User) -> None:
    begun = await subscribed(database, user)
    calls = (billing.invoice_period(database, begun.id, 1, TERMS) for _ in range(TASKS))
    assert {invoice.id for invoice in await asyncio.gather(*calls) if invoice} == {
        invoice.id for invoice in await invoices.list_invoices(database, InvoiceStatus.OPEN)
    }


async def test_each_renewed_period_gets_an_invoice_for_the_same_recipient(
    database: Database, clock: Clock, user: User
) -> None:
    made = [await first_invoice(database, user) for _ in range(12)]
    ended = await subscribed(database, user)
    await subscriptions.cancel_at_period_end(database, ended.id)
    clock.advance(timedelta(days=40))

    async def renew() -> list[tuple[Any, Invoice | None]]:
        found: list[tuple[Any, Invoice | None]] = []
        while renewed := await billing.renew_due(database, TERMS, limit=3):
            found.extend(renewed.items())
        return found

    renewed = [each for batch in await asyncio.gather(*(renew() for _ in range(8))) for each in batch]
    renewed += await renew()
    assert sorted(key for key, _ in renewed) == sorted([ended.id, *(each.subscription_id for each in made)])
    assert [key for key, invoice in renewed if invoice is None] == [ended.id]
    numbers = sorted(invoice.number or 0 for _, invoice in renewed if invoice)
    assert numbers == list(range(13, 25))
    for _, invoice in renewed:
        if invoice is not None:
            assert invoice.period_number == 2
            document = await invoices.get_invoice_document(database, invoice.id)
            assert document.recipient_name == "Ada Lovelace"


async def test_nothing_is_renewed_if_an_invoice_cannot_be_issued(
    database: Database, clock: Clock, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await subscribed(database, user)
    clock.advance(timedelta(days=40))

    async def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(invoices, "issue_invoice", fail)
        with pytest.raises(ZeroDivisionError):
            await billing.renew_due(database, TERMS)
    assert len(await periods(database, begun)) == 1
    assert await invoices.list_invoices(database, InvoiceStatus.DRAFT) == []
    assert len(await billing.renew_due(database, TERMS)) == 1


async def test_credit_pays_first_and_an_invoice_of_nothing_is_paid(
    database: Database, clock: Clock, user: User
) -> None:
    large, small = await sold(database, amount=9000), await sold(database, amount=1000)
    begun = await subscribed(database, user, large)
    changed = await subscriptions.change_plan(database, begun.id, small.id)
    nothing = await billing.invoice_period(database, begun.id, changed.period_number, TERMS)
    assert nothing is not None
    assert (nothing.status, nothing.total) == ("PAID", 0)
    clock.advance(timedelta(days=5))
    changed = await subscriptions.change_plan(database, begun.id, large.id)
    invoice = await billing.invoice_period(database, begun.id, changed.period_number, TERMS)
    assert invoice is not None
    assert invoice.net == changed.period_amount - changed.period_credit
    assert len((await invoices.get_invoice_document(database, invoice.id)).lines) == 2


async def test_an_invoice_is_paid_with_its_transfer_once(database: Database, user: User) -> None:
    invoice, given = await first_invoice(database, user), await sides(database, 5000)
    calls = (billing.pay(database, invoice.id, **given | {"transfer_id": uuid7()}) for _ in range(TASKS))
    paid = await asyncio.gather(*calls)
    assert {each.status for each in paid} == {InvoiceStatus.PAID}
    assert await paid_by(database, given) == [1430, 3570]
    (booked,) = await ledger.list_transfers_of_reference(database, f"invoice:{invoice.id}")
    assert (booked.amount, booked.currency) == (3570, "EUR")


async def test_without_enough_money_an_invoice_stays_open(database: Database, user: User) -> None:
    invoice, given = await first_invoice(database, user), await sides(database, 3569)
    with pytest.raises(InsufficientFunds):
        await billing.pay(database, invoice.id, **given)
    assert await invoices.get_invoice(database, invoice.id) == invoice
    assert await paid_by(database, given) == [3569, 0]


async def test_a_payment_has_captured_what_the_invoice_asks_for(database: Database, user: User) -> None:
    invoice, given = await first_invoice(database, user), await sides(database, 9000)
    for amount, currency in ((3569, "EUR"), (3570, "USD")):
        payment = await captured(database, user, amount, currency)
        with pytest.raises(PaymentDiffers):
            await billing.pay(database, invoice.id, payment_id=payment, **given)
    payment = await captured(database, user, 3570, "EUR")
    paid = await billing.pay(database, invoice.id, payment_id=payment, **given)
    assert paid.payment_id == payment
    assert await billing.pay(database, invoice.id, payment_id=payment, **given) == paid
    with pytest.raises(UniqueViolation):
        await billing.pay(database, invoice.id, **given)
    assert await paid_by(database, given) == [5430, 3570]


async def captured(database: Database, user: User, amount: int, currency: str) -> Any:
    payment = await payments.create_payment(database, builders.payment(user, amount=amount, currency=currency))
    await payments.authorize_payment(database, payment.id, provider_reference=f"p-{payment.id}")
    await payments.capture(database, payment.id, capture_id=uuid7())
    return payment.id


async def test_a_subscription_that_waited_for_the_payment_goes_on(database: Database, user: User) -> None:
    invoice, given = await first_invoice(database, user), await sides(database, 9000)
    assert invoice.subscription_id is not None
    await subscriptions.mark_past_due(database, invoice.subscription_id)
    await billing.pay(database, invoice.id, **given)
    found = await subscriptions.get_subscription(database, invoice.subscription_id)
    assert found.status is SubscriptionStatus.ACTIVE


async def test_an_older_invoice_does_not_end_the_wait_for_the_last_one(
    database: Database, clock: Clock, user: User
) -> None:
    first, given = await first_invoice(database, user), await sides(database, 9000)
    clock.advance(timedelta(days=40))
    await billing.renew_due(database, TERMS)
    assert first.subscription_id is not None
    await subscriptions.mark_past_due(database, first.subscription_id)
    await billing.pay(database, first.id, **given)
    found = await subscriptions.get_subscription(database, first.subscription_id)
    assert found.status is SubscriptionStatus.PAST_DUE


async def test_only_an_issued_invoice_is_paid(database: Database, user: User) -> None:
    invoice, given = await first_invoice(database, user), await sides(database, 9000)
    await invoices.void_invoice(database, invoice.id)
    draft = await invoices.create_invoice(database, builders.invoice(user))
    for refused in (invoice.id, draft.id):
        with pytest.raises(TriggerViolation):
            await billing.pay(database, refused, **given)
    assert await paid_by(database, given) == [9000, 0]
