"""Ledger accounts, transfers and balances. Amounts are in minor units of a currency, such as cents."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Currency, Label, Row, ShortText
from hangar_dal.values import JsonObject, uuid7


class TransferKind(StrEnum):
    """PENDING is a hold. POSTED, VOIDED and EXPIRED end a hold. REVERSAL reverses a transfer."""

    TRANSFER = "TRANSFER"
    PENDING = "PENDING"
    POSTED = "POSTED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    REVERSAL = "REVERSAL"


class NewLedgerAccount(Row):
    """An account to open. `code` is unique, such as `revenue:EUR`, or `wallet:EUR:` followed by an id."""

    id: UUID = Field(default_factory=uuid7)
    code: Label | None = None
    kind: ShortText
    owner_id: UUID | None = None
    currency: Currency
    may_be_negative: bool = False
    metadata: JsonObject = Field(default_factory=dict)


class ImportedLedgerAccount(NewLedgerAccount):
    """An account that was opened elsewhere. It is stored as open, because a closed account accepts no transfers."""

    created_at: datetime


class LedgerAccount(Row):
    """An account. Unless `may_be_negative`, its balance minus its holds is never below zero."""

    id: UUID
    code: Label | None
    kind: ShortText
    owner_id: UUID | None
    currency: Currency
    may_be_negative: bool
    metadata: JsonObject
    created_at: datetime
    closed_at: datetime | None


class NewTransfer(Row):
    """An amount to move from the debited account to the credited account."""

    id: UUID = Field(default_factory=uuid7)
    debit_account_id: UUID
    credit_account_id: UUID
    amount: Amount
    currency: Currency
    reference: Label | None = None
    metadata: JsonObject = Field(default_factory=dict)


class NewHold(NewTransfer):
    """An amount to reserve until it is posted or voided, or expires."""

    expires_at: datetime | None = None


class Transfer(Row):
    """A booked row of the ledger."""

    id: UUID
    kind: TransferKind
    debit_account_id: UUID
    credit_account_id: UUID
    amount: Amount
    currency: Currency
    pending_id: UUID | None
    reversed_id: UUID | None
    expires_at: datetime | None
    reference: Label | None
    metadata: JsonObject
    created_at: datetime


class Balance(Row):
    """An account's balance: `posted` is credits minus debits; `held` and `expected` are outgoing and incoming holds."""

    account_id: UUID
    posted: int
    held: int
    expected: int

    @property
    def available(self) -> int:
        """The amount that can leave the account: `posted` minus `held`."""
        return self.posted - self.held


class TrialBalance(Row):
    """The totals of all accounts in a currency. Debits equal credits, and pending debits equal pending credits."""

    currency: Currency
    debits: int
    credits: int
    pending_debits: int
    pending_credits: int


class WrongBalance(Row):
    """An account whose balance differs from the sum of its transfers, because triggers were bypassed."""

    account_id: UUID
    posted: int
    booked: int
