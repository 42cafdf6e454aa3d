"""Payments, captures, refunds and revenue. Amounts are in minor units of a currency, such as cents."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Currency, Label, PlainName, Row
from hangar_dal.values import JsonObject, uuid7


class PaymentStatus(StrEnum):
    """A payment that is CAPTURED or later may be captured only in part, and can be captured again."""

    CREATED = "CREATED"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    DISPUTED = "DISPUTED"


class NewPayment(Row):
    """A payment to create.

    `provider_reference` is the provider's id, `reference` an application object such as an order. Both must not be 14
    to 19 digits, because that may be a card number.
    """

    id: UUID = Field(default_factory=uuid7)
    payer_id: UUID | None = None
    payment_method_id: UUID | None = None
    provider: PlainName
    provider_reference: Label | None = None
    reference: Label | None = None
    amount: Amount
    currency: Currency
    metadata: JsonObject = Field(default_factory=dict)


class Payment(Row):
    """A payment. `captured` and `refunded` are the totals of its captures and refunds."""

    id: UUID
    payer_id: UUID | None
    payment_method_id: UUID | None
    provider: str
    provider_reference: str | None
    reference: str | None
    amount: Amount
    currency: Currency
    captured: int
    refunded: int
    status: PaymentStatus
    failure_code: str | None
    metadata: JsonObject
    disputed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    def uncaptured(self) -> "ImportedPayment":
        """Return the payment as before its captures, to import the payment and the captures separately."""
        status = self.status if self.captured == 0 else PaymentStatus.AUTHORIZED
        fields = {name: getattr(self, name) for name in ImportedPayment.model_fields}
        return ImportedPayment(**{**fields, "status": status})


class ImportedPayment(NewPayment):
    """A payment to import, before its captures."""

    status: PaymentStatus
    failure_code: str | None
    created_at: datetime
    updated_at: datetime


class Capture(Row):
    """A captured amount of a payment."""

    id: UUID
    payment_id: UUID
    amount: Amount
    created_at: datetime


class Refund(Row):
    """A refunded amount of a payment. For a disputed payment, it is the whole rest."""

    id: UUID
    payment_id: UUID
    amount: Amount
    created_at: datetime


class Revenue(Row):
    """The captured and refunded amounts of a day (UTC) in a currency."""

    currency: Currency
    day: date
    captured: int
    refunded: int

    @property
    def net(self) -> int:
        """Captured minus refunded."""
        return self.captured - self.refunded


class WrongRevenue(Row):
    """A day whose totals differ from its rows, because triggers were bypassed."""

    currency: Currency
    day: date
    captured: int
    refunded: int
    rows_captured: int
    rows_refunded: int
