"""Builders for the catalog COMMERCE: ledger accounts, transfers, plans, subscriptions and invoices."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.builders.building import built, id_of, numbers
from hangar_dal.models.invoices import BasisPoints, NewInvoice, NewInvoiceLine, NewRecipient, Quantity, UnitAmount
from hangar_dal.models.ledger import (
    LedgerAccount,
    NewHold,
    NewLedgerAccount,
    NewTransfer,
)
from hangar_dal.models.plans import IntervalCount, NewPlan, Plan
from hangar_dal.models.row import Amount, Currency, Label, LongText, Price, ShortText, TrialDays
from hangar_dal.models.subscriptions import NewSubscription
from hangar_dal.models.users import User
from hangar_dal.periods import IntervalUnit
from hangar_dal.values import JsonObject


class LedgerAccountFields(TypedDict, total=False):
    id: UUID
    code: Label | None
    kind: ShortText
    currency: Currency
    may_be_negative: bool
    metadata: JsonObject


class TransferFields(TypedDict, total=False):
    id: UUID
    amount: Amount
    currency: Currency
    reference: Label | None
    metadata: JsonObject


class HoldFields(TransferFields, total=False):
    expires_at: datetime | None


class PlanFields(TypedDict, total=False):
    id: UUID
    code: Label
    name: Label
    amount: Price
    currency: Currency
    interval_unit: IntervalUnit
    interval_count: IntervalCount
    trial_days: TrialDays
    metadata: JsonObject


class SubscriptionFields(TypedDict, total=False):
    id: UUID
    starts_at: datetime | None
    trial_days: TrialDays | None
    metadata: JsonObject


class InvoiceFields(TypedDict, total=False):
    id: UUID
    seller: ShortText
    currency: Currency
    subscription_id: UUID | None
    period_number: int | None
    metadata: JsonObject
    recipient: NewRecipient | None
    lines: list[NewInvoiceLine]


class InvoiceLineFields(TypedDict, total=False):
    description: LongText
    quantity: Quantity
    unit_amount: UnitAmount
    tax_rate: BasisPoints


class RecipientFields(TypedDict, total=False):
    name: Label
    address: LongText
    tax_number: ShortText | None


def ledger_account(owner: User | UUID | None = None, **fields: Unpack[LedgerAccountFields]) -> NewLedgerAccount:
    """A wallet in EUR that may not be negative."""
    owner_id = None if owner is None else id_of(owner)
    return built(NewLedgerAccount, fields, owner_id=owner_id, kind="wallet", currency="EUR")


def transfer(
    debit: LedgerAccount | UUID, credit: LedgerAccount | UUID, **fields: Unpack[TransferFields]
) -> NewTransfer:
    """A transfer of 100 EUR cents from the first account to the second."""
    return built(
        NewTransfer, fields, debit_account_id=id_of(debit), credit_account_id=id_of(credit), amount=100, currency="EUR"
    )


def hold(debit: LedgerAccount | UUID, credit: LedgerAccount | UUID, **fields: Unpack[HoldFields]) -> NewHold:
    """A hold of 100 EUR cents for the second account, without an expiry."""
    return built(
        NewHold, fields, debit_account_id=id_of(debit), credit_account_id=id_of(credit), amount=100, currency="EUR"
    )


def plan(**fields: Unpack[PlanFields]) -> NewPlan:
    """A plan of 3000 EUR cents per month, without a trial."""
    number = next(numbers)
    named = {"code": f"plan-{number}", "name": f"Plan {number}"}
    return built(NewPlan, fields, **named, amount=3000, currency="EUR", interval_unit=IntervalUnit.MONTH)


def subscription(user: User | UUID, plan: Plan | UUID, **fields: Unpack[SubscriptionFields]) -> NewSubscription:
    """A subscription that begins now, with the trial of its plan."""
    return built(NewSubscription, fields, user_id=id_of(user), plan_id=id_of(plan))


def invoice(customer: User | UUID, **fields: Unpack[InvoiceFields]) -> NewInvoice:
    """An invoice of 1000 EUR cents plus 19 % tax, with a recipient."""
    return built(
        NewInvoice,
        fields,
        customer_id=id_of(customer),
        seller="shop",
        currency="EUR",
        recipient=recipient(),
        lines=[invoice_line()],
    )


def invoice_line(**fields: Unpack[InvoiceLineFields]) -> NewInvoiceLine:
    """An invoice line of 1000 minor units plus 19 % tax."""
    return built(NewInvoiceLine, fields, description="A month of films", unit_amount=1000, tax_rate=1900)


def recipient(**fields: Unpack[RecipientFields]) -> NewRecipient:
    """An invoice recipient with a name and an address."""
    return built(NewRecipient, fields, name="Ada Lovelace", address="12 St James's Square\nLondon")
