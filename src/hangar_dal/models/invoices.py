"""Invoices with lines and recipients. Amounts are in minor units of a currency, such as cents."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Currency, Label, LongText, Row, ShortText
from hangar_dal.values import JsonObject, uuid7

UnitAmount = Annotated[int, Field(ge=-(10**12), le=10**12)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]


class InvoiceStatus(StrEnum):
    """A DRAFT has no number and can be changed. PAID and VOID are final; UNCOLLECTIBLE can still be paid."""

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    PAID = "PAID"
    VOID = "VOID"
    UNCOLLECTIBLE = "UNCOLLECTIBLE"


class NewInvoiceLine(Row):
    """A line of an invoice. A negative amount is a credit; a tax rate of 1900 is 19 %."""

    description: LongText
    quantity: Quantity = 1
    unit_amount: UnitAmount
    tax_rate: BasisPoints = 0

    @property
    def amount(self) -> int:
        """The amount without tax."""
        return self.quantity * self.unit_amount

    @property
    def tax(self) -> int:
        """The tax of the line, rounded to the nearest minor unit, halves away from zero."""
        tax = (abs(self.amount) * self.tax_rate + 5000) // 10_000
        return -tax if self.amount < 0 else tax


class NewRecipient(Row):
    """The name and address of the recipient of an invoice. Deleted together with the customer."""

    name: Label
    address: LongText
    tax_number: ShortText | None = None


class NewInvoice(Row):
    """An invoice to draft. `seller` is a short name such as `de`.

    With a subscription, it is the invoice for one period.
    """

    id: UUID = Field(default_factory=uuid7)
    seller: ShortText
    customer_id: UUID
    currency: Currency
    subscription_id: UUID | None = None
    period_number: int | None = None
    metadata: JsonObject = Field(default_factory=dict)
    recipient: NewRecipient | None = None
    lines: list[NewInvoiceLine] = Field(default_factory=list, max_length=1000)


class InvoiceEntry(Row):
    """The columns of the invoices table for a new invoice."""

    id: UUID
    seller: ShortText
    customer_id: UUID
    currency: Currency
    subscription_id: UUID | None
    period_number: int | None
    metadata: JsonObject


class InvoiceLine(Row):
    """A stored line of an invoice."""

    invoice_id: UUID
    position: int
    description: str
    quantity: int
    unit_amount: int
    amount: int
    tax_rate: int
    tax: int


class InvoiceRecipient(Row):
    """The stored recipient of an invoice."""

    invoice_id: UUID
    user_id: UUID
    name: str
    address: str
    tax_number: str | None


class Invoice(Row):
    """An invoice. `net` and `tax` are the totals of its lines; `total` is their sum. An issued invoice has a number."""

    id: UUID
    seller: str
    customer_id: UUID | None
    status: InvoiceStatus
    currency: Currency
    net: int
    tax: int
    total: int
    year: int | None
    number: int | None
    subscription_id: UUID | None
    period_number: int | None
    payment_id: UUID | None
    issued_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    metadata: JsonObject
    created_at: datetime


class InvoiceDocument(Invoice):
    """An invoice with its lines and its recipient. The recipient is None if the customer was deleted."""

    recipient_name: str | None
    recipient_address: str | None
    recipient_tax_number: str | None
    lines: list[InvoiceLine]
