"""Rows of COMMERCE that are stored by more than one function, and what stores them.

The functions store all rows or none, each at its own instant, and return how many rows there are then.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from benchmarks.moment import NOW
from benchmarks.storing import store_each
from hangar_dal import (
    Transaction,
    ad_reports,
    ad_serving,
    idempotency_keys,
    invoices,
    payment_methods,
    payments,
    subscriptions,
    webhook_events,
)
from hangar_dal.ad_serving import Click, NewImpression, NewReservation
from hangar_dal.commerce import advertising
from hangar_dal.database import Executor
from hangar_dal.idempotency_keys import Answer, ClaimedKey
from hangar_dal.invoices import NewInvoice
from hangar_dal.models.idempotency_keys import NewIdempotencyKey
from hangar_dal.models.row import Row
from hangar_dal.payments import Capture, Payment, Refund


class ChosenMethod(Row):
    """A payment method that a user has made the default."""

    at: datetime
    payment_method_id: UUID
    user_id: UUID


class PaidOrder(Row):
    """A payment with its capture and its refund, and perhaps disputed."""

    payment: Payment
    capture: Capture | None
    refund: Refund | None
    disputed_at: datetime | None


class AnsweredRequest(Row):
    """A request that was worked on and answered at once."""

    at: datetime
    new: NewIdempotencyKey
    answer: Answer


class HandledEvents(Row):
    """A batch of events that a worker has claimed and processed. It gives up one in a hundred."""

    at: datetime
    provider: str
    claim_id: UUID
    number: int


class Renewals(Row):
    """A batch of subscriptions whose period was over."""

    at: datetime
    number: int


class BilledPeriod(Row):
    """An invoice that was issued, and perhaps paid or declared void."""

    at: datetime
    new: NewInvoice
    due_at: datetime
    paid_at: datetime | None
    is_void: bool


class ServedAd(Row):
    """A reservation, and when its ad was shown and clicked."""

    new: NewReservation
    shown_at: datetime | None
    clicked_at: datetime | None


class ReleasedAds(Row):
    """A batch of reservations that had expired."""

    at: datetime
    number: int


class RolledUp(Row):
    """A batch of impressions, and one of clicks, that were counted in the reports."""

    at: datetime
    number: int


class SettledDay(Row):
    """A day that a campaign has paid for, if it had spent something."""

    at: datetime
    id: UUID
    campaign_id: UUID
    day: date
    debit_account_id: UUID
    credit_account_id: UUID


async def choose_methods(db: Executor, rows: Iterable[ChosenMethod]) -> int:
    async def store(tx: Transaction, row: ChosenMethod) -> int:
        await payment_methods.set_default_payment_method(tx, row.payment_method_id, user_id=row.user_id)
        return 1

    return await store_each(db, rows, store)


async def store_payments(db: Executor, rows: Sequence[PaidOrder]) -> int:
    stored = await payments.import_payments(
        db,
        [row.payment for row in rows],
        captures=[row.capture for row in rows if row.capture],
        refunds=[row.refund for row in rows if row.refund],
    )
    for row in rows:
        if row.disputed_at is not None:
            NOW.set(row.disputed_at)
            await payments.dispute_payment(db, row.payment.id)
    return stored


async def answer_requests(db: Executor, rows: Iterable[AnsweredRequest]) -> int:
    async def store(tx: Transaction, row: AnsweredRequest) -> int:
        new = row.new
        await idempotency_keys.insert_key(tx, new)
        claimed = ClaimedKey(scope=new.scope, key=new.key, claim_id=new.claim_id, lease_ends_at=new.lease_ends_at)
        await idempotency_keys.finish(tx, claimed, row.answer)
        return 1

    return await store_each(db, rows, store)


async def handle_events(db: Executor, rows: Iterable[HandledEvents]) -> int:
    async def store(tx: Transaction, row: HandledEvents) -> int:
        claim = {"claim_id": row.claim_id, "lease_ends_at": row.at + webhook_events.LEASE}
        await webhook_events.claim_due_events(tx, row.provider, **claim, batch_size=row.number)
        claimed = await webhook_events.list_claimed_events(tx, row.provider, **claim)
        failed = claimed[99::100]
        for event in failed:
            await webhook_events.give_up_claimed_event(tx, event, last_error="the order does not exist")
        given_up = {event.id for event in failed}
        ids = [event.id for event in claimed if event.id not in given_up]
        return len(failed) + await webhook_events.finish_events(tx, ids, claim_id=row.claim_id)

    return await store_each(db, rows, store)


async def renew(db: Executor, rows: Iterable[Renewals]) -> int:
    async def store(tx: Transaction, row: Renewals) -> int:
        return len(await subscriptions.renew_due(tx, limit=row.number))

    return await store_each(db, rows, store)


async def store_invoices(db: Executor, rows: Sequence[BilledPeriod]) -> int:
    async def store(tx: Transaction, row: BilledPeriod) -> int:
        await invoices.issue_invoice(tx, row.new.id, due_at=row.due_at)
        if row.paid_at is not None:
            NOW.set(row.paid_at)
            await invoices.pay_invoice(tx, row.new.id)
        elif row.is_void:
            await invoices.void_invoice(tx, row.new.id)
        return 1

    await invoices.import_invoices(db, [row.new for row in rows])
    return await store_each(db, rows, store)


async def serve_ads(db: Executor, rows: Sequence[ServedAd]) -> int:
    reserved = await ad_serving.insert_reservations(db, [row.new for row in rows])
    shown = [NewImpression(id=row.new.id, shown_at=row.shown_at) for row in rows if row.shown_at]
    clicks = [Click(impression_id=row.new.id, clicked_at=row.clicked_at) for row in rows if row.clicked_at]
    await ad_serving.record_impressions(db, shown)
    return len(reserved) + await ad_serving.record_clicks(db, clicks)


async def release_ads(db: Executor, rows: Iterable[ReleasedAds]) -> int:
    async def store(tx: Transaction, row: ReleasedAds) -> int:
        return await ad_serving.release_expired(tx, batch_size=row.number)

    return await store_each(db, rows, store)


async def roll_up(db: Executor, rows: Iterable[RolledUp]) -> int:
    async def store(tx: Transaction, row: RolledUp) -> int:
        shown = await ad_reports.report_impressions(tx, batch_size=row.number)
        return shown + await ad_reports.report_clicks(tx, batch_size=row.number)

    return await store_each(db, rows, store)


async def settle(db: Executor, rows: Iterable[SettledDay]) -> int:
    async def store(tx: Transaction, row: SettledDay) -> int:
        accounts = {"debit_account_id": row.debit_account_id, "credit_account_id": row.credit_account_id}
        settled = await advertising.settle(tx, row.campaign_id, row.day, settlement_id=row.id, **accounts)
        return 0 if settled is None else 1

    return await store_each(db, rows, store)
