"""Advertising reports per campaign, creative and day, and the payments for each day."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Row
from hangar_dal.values import uuid7


class AdReport(Row):
    """Impressions, clicks and cost of a creative on a day (UTC)."""

    campaign_id: UUID
    day: date
    creative_id: UUID
    impressions: int
    clicks: int
    spent: int


class AdReportOfDay(Row):
    """The totals of a campaign on a day (UTC)."""

    day: date
    impressions: int
    clicks: int
    spent: int


class AdReportOfCreative(Row):
    """The totals of a creative."""

    creative_id: UUID
    impressions: int
    clicks: int
    spent: int


class AdReportTotals(Row):
    """The totals of a campaign."""

    impressions: int
    clicks: int
    spent: int


class WrongReport(Row):
    """A day of a campaign whose reports differ from the spent amount, because triggers were bypassed."""

    campaign_id: UUID
    day: date
    spent: int
    reported: int
    waiting: int


class OwedDay(Row):
    """The amount that a campaign spent on a day (UTC) and has not paid yet."""

    campaign_id: UUID
    day: date
    currency: str
    amount: int


class NewSettlement(Row):
    """A payment for a day of a campaign. `id` is the id of the transfer in the ledger."""

    id: UUID = Field(default_factory=uuid7)
    campaign_id: UUID
    day: date
    amount: Amount


class Settlement(Row):
    """A payment for a day of a campaign. `id` is the id of the transfer in the ledger."""

    id: UUID
    campaign_id: UUID
    day: date
    amount: int
    settled_at: datetime
