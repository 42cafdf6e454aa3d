"""Donations to livestreams, their sums, and who gave most."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Currency, Row
from hangar_dal.values import JsonObject, uuid7


class NewDonation(Row):
    """A donation. Without `transfer_id`, its transfer has the id of the donation."""

    id: UUID = Field(default_factory=uuid7)
    livestream_id: UUID
    donor_id: UUID | None
    transfer_id: UUID = Field(default_factory=lambda given: given["id"])
    amount: Amount
    currency: Currency
    is_anonymous: bool = False
    metadata: JsonObject = Field(default_factory=dict)


class Donation(Row):
    """A donation, with the transfer that moved the money, and with the one that took it back if it was refunded."""

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
    """What a livestream was given in a currency, without what was refunded."""

    currency: str
    donations: int
    amount: int


class TopDonor(Row):
    """What a donor who is not anonymous gave to a livestream in a currency, without what was refunded."""

    donor_id: UUID
    donations: int
    amount: int
