"""Reports of advertising by campaign, creative and day, and what was paid for each day."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Amount, Row
from hangar_dal.values import uuid7


class AdReport(Row):
    """What a creative was shown and clicked on a day in UTC, and what that cost."""

    campaign_id: UUID
    day: date
    creative_id: UUID
    impressions: int
    clicks: int
    spent: int


class AdReportOfDay(Row):
    """The sums of a campaign on a day in UTC."""

    day: date
    impressions: int
    clicks: int
    spent: int


class AdReportOfCreative(Row):
    """The sums of a creative."""

    creative_id: UUID
    impressions: int
    clicks: int
    spent: int


class AdReportTotals(Row):
    """The sums of a campaign."""

    impressions: int
    clicks: int
    spent: int


class WrongReport(Row):
    """A day of a campaign whose reports are not what it spent: somebody has changed them past the triggers."""

    campaign_id: UUID
    day: date
    spent: int
    reported: int
    waiting: int


class OwedDay(Row):
    """What a campaign spent on a day in UTC and has not paid yet."""

    campaign_id: UUID
    day: date
    currency: str
    amount: int


class NewSettlement(Row):
    """A payment for a day of a campaign. The id is that of the transfer in the ledger."""

    id: UUID = Field(default_factory=uuid7)
    campaign_id: UUID
    day: date
    amount: Amount


class Settlement(Row):
    """A payment for a day of a campaign. The id is that of the transfer in the ledger."""

    id: UUID
    campaign_id: UUID
    day: date
    amount: int
    settled_at: datetime
