"""Payments with captures, refunds and disputes; revenue per day and currency.

`from hangar_dal import payments`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from hangar_dal.batching import store_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import NotFound, UniqueViolation
from hangar_dal.models.payments import Capture as Capture
from hangar_dal.models.payments import ImportedPayment
from hangar_dal.models.payments import NewPayment as NewPayment
from hangar_dal.models.payments import Payment as Payment
from hangar_dal.models.payments import PaymentStatus as PaymentStatus
from hangar_dal.models.payments import Refund as Refund
from hangar_dal.models.payments import Revenue as Revenue
from hangar_dal.models.payments import WrongRevenue as WrongRevenue
from hangar_dal.models.row import Amount, Currency, Label, PageSize, PlainName, ShortText
from hangar_dal.query import RowCount, Stream

query = COMMERCE.query
T = TypeVar("T", Capture, Refund)
_FIXED: Final = ("provider", "reference", "amount", "currency", "metadata")
_REFERENCE: Final = "payments_provider_provider_reference_key"
_KEYS: Final = {Capture: "payment_captures_pkey", Refund: "payment_refunds_pkey"}


@query
async def insert_payment(db: Executor, new: NewPayment) -> Payment | None:
    """Store a payment; None if its id or its reference is taken. Used by `create_payment`."""
    ...


@query
async def insert_payments(db: Executor, rows: list[ImportedPayment]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_payments`."""
    ...


@query
async def get_payment(db: Executor, payment_id: UUID) -> Payment:
    """Return the payment with this id. Raises `NotFound` if there is none."""
    ...


@query
async def find_payment(db: Executor, *, provider: PlainName, provider_reference: Label) -> Payment | None:
    """Return the payment with this reference of the provider; None if there is none."""
    ...


@query
async def list_payments_of_payer(
    db: Executor,
    payer_id: UUID,
    *,
    status: PaymentStatus | None = None,
    after: Payment | None = None,
    limit: PageSize = 50,
) -> list[Payment]:
    """Return a page of the payments of a user, newest first."""
    ...


@query
async def list_payments_with_status(
    db: Executor,
    status: PaymentStatus,
    *,
    created_before: datetime | None = None,
    after: Payment | None = None,
    limit: PageSize = 50,
) -> list[Payment]:
    """Return a page of the payments with a status, oldest first."""
    ...


@query
async def list_payments_of_reference(
    db: Executor, reference: Label, *, after: Payment | None = None, limit: PageSize = 50
) -> list[Payment]:
    """Return a page of the payments with this reference to an application object, oldest first."""
    ...


@query
async def set_authorized(db: Executor, payment_id: UUID, *, provider_reference: Label) -> Payment | None:
    """Set a payment to AUTHORIZED; None if another payment has the reference. Used by `authorize_payment`."""
    ...


@query
async def fail_payment(db: Executor, payment_id: UUID, *, failure_code: ShortText | None = None) -> Payment:
    """Set a payment to FAILED. A repeated call changes nothing. Raises `TriggerViolation` if it is captured."""
    ...


@query
async def cancel_payment(db: Executor, payment_id: UUID) -> Payment:
    """Set a payment to CANCELLED. A repeated call changes nothing. Raises `TriggerViolation` if it is captured."""
    ...


@query
async def dispute_payment(db: Executor, payment_id: UUID) -> Payment:
    """Set a payment to DISPUTED. It cannot be captured or refunded in part until the dispute ends."""
    ...


@query
async def win_dispute(db: Executor, payment_id: UUID) -> Payment:
    """Return a disputed payment to its previous status. Raises `NotFound` if it was never disputed."""
    ...


@query
async def insert_capture(
    db: Executor, payment_id: UUID, *, capture_id: UUID, amount: Amount | None = None
) -> Capture | None:
    """Store a capture; None if its id is taken or there is no such payment. Used by `capture`."""
    ...


@query
async def insert_captures(db: Executor, rows: list[Capture]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_payments`."""
    ...


@query
async def find_capture(db: Executor, capture_id: UUID) -> Capture | None:
    """Return the capture with this id; None if there is none."""
    ...


@query
async def list_captures(
    db: Executor, payment_id: UUID, *, after: Capture | None = None, limit: PageSize = 50
) -> list[Capture]:
    """Return a page of the captures of a payment, oldest first."""
    ...


@query
def stream_captures(db: Executor) -> Stream[Capture]:
    """Stream all captures, ordered by id, for an export."""
    ...


@query
def stream_captures_of_payer(db: Executor, payer_id: UUID) -> Stream[Capture]:
    """Stream the captures of the payments of a user, oldest first, for an export."""
    ...


@query
async def insert_refund(
    db: Executor, payment_id: UUID, *, refund_id: UUID, amount: Amount | None = None
) -> Refund | None:
    """Store a refund; None if its id is taken or there is no such payment. Used by `refund`."""
    ...


@query
async def insert_refunds(db: Executor, rows: list[Refund]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_payments`."""
    ...


@query
async def find_refund(db: Executor, refund_id: UUID) -> Refund | None:
    """Return the refund with this id; None if there is none."""
    ...


@query
async def list_refunds(
    db: Executor, payment_id: UUID, *, after: Refund | None = None, limit: PageSize = 50
) -> list[Refund]:
    """Return a page of the refunds of a payment, oldest first."""
    ...


@query
def stream_refunds(db: Executor) -> Stream[Refund]:
    """Stream all refunds, ordered by id, for an export."""
    ...


@query
def stream_refunds_of_payer(db: Executor, payer_id: UUID) -> Stream[Refund]:
    """Stream the refunds of the payments of a user, oldest first, for an export."""
    ...


@query
async def list_revenue(
    db: Executor, currency: Currency, *, since: date, until: date, after: Revenue | None = None, limit: PageSize = 50
) -> list[Revenue]:
    """Return a page of the revenue per day (UTC) in a currency, `since` and `until` inclusive, earliest day first."""
    ...


@query
async def list_wrong_revenue(db: Executor) -> list[WrongRevenue]:
    """Return the days whose totals differ from their rows; empty unless triggers were bypassed."""
    ...


@query
def stream_payments(db: Executor) -> Stream[Payment]:
    """Stream all payments, ordered by id, for an export."""
    ...


@query
def stream_payments_of_payer(db: Executor, payer_id: UUID) -> Stream[Payment]:
    """Stream the payments of a user, oldest first, for an export."""
    ...


@query
async def move_payments(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the payments of the user `merged` to the user `kept`."""
    ...


async def create_payment(db: Executor, new: NewPayment) -> Payment:
    """Create a payment. Repeating the call with the same id returns the payment as it is now.

    Raises `UniqueViolation` if the id or reference is taken, `TriggerViolation` if the method is not the payer's.
    """
    if payment := await insert_payment(db, new):
        return payment
    try:
        payment = await get_payment(db, new.id)
    except NotFound:
        raise UniqueViolation("payments: another payment has this reference", constraint=_REFERENCE) from None
    if any(getattr(payment, name) != getattr(new, name) for name in _FIXED):
        raise UniqueViolation("payments: another payment has this id", constraint="payments_pkey")
    return payment


async def authorize_payment(db: Executor, payment_id: UUID, *, provider_reference: str) -> Payment:
    """Set a payment to AUTHORIZED. Can be repeated. Raises `UniqueViolation` if another payment has the reference."""
    if payment := await set_authorized(db, payment_id, provider_reference=provider_reference):
        return payment
    await get_payment(db, payment_id)
    raise UniqueViolation("payments: another payment has this reference", constraint=_REFERENCE)


async def capture(db: Executor, payment_id: UUID, *, capture_id: UUID, amount: Amount | None = None) -> Capture:
    """Capture an amount of an authorized payment, by default the rest. A repeated call with the id changes nothing."""
    row = await insert_capture(db, payment_id, capture_id=capture_id, amount=amount)
    return row or _same(await find_capture(db, capture_id), payment_id, amount)


async def refund(db: Executor, payment_id: UUID, *, refund_id: UUID, amount: Amount | None = None) -> Refund:
    """Refund an amount, by default the rest of what was captured. A repeated call with the same id changes nothing."""
    row = await insert_refund(db, payment_id, refund_id=refund_id, amount=amount)
    return row or _same(await find_refund(db, refund_id), payment_id, amount)


async def lose_dispute(db: Executor, payment_id: UUID, *, refund_id: UUID) -> Refund:
    """Refund the rest of a payment and set it to DISPUTED before, if it is not. A repeated call changes nothing."""
    async with atomic(db) as tx:
        if await find_refund(tx, refund_id) is None:
            await dispute_payment(tx, payment_id)
        return await refund(tx, payment_id, refund_id=refund_id)


async def import_payments(
    db: Executor,
    rows: Iterable[Payment] = (),
    *,
    captures: Iterable[Capture] = (),
    refunds: Iterable[Refund] = (),
    batch_size: int = 500,
) -> int:
    """Store the rows of the streams in batches, all or none; return how many are new. Disputes are not imported."""
    async with atomic(db) as tx:
        new = await store_batches(tx, insert_payments, (each.uncaptured() for each in rows), batch_size)
        new += await store_batches(tx, insert_captures, captures, batch_size)
        new += await store_batches(tx, insert_refunds, refunds, batch_size)
    return sum(new)


def _same(row: T | None, payment_id: UUID, amount: int | None) -> T:
    """Return the row that an earlier call with this id has stored."""
    if row is None:
        raise NotFound("payments: there is no payment with this id")
    if row.payment_id != payment_id or amount not in (None, row.amount):
        raise UniqueViolation(f"{type(row).__name__}: another one has this id", constraint=_KEYS[type(row)])
    return row
