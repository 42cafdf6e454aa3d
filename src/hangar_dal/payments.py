"""Payments, and what is captured, refunded and disputed of them; revenue per day and currency.

`from hangar_dal import payments`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from hangar_dal.batching import batches
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
    """Store a payment; None if its id or its reference is taken. `create_payment` says which."""
    ...


@query
async def insert_payments(db: Executor, rows: list[ImportedPayment]) -> RowCount:
    """Store many in one statement, leaving out those that are there; `import_payments` makes the batches."""
    ...


@query
async def get_payment(db: Executor, payment_id: UUID) -> Payment:
    """The payment with this id."""
    ...


@query
async def find_payment(db: Executor, *, provider: PlainName, provider_reference: Label) -> Payment | None:
    """The payment that a provider calls so, if there is one."""
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
    """A page of the payments of a user, the newest first."""
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
    """A page of the payments with a status, the oldest first."""
    ...


@query
async def list_payments_of_reference(
    db: Executor, reference: Label, *, after: Payment | None = None, limit: PageSize = 50
) -> list[Payment]:
    """A page of the payments for an object of the application, the oldest first."""
    ...


@query
async def set_authorized(db: Executor, payment_id: UUID, *, provider_reference: Label) -> Payment | None:
    """Make a payment AUTHORIZED; None if another one has the reference. For `authorize_payment`."""
    ...


@query
async def fail_payment(db: Executor, payment_id: UUID, *, failure_code: ShortText | None = None) -> Payment:
    """End a payment that the provider refused. Repeating it changes nothing. `TriggerViolation` once it is captured."""
    ...


@query
async def cancel_payment(db: Executor, payment_id: UUID) -> Payment:
    """End a payment that is not wanted. Repeating it changes nothing. `TriggerViolation` once it is captured."""
    ...


@query
async def dispute_payment(db: Executor, payment_id: UUID) -> Payment:
    """Say that the payer disputes what is left. Nothing is captured or refunded until the dispute ends."""
    ...


@query
async def win_dispute(db: Executor, payment_id: UUID) -> Payment:
    """Return a disputed payment to where it came from. `NotFound` if it was never disputed."""
    ...


@query
async def insert_capture(
    db: Executor, payment_id: UUID, *, capture_id: UUID, amount: Amount | None = None
) -> Capture | None:
    """Store a capture; None if its id is taken or there is no such payment. `capture` says which."""
    ...


@query
async def insert_captures(db: Executor, rows: list[Capture]) -> RowCount:
    """Store many in one statement, leaving out those that are there; `import_payments` makes the batches."""
    ...


@query
async def find_capture(db: Executor, capture_id: UUID) -> Capture | None:
    """The capture with this id, if there is one."""
    ...


@query
async def list_captures(
    db: Executor, payment_id: UUID, *, after: Capture | None = None, limit: PageSize = 50
) -> list[Capture]:
    """A page of the captures of a payment, the oldest first."""
    ...


@query
def stream_captures(db: Executor) -> Stream[Capture]:
    """All captures, by id, for an export."""
    ...


@query
def stream_captures_of_payer(db: Executor, payer_id: UUID) -> Stream[Capture]:
    """The captures of the payments of a user, the oldest first, for an export."""
    ...


@query
async def insert_refund(
    db: Executor, payment_id: UUID, *, refund_id: UUID, amount: Amount | None = None
) -> Refund | None:
    """Store a refund; None if its id is taken or there is no such payment. `refund` says which."""
    ...


@query
async def insert_refunds(db: Executor, rows: list[Refund]) -> RowCount:
    """Store many in one statement, leaving out those that are there; `import_payments` makes the batches."""
    ...


@query
async def find_refund(db: Executor, refund_id: UUID) -> Refund | None:
    """The refund with this id, if there is one."""
    ...


@query
async def list_refunds(
    db: Executor, payment_id: UUID, *, after: Refund | None = None, limit: PageSize = 50
) -> list[Refund]:
    """A page of the refunds of a payment, the oldest first."""
    ...


@query
def stream_refunds(db: Executor) -> Stream[Refund]:
    """All refunds, by id, for an export."""
    ...


@query
def stream_refunds_of_payer(db: Executor, payer_id: UUID) -> Stream[Refund]:
    """The refunds of the payments of a user, the oldest first, for an export."""
    ...


@query
async def list_revenue(
    db: Executor, currency: Currency, *, since: date, until: date, after: Revenue | None = None, limit: PageSize = 50
) -> list[Revenue]:
    """A page of the days (UTC, both ends included) on which money moved in a currency, the first one first."""
    ...


@query
async def list_wrong_revenue(db: Executor) -> list[WrongRevenue]:
    """The days whose sums are not those of their rows: none, unless somebody went past the triggers."""
    ...


@query
def stream_payments(db: Executor) -> Stream[Payment]:
    """All payments, by id, for an export."""
    ...


@query
def stream_payments_of_payer(db: Executor, payer_id: UUID) -> Stream[Payment]:
    """The payments of a user, the oldest first, for an export."""
    ...


@query
async def move_payments(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the payments of one user to another."""
    ...


async def create_payment(db: Executor, new: NewPayment) -> Payment:
    """Create a payment. Repeating it with the same id returns the payment as it is now.

    `UniqueViolation` if another one has the id or the reference; `TriggerViolation` if the method is not the payer's.
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
    """Make a payment AUTHORIZED; `UniqueViolation` if another has the reference. Repeating it changes nothing."""
    if payment := await set_authorized(db, payment_id, provider_reference=provider_reference):
        return payment
    await get_payment(db, payment_id)
    raise UniqueViolation("payments: another payment has this reference", constraint=_REFERENCE)


async def capture(db: Executor, payment_id: UUID, *, capture_id: UUID, amount: Amount | None = None) -> Capture:
    """Take an amount of an authorised payment, or all that is left. Repeating it with the same id changes nothing."""
    row = await insert_capture(db, payment_id, capture_id=capture_id, amount=amount)
    return row or _same(await find_capture(db, capture_id), payment_id, amount)


async def refund(db: Executor, payment_id: UUID, *, refund_id: UUID, amount: Amount | None = None) -> Refund:
    """Give an amount back, or all that is left of what was captured. Repeating it with the same id changes nothing."""
    row = await insert_refund(db, payment_id, refund_id=refund_id, amount=amount)
    return row or _same(await find_refund(db, refund_id), payment_id, amount)


async def lose_dispute(db: Executor, payment_id: UUID, *, refund_id: UUID) -> Refund:
    """Refund all that is left of a disputed payment. It is disputed first, if it is not. Repeating changes nothing."""
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
    """Store what the streams gave, in batches, all or none; returns how many are new. Disputes have to begin again."""
    async with atomic(db) as tx:
        new = [await insert_payments(tx, batch) for batch in batches((each.uncaptured() for each in rows), batch_size)]
        new += [await insert_captures(tx, batch) for batch in batches(captures, batch_size)]
        new += [await insert_refunds(tx, batch) for batch in batches(refunds, batch_size)]
    return sum(new)


def _same(row: T | None, payment_id: UUID, amount: int | None) -> T:
    """What an earlier call with this id has stored."""
    if row is None:
        raise NotFound("payments: there is no payment with this id")
    if row.payment_id != payment_id or amount not in (None, row.amount):
        raise UniqueViolation(f"{type(row).__name__}: another one has this id", constraint=_KEYS[type(row)])
    return row
