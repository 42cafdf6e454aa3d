"""Builders for the catalog COMMERCE: accounts of the books, and transfers between them."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.builders.building import built, id_of
from hangar_dal.models.ledger import (
    LedgerAccount,
    NewHold,
    NewLedgerAccount,
    NewTransfer,
)
from hangar_dal.models.row import Amount, Currency, Label, ShortText
from hangar_dal.models.users import User
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


def ledger_account(owner: User | UUID | None = None, **fields: Unpack[LedgerAccountFields]) -> NewLedgerAccount:
    """A wallet in EUR that may not be negative."""
    owner_id = None if owner is None else id_of(owner)
    return built(NewLedgerAccount, fields, owner_id=owner_id, kind="wallet", currency="EUR")


def transfer(
    debit: LedgerAccount | UUID, credit: LedgerAccount | UUID, **fields: Unpack[TransferFields]
) -> NewTransfer:
    """100 EUR cents from the first account to the second one."""
    return built(
        NewTransfer, fields, debit_account_id=id_of(debit), credit_account_id=id_of(credit), amount=100, currency="EUR"
    )


def hold(debit: LedgerAccount | UUID, credit: LedgerAccount | UUID, **fields: Unpack[HoldFields]) -> NewHold:
    """100 EUR cents that are set aside for the second account, without an end."""
    return built(
        NewHold, fields, debit_account_id=id_of(debit), credit_account_id=id_of(credit), amount=100, currency="EUR"
    )
