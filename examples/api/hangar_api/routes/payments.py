"""Payments of the user who is signed in. What the provider answers is said by the routes of the cashiers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, status
from pydantic import BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db
from hangar_api.schemas import Request
from hangar_dal import Executor, Transaction, idempotency_keys, payment_methods, payments, uuid7
from hangar_dal.errors import InvalidValue, NotFound
from hangar_dal.idempotency_keys import Answer
from hangar_dal.payments import Capture, NewPayment, Payment, PaymentStatus, Refund

router = APIRouter(prefix="/me/payments", tags=["payments"])
_KEY = ("created_at", "id")


class CreatedPayment(Request):
    """Without `payment_method_id`, the default of the user is taken.

    `id` is for clients that repeat a request whose answer was lost: the same id makes one payment. `reference` names
    what is paid for.
    """

    id: UUID = Field(default_factory=uuid7)
    payment_method_id: UUID | None = None
    amount: int
    currency: str
    reference: str | None = None


class PaymentResponse(BaseModel):
    """Amounts are minor units of the currency, such as cents."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    payment_method_id: UUID | None
    provider: str
    reference: str | None
    amount: int
    currency: str
    captured: int
    refunded: int
    status: PaymentStatus
    failure_code: str | None
    disputed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, payment: Payment) -> "PaymentResponse":
        return cls.model_validate(payment)


class BookedAmount(BaseModel):
    """What was captured or refunded."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    payment_id: UUID
    amount: int
    created_at: datetime

    @classmethod
    def of(cls, row: Capture | Refund) -> "BookedAmount":
        return cls.model_validate(row)


class PaymentsQuery(Request):
    status: PaymentStatus | None = None
    cursor: Cursor = None
    limit: Limit = 50


@router.post("", status_code=status.HTTP_201_CREATED)
async def create(
    given: CreatedPayment,
    current: Current,
    db: Db,
    idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
) -> PaymentResponse:
    """Begin a payment. Sent again with the same `Idempotency-Key`, or the same `id`, it is one payment."""

    async def work(tx: Transaction) -> Answer:
        payment = await _begun(tx, given, current.user.id)
        return Answer(status=201, body=PaymentResponse.of(payment).model_dump(mode="json"))

    if idempotency_key is None:
        answer = await db.in_transaction(work)
    else:
        scope, request = f"payments:{current.user.id}", given.model_dump(mode="json", exclude_unset=True)
        answer = await idempotency_keys.run(db, scope, idempotency_key, request, work, user_id=current.user.id)
    return PaymentResponse.model_validate(answer.body)


@router.get("")
async def list_mine(query: Annotated[PaymentsQuery, Query()], current: Current, db: Db) -> Page[PaymentResponse]:
    """The newest first."""
    after = row_of(query.cursor, Payment, _KEY)
    rows = await payments.list_payments_of_payer(
        db, current.user.id, status=query.status, after=after, limit=query.limit
    )
    return page(rows, query.limit, _KEY, PaymentResponse.of)


@router.get("/{payment_id}")
async def show(payment_id: UUID, current: Current, db: Db) -> PaymentResponse:
    return PaymentResponse.of(await _get_own(db, payment_id, current.user.id))


@router.get("/{payment_id}/captures")
async def list_captures(
    payment_id: UUID, current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[BookedAmount]:
    """The oldest first."""
    await _get_own(db, payment_id, current.user.id)
    rows = await payments.list_captures(db, payment_id, after=row_of(cursor, Capture, _KEY), limit=limit)
    return page(rows, limit, _KEY, BookedAmount.of)


@router.get("/{payment_id}/refunds")
async def list_refunds(
    payment_id: UUID, current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[BookedAmount]:
    """The oldest first."""
    await _get_own(db, payment_id, current.user.id)
    rows = await payments.list_refunds(db, payment_id, after=row_of(cursor, Refund, _KEY), limit=limit)
    return page(rows, limit, _KEY, BookedAmount.of)


@router.post("/{payment_id}/cancel")
async def cancel(payment_id: UUID, current: Current, db: Db) -> PaymentResponse:
    """End a payment of which nothing is captured yet. Repeating it changes nothing."""

    async def work(tx: Transaction) -> Payment:
        await _get_own(tx, payment_id, current.user.id)
        return await payments.cancel_payment(tx, payment_id)

    return PaymentResponse.of(await db.in_transaction(work))


async def _begun(tx: Transaction, given: CreatedPayment, user_id: UUID) -> Payment:
    if given.payment_method_id is None:
        method = await payment_methods.find_default_payment_method(tx, user_id)
        if method is None:
            raise InvalidValue("payment_method_id: the user has no default method; name one")
    else:
        method = await payment_methods.get_payment_method(tx, given.payment_method_id)
        if method.user_id != user_id:
            raise NotFound("the user has no such payment method")
    fields: dict[str, Any] = given.model_dump() | {"payer_id": user_id, "payment_method_id": method.id}
    payment = await payments.create_payment(tx, NewPayment(provider=method.provider, **fields))
    return _own(payment, user_id)


async def _get_own(db: Executor, payment_id: UUID, user_id: UUID) -> Payment:
    return _own(await payments.get_payment(db, payment_id), user_id)


def _own(payment: Payment, user_id: UUID) -> Payment:
    """A payment of somebody else is not found, even by its id."""
    if payment.payer_id != user_id:
        raise NotFound("the user has no such payment")
    return payment
