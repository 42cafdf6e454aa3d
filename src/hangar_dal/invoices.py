"""Invoices with lines: drafts, issue under gapless numbers, payment, voiding and write-off.

`from hangar_dal import invoices`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import NotFound, UniqueViolation
from hangar_dal.models.invoices import Invoice as Invoice
from hangar_dal.models.invoices import InvoiceDocument as InvoiceDocument
from hangar_dal.models.invoices import InvoiceEntry
from hangar_dal.models.invoices import InvoiceLine as InvoiceLine
from hangar_dal.models.invoices import InvoiceRecipient as InvoiceRecipient
from hangar_dal.models.invoices import InvoiceStatus as InvoiceStatus
from hangar_dal.models.invoices import NewInvoice as NewInvoice
from hangar_dal.models.invoices import NewInvoiceLine as NewInvoiceLine
from hangar_dal.models.invoices import NewRecipient as NewRecipient
from hangar_dal.models.row import BatchSize, PageSize, ShortText
from hangar_dal.query import RowCount, Stream

query = COMMERCE.query

_FIXED: Final = ("seller", "customer_id", "currency", "subscription_id", "period_number")


@query
async def insert_invoices(db: Executor, rows: list[InvoiceEntry]) -> list[Invoice]:
    """Store drafts without lines in one statement, except for taken ids and periods that have an invoice."""
    ...


@query
async def insert_lines(db: Executor, rows: list[InvoiceLine]) -> RowCount:
    """Store lines of drafts in one statement."""
    ...


@query
async def insert_recipients(db: Executor, rows: list[InvoiceRecipient]) -> RowCount:
    """Store the recipients of drafts in one statement."""
    ...


@query
async def get_invoice(db: Executor, invoice_id: UUID) -> Invoice:
    """Return the invoice with this id. Raises `NotFound` if there is none."""
    ...


@query
async def lock_invoice(db: Executor, invoice_id: UUID) -> Invoice:
    """Return the invoice with this id and lock it, so that other transactions cannot change it."""
    ...


@query
async def get_invoice_document(db: Executor, invoice_id: UUID) -> InvoiceDocument:
    """Return the invoice with this id, its lines and its recipient, in one statement."""
    ...


@query
async def find_invoice_by_number(db: Executor, *, seller: ShortText, year: int, number: int) -> Invoice | None:
    """Return the invoice that a seller issued under this number; None if there is none."""
    ...


@query
async def find_invoice_of_period(db: Executor, *, subscription_id: UUID, period_number: int) -> Invoice | None:
    """Return the invoice for a period of a subscription that is not VOID; None if there is none."""
    ...


@query
async def find_last_recipient(db: Executor, subscription_id: UUID) -> NewRecipient | None:
    """Return the recipient of the last invoice of a subscription; None if it has none."""
    ...


@query
async def list_invoices(
    db: Executor, status: InvoiceStatus, *, after: Invoice | None = None, limit: PageSize = 50
) -> list[Invoice]:
    """Return a page of the invoices with this status, newest first."""
    ...


@query
async def list_invoices_of_customer(
    db: Executor, customer_id: UUID, *, after: Invoice | None = None, limit: PageSize = 50
) -> list[Invoice]:
    """Return a page of the invoices of a customer, newest first."""
    ...


@query
async def list_invoices_of_seller(
    db: Executor, seller: ShortText, year: int, *, after: Invoice | None = None, limit: PageSize = 50
) -> list[Invoice]:
    """Return a page of the invoices that a seller issued in a year (UTC), highest number first."""
    ...


@query
async def list_overdue_invoices(db: Executor, *, after: Invoice | None = None, limit: PageSize = 50) -> list[Invoice]:
    """Return a page of the OPEN invoices whose `due_at` has passed, longest overdue first."""
    ...


@query
async def take_number(db: Executor, *, seller: ShortText, year: int) -> int:
    """Return the next invoice number of a seller and year. Other callers wait for this transaction.

    Used by `issue_invoice`.
    """
    ...


@query
async def number_invoice(
    db: Executor, invoice_id: UUID, *, year: int, number: int, issued_at: datetime, due_at: datetime
) -> Invoice:
    """Turn a draft into an OPEN invoice with this number. Used by `issue_invoice`."""
    ...


@query
async def set_paid(db: Executor, invoice_id: UUID, *, payment_id: UUID | None) -> Invoice | None:
    """Set an invoice to PAID; None if the payment has paid another invoice. Used by `pay_invoice`."""
    ...


@query
async def void_invoice(db: Executor, invoice_id: UUID) -> Invoice:
    """Set an invoice to VOID. It keeps its number, and its period may get another invoice."""
    ...


@query
async def give_up_invoice(db: Executor, invoice_id: UUID) -> Invoice:
    """Set an invoice to UNCOLLECTIBLE, because payment is not expected. Repeating the call changes nothing."""
    ...


@query
async def delete_lines(db: Executor, invoice_id: UUID) -> RowCount:
    """Delete all lines of a draft. Used by `replace_lines`."""
    ...


@query
async def delete_draft(db: Executor, invoice_id: UUID) -> RowCount:
    """Delete a draft with its lines; 0 if there is none. Raises `TriggerViolation` if the invoice is issued."""
    ...


@query
def stream_invoices(db: Executor) -> Stream[Invoice]:
    """Stream all invoices, ordered by id, for an export."""
    ...


@query
def stream_invoices_of_customer(db: Executor, customer_id: UUID) -> Stream[Invoice]:
    """Stream the invoices of a customer, oldest first, for an export."""
    ...


@query
def stream_lines_of_customer(db: Executor, customer_id: UUID) -> Stream[InvoiceLine]:
    """Stream the lines of the invoices of a customer, for an export."""
    ...


@query
def stream_recipients_of_user(db: Executor, user_id: UUID) -> Stream[InvoiceRecipient]:
    """Stream the recipients of the invoices of a user, for an export."""
    ...


@query
async def move_invoices(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the invoices of the user `merged` to the user `kept`."""
    ...


@query
async def move_recipients(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the recipients of the user `merged` to the user `kept`."""
    ...


async def create_invoice(db: Executor, new: NewInvoice) -> Invoice:
    """Draft an invoice with its lines and its recipient. Repeating the call with the same id returns the invoice.

    Raises `UniqueViolation` if another invoice has the id or the period of the subscription has an invoice.
    """
    async with atomic(db) as tx:
        if await _drafted(tx, [new]):
            return await get_invoice(tx, new.id)
        try:
            found = await get_invoice(tx, new.id)
        except NotFound:
            raise UniqueViolation(
                "invoices: the period already has an invoice", constraint="invoices_period_key"
            ) from None
    if any(getattr(found, name) != getattr(new, name) for name in _FIXED):
        raise UniqueViolation("invoices: another invoice has this id", constraint="invoices_pkey")
    return found


async def import_invoices(db: Executor, rows: Iterable[NewInvoice], *, batch_size: BatchSize = 500) -> int:
    """Draft invoices in batches, all or none, except those that exist; return how many were stored.

    They have no number.
    """
    return sum(await store_in_batches(db, _drafted, rows, batch_size, key=lambda new: new.id))


async def replace_lines(db: Executor, invoice_id: UUID, lines: list[NewInvoiceLine]) -> Invoice:
    """Replace the lines of a draft. Raises `TriggerViolation` if the invoice is issued."""
    async with atomic(db) as tx:
        await lock_invoice(tx, invoice_id)
        await delete_lines(tx, invoice_id)
        await insert_lines(tx, _lines(invoice_id, lines))
        return await get_invoice(tx, invoice_id)


async def issue_invoice(db: Executor, invoice_id: UUID, *, due_at: datetime) -> Invoice:
    """Turn a draft into an OPEN invoice with the next number of its seller and the current year (UTC).

    Repeating the call returns the invoice. Other calls for the same seller wait until this transaction ends, so issue
    at the end of a long transaction. A rollback leaves no gap.
    """
    async with atomic(db) as tx:
        draft = await lock_invoice(tx, invoice_id)
        if draft.status is not InvoiceStatus.DRAFT:
            return draft
        now = tx.now()
        number = await take_number(tx, seller=draft.seller, year=now.year)
        return await number_invoice(tx, invoice_id, year=now.year, number=number, issued_at=now, due_at=due_at)


async def pay_invoice(db: Executor, invoice_id: UUID, *, payment_id: UUID | None = None) -> Invoice:
    """Set an OPEN or UNCOLLECTIBLE invoice to PAID. Repeating the call changes nothing.

    Raises `UniqueViolation` if another payment has paid it or the payment has paid another invoice.
    """
    invoice = await set_paid(db, invoice_id, payment_id=payment_id)
    if invoice is None:
        await get_invoice(db, invoice_id)
        raise UniqueViolation(
            "invoices: the payment has already paid another invoice", constraint="invoices_payment_id_key"
        )
    if invoice.payment_id != payment_id:
        raise UniqueViolation(
            "invoices: another payment has already paid the invoice", constraint="invoices_payment_id_key"
        )
    return invoice


async def _drafted(db: Executor, rows: list[NewInvoice]) -> int:
    """Store the new invoices with their lines and recipients; return how many."""
    entries = [InvoiceEntry(**new.model_dump(include=set(InvoiceEntry.model_fields))) for new in rows]
    stored = {invoice.id for invoice in await insert_invoices(db, entries)}
    made = [new for new in rows if new.id in stored]
    await insert_lines(db, [line for new in made for line in _lines(new.id, new.lines)])
    recipients = [
        InvoiceRecipient(invoice_id=new.id, user_id=new.customer_id, **new.recipient.model_dump())
        for new in made
        if new.recipient is not None
    ]
    await insert_recipients(db, recipients)
    return len(stored)


def _lines(invoice_id: UUID, lines: list[NewInvoiceLine]) -> list[InvoiceLine]:
    return [
        InvoiceLine(invoice_id=invoice_id, position=position, amount=line.amount, tax=line.tax, **line.model_dump())
        for position, line in enumerate(lines, start=1)
    ]
