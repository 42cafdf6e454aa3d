"""Invoices of the user who is signed in, paid from a wallet."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Configured, Current, Db
from hangar_api.routes.wallets import open_for
from hangar_api.schemas import Request
from hangar_dal import Executor, Transaction, invoices, ledger, uuid7
from hangar_dal.commerce import billing
from hangar_dal.errors import NotFound
from hangar_dal.invoices import Invoice, InvoiceDocument, InvoiceStatus
from hangar_dal.ledger import NewLedgerAccount

router = APIRouter(prefix="/me/invoices", tags=["invoices"])
_KEY = ("created_at", "id")


class InvoiceResponse(BaseModel):
    """A seller's numbers of a year have no gaps."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    seller: str
    year: int | None
    number: int | None
    status: InvoiceStatus
    currency: str
    net: int
    tax: int
    total: int
    subscription_id: UUID | None
    issued_at: datetime | None
    due_at: datetime | None

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceResponse":
        return cls.model_validate(invoice)


class LineResponse(BaseModel):
    """A tax rate of 1900 is 19 %."""

    model_config = ConfigDict(from_attributes=True)

    description: str
    quantity: int
    unit_amount: int
    amount: int
    tax_rate: int
    tax: int


class InvoiceDocumentResponse(InvoiceResponse):
    recipient_name: str | None
    recipient_address: str | None
    recipient_tax_number: str | None
    lines: list[LineResponse]

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceDocumentResponse":
        assert isinstance(invoice, InvoiceDocument)
        return cls.model_validate(invoice)


class Settlement(Request):
    """`transfer_id` is for a request that is repeated: the same transfer is booked once."""

    transfer_id: UUID = Field(default_factory=uuid7)


@router.get("")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[InvoiceResponse]:
    """The newest first."""
    after = row_of(cursor, Invoice, _KEY)
    rows = await invoices.list_invoices_of_customer(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _KEY, InvoiceResponse.of)


@router.get("/{invoice_id}")
async def show(invoice_id: UUID, current: Current, db: Db) -> InvoiceDocumentResponse:
    """With its lines and whom it is for."""
    return InvoiceDocumentResponse.of(_own(await invoices.get_invoice_document(db, invoice_id), current.user.id))


@router.post("/{invoice_id}/pay")
async def pay(invoice_id: UUID, given: Settlement, current: Current, db: Db, settings: Configured) -> InvoiceResponse:
    """From the user's wallet in the currency of the invoice. Repeating it changes nothing."""

    async def work(tx: Transaction) -> Invoice:
        invoice = _own(await invoices.get_invoice(tx, invoice_id), current.user.id)
        wallet = await open_for(tx, current.user.id, invoice.currency)
        return await billing.pay(
            tx,
            invoice_id,
            transfer_id=given.transfer_id,
            debit_account_id=wallet.id,
            credit_account_id=await _till(tx, invoice),
        )

    return InvoiceResponse.of(await db.in_transaction(work))


async def _till(db: Executor, invoice: Invoice) -> UUID:
    """The account of the seller that gets the money."""
    code = f"sales:{invoice.seller}:{invoice.currency}"
    new = NewLedgerAccount(code=code, kind="sales", currency=invoice.currency)
    return (await ledger.open_account(db, new)).id


def _own(invoice: Invoice, user_id: UUID) -> Invoice:
    if invoice.customer_id != user_id:
        raise NotFound("the user has no such invoice")
    return invoice
