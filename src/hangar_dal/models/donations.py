"""Donations to livestreams, their totals, and the top donors."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Currency, Row
from hangar_dal.values import JsonObject, uuid7


class NewDonation(Row):
    """A donation to store. `transfer_id` defaults to the id of the donation."""

    id: UUID = Field(default_factory=uuid7)
    livestream_id: UUID
    donor_id: UUID | None
    transfer_id: UUID = Field(default_factory=lambda given: given["id"])
    amount: Amount
    currency: Currency
    is_anonymous: bool = False
    metadata: JsonObject = Field(default_factory=dict)


class Donation(Row):
    """A donation with its transfer in the ledger, and with the reversing transfer if it was refunded."""

    id: UUID
    livestream_id: UUID
    donor_id: UUID | None
    transfer_id: UUID
    refund_id: UUID | None
    amount: int
    currency: str
    is_anonymous: bool
    metadata: JsonObject
    created_at: datetime


class DonationTotal(Row):
    """The donations to a livestream in a currency, without refunded ones."""

    currency: str
    donations: int
    amount: int


class TopDonor(Row):
    """The donations of a named donor to a livestream in a currency, without refunded ones."""

    donor_id: UUID
    donations: int
    amount: int
