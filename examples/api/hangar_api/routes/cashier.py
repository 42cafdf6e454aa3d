"""Payments as administrators see them, and what a provider answered that reports nothing by webhooks."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Administrator, Db
from hangar_api.routes.payments import BookedAmount, PaymentResponse
from hangar_api.schemas import Request
from hangar_dal import payments, uuid7
from hangar_dal.payments import Payment, PaymentStatus, Revenue

router = APIRouter(prefix="/cashier/payments", tags=["cashier"])
_KEY = ("created_at", "id")
_DAY = ("day",)


class PaymentOfUser(PaymentResponse):
    payer_id: UUID | None
    provider_reference: str | None

    @classmethod
    def of(cls, payment: Payment) -> "PaymentOfUser":
        return cls.model_validate(payment)


class Authorization(Request):
    """How the provider calls the payment."""

    provider_reference: str


class Failure(Request):
    failure_code: str | None = None


class Amount(Request):
    """All that is left, if no amount is given. `id` is for a request that is repeated: the same id is booked once."""

    id: UUID = Field(default_factory=uuid7)
    amount: int | None = None


class AllPaymentsQuery(Request):
    status: PaymentStatus
    created_before: datetime | None = None
    cursor: Cursor = None
    limit: Limit = 50


class RevenueQuery(Request):
    """Both days are included. Without them, the last thirty days in UTC."""

    currency: str
    since: date | None = None
    until: date | None = None
    cursor: Cursor = None
    limit: Limit = 50


class RevenueOfDay(BaseModel):
    day: date
    currency: str
    captured: int
    refunded: int
    net: int

    @classmethod
    def of(cls, row: Revenue) -> "RevenueOfDay":
        return cls(net=row.net, **row.model_dump())


@router.get("")
async def list_by_status(
    query: Annotated[AllPaymentsQuery, Query()], administrator: Administrator, db: Db
) -> Page[PaymentOfUser]:
    """The oldest first."""
    rows = await payments.list_payments_with_status(
        db,
        query.status,
        created_before=query.created_before,
        after=row_of(query.cursor, Payment, _KEY),
        limit=query.limit,
    )
    return page(rows, query.limit, _KEY, PaymentOfUser.of)


@router.get("/revenue")
async def list_revenue(
    query: Annotated[RevenueQuery, Query()], administrator: Administrator, db: Db
) -> Page[RevenueOfDay]:
    """The days on which money moved in a currency, the first one first."""
    until = query.until or db.now().date()
    rows = await payments.list_revenue(
        db,
        query.currency,
        since=query.since or until - timedelta(days=29),
        until=until,
        after=row_of(query.cursor, Revenue, _DAY),
        limit=query.limit,
    )
    return page(rows, query.limit, _DAY, RevenueOfDay.of)


@router.get("/{payment_id}")
async def show(payment_id: UUID, administrator: Administrator, db: Db) -> PaymentOfUser:
    return PaymentOfUser.of(await payments.get_payment(db, payment_id))


@router.post("/{payment_id}/authorize")
async def authorize(payment_id: UUID, given: Authorization, administrator: Administrator, db: Db) -> PaymentOfUser:
    """The provider has reserved the amount. Repeating it changes nothing."""
    reference = given.provider_reference
    return PaymentOfUser.of(await payments.authorize_payment(db, payment_id, provider_reference=reference))


@router.post("/{payment_id}/fail")
async def fail(payment_id: UUID, given: Failure, administrator: Administrator, db: Db) -> PaymentOfUser:
    """The provider has refused the payment. Repeating it changes nothing."""
    return PaymentOfUser.of(await payments.fail_payment(db, payment_id, failure_code=given.failure_code))


@router.post("/{payment_id}/cancel")
async def cancel(payment_id: UUID, administrator: Administrator, db: Db) -> PaymentOfUser:
    return PaymentOfUser.of(await payments.cancel_payment(db, payment_id))


@router.post("/{payment_id}/captures")
async def capture(payment_id: UUID, given: Amount, administrator: Administrator, db: Db) -> BookedAmount:
    """Take an amount of an authorised payment, together never more than the payment."""
    return BookedAmount.of(await payments.capture(db, payment_id, capture_id=given.id, amount=given.amount))


@router.post("/{payment_id}/refunds")
async def refund(payment_id: UUID, given: Amount, administrator: Administrator, db: Db) -> BookedAmount:
    """Give an amount back, together never more than was captured."""
    return BookedAmount.of(await payments.refund(db, payment_id, refund_id=given.id, amount=given.amount))


@router.post("/{payment_id}/dispute")
async def dispute(payment_id: UUID, administrator: Administrator, db: Db) -> PaymentOfUser:
    """The payer disputes what is left. Until the dispute ends, nothing is captured or refunded."""
    return PaymentOfUser.of(await payments.dispute_payment(db, payment_id))


@router.post("/{payment_id}/dispute/win")
async def win_dispute(payment_id: UUID, administrator: Administrator, db: Db) -> PaymentOfUser:
    return PaymentOfUser.of(await payments.win_dispute(db, payment_id))


@router.post("/{payment_id}/dispute/lose")
async def lose_dispute(payment_id: UUID, given: Amount, administrator: Administrator, db: Db) -> PaymentOfUser:
    """All that is left goes back to the payer."""
    await payments.lose_dispute(db, payment_id, refund_id=given.id)
    return PaymentOfUser.of(await payments.get_payment(db, payment_id))
