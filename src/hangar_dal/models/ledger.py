"""Accounts, transfers between them, and balances. Amounts are minor units of a currency, such as cents."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Currency, Label, Row, ShortText
from hangar_dal.values import JsonObject, uuid7


class TransferKind(StrEnum):
    """PENDING holds an amount. POSTED, VOIDED and EXPIRED end a hold; REVERSAL takes a transfer back."""

    TRANSFER = "TRANSFER"
    PENDING = "PENDING"
    POSTED = "POSTED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    REVERSAL = "REVERSAL"


class NewLedgerAccount(Row):
    """An account to open. A code is unique: `revenue:EUR`, or `wallet:EUR:` and an id."""

    id: UUID = Field(default_factory=uuid7)
    code: Label | None = None
    kind: ShortText
    owner_id: UUID | None = None
    currency: Currency
    may_be_negative: bool = False
    metadata: JsonObject = Field(default_factory=dict)


class ImportedLedgerAccount(NewLedgerAccount):
    """An account that was opened elsewhere. It is stored open: what is closed takes no transfers."""

    created_at: datetime


class LedgerAccount(Row):
    """An account. One that may not be negative never has less than nothing, holds included."""

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
    """An amount that goes from the debited account to the credited one."""

    id: UUID = Field(default_factory=uuid7)
    debit_account_id: UUID
    credit_account_id: UUID
    amount: Amount
    currency: Currency
    reference: Label | None = None
    metadata: JsonObject = Field(default_factory=dict)


class NewHold(NewTransfer):
    """An amount that is set aside until it is posted or voided, or expires."""

    expires_at: datetime | None = None


class Transfer(Row):
    """A row of the books."""

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
    """What an account has: `posted` is credits less debits; `held` may still leave, `expected` may still come."""

    account_id: UUID
    posted: int
    held: int
    expected: int

    @property
    def available(self) -> int:
        """What can leave the account: posted less held."""
        return self.posted - self.held


class TrialBalance(Row):
    """The sums of all accounts in a currency; debits and credits are equal, as are the two pending ones."""

    currency: Currency
    debits: int
    credits: int
    pending_debits: int
    pending_credits: int


class WrongBalance(Row):
    """An account whose sums are not those of its transfers: somebody has changed the books past their rules."""

    account_id: UUID
    posted: int
    booked: int
