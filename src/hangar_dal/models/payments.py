"""Payments, what was captured and refunded of them, and revenue. Amounts are minor units of a currency."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Currency, Label, PlainName, Row
from hangar_dal.values import JsonObject, uuid7


class PaymentStatus(StrEnum):
    """A payment that is CAPTURED or later may have been captured in part, and may be captured again."""

    CREATED = "CREATED"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    DISPUTED = "DISPUTED"


class NewPayment(Row):
    """A payment to create. `provider_reference` is the provider's name for it, `reference` an object such as an order.

    Neither is a text of 14 to 19 digits: that may be a card number.
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
    """A payment. `captured` and `refunded` are sums."""

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
        """The payment as it was before its captures, for an import of both."""
        status = self.status if self.captured == 0 else PaymentStatus.AUTHORIZED
        fields = {name: getattr(self, name) for name in ImportedPayment.model_fields}
        return ImportedPayment(**{**fields, "status": status})


class ImportedPayment(NewPayment):
    """A payment of which nothing is captured yet."""

    status: PaymentStatus
    failure_code: str | None
    created_at: datetime
    updated_at: datetime


class Capture(Row):
    """An amount that was taken of a payment."""

    id: UUID
    payment_id: UUID
    amount: Amount
    created_at: datetime


class Refund(Row):
    """An amount that was given back; of a disputed payment, all that was left."""

    id: UUID
    payment_id: UUID
    amount: Amount
    created_at: datetime


class Revenue(Row):
    """What was captured and refunded on a day in UTC."""

    currency: Currency
    day: date
    captured: int
    refunded: int

    @property
    def net(self) -> int:
        """Captured less refunded."""
        return self.captured - self.refunded


class WrongRevenue(Row):
    """A day whose sums are not those of its rows: somebody has changed them past their triggers."""

    currency: Currency
    day: date
    captured: int
    refunded: int
    rows_captured: int
    rows_refunded: int
