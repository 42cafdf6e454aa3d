"""Advertising campaigns and their creatives. Amounts are in minor units of a currency, such as cents."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypedDict
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from hangar_dal.errors import InvalidValue
from hangar_dal.models.row import Amount, Currency, Label, LongText, Row
from hangar_dal.values import JsonObject, fold, uuid7


class CampaignStatus(StrEnum):
    DRAFT = "DRAFT"
    REVIEW = "REVIEW"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"
    REJECTED = "REJECTED"


class CreativeStatus(StrEnum):
    DRAFT = "DRAFT"
    REVIEW = "REVIEW"
    APPROVED = "APPROVED"
    PAUSED = "PAUSED"
    REJECTED = "REJECTED"
    RETIRED = "RETIRED"


class Pacing(StrEnum):
    """EVEN spreads the daily budget over the day. FAST spends it as soon as possible."""

    EVEN = "EVEN"
    FAST = "FAST"


def _is_folded(keyword: str) -> str:
    try:
        is_folded = fold("keyword", keyword) == keyword
    except InvalidValue:
        is_folded = False
    if not is_folded:
        raise PydanticCustomError("hangar_keyword", "a keyword is stored folded: use fold_keywords")
    return keyword


def _each_once(keywords: list[str]) -> list[str]:
    if len(set(keywords)) < len(keywords):
        raise PydanticCustomError("hangar_keywords", "each keyword may be given once")
    return keywords


Keyword = Annotated[str, StringConstraints(min_length=1, max_length=50), AfterValidator(_is_folded)]
Keywords = Annotated[list[Keyword], Field(max_length=30), AfterValidator(_each_once)]
# Maps each trait that a request must have, such as country or language, to the accepted values.
Targeting = dict[str, list[str]]
FrequencyCap = Annotated[int, Field(ge=1, le=100)]
Body = Annotated[str, StringConstraints(max_length=2000)]


class Campaign(Row):
    """A campaign. `bid` is the price of an impression; `frequency_cap` limits the impressions per viewer and day."""

    id: UUID
    owner_id: UUID | None
    name: str
    total_budget: int
    daily_budget: int
    bid: int
    currency: str
    starts_at: datetime
    ends_at: datetime | None
    status: CampaignStatus
    targeting: Targeting
    keywords: list[str]
    frequency_cap: int | None
    pacing: Pacing
    metadata: JsonObject
    created_at: datetime
    updated_at: datetime


class NewCampaign(Row):
    """A campaign to store. `bid` must not exceed `daily_budget`, and `daily_budget` must not exceed `total_budget`."""

    id: UUID = Field(default_factory=uuid7)
    owner_id: UUID | None
    name: Label
    total_budget: Amount
    daily_budget: Amount
    bid: Amount
    currency: Currency
    starts_at: datetime
    ends_at: datetime | None = None
    status: CampaignStatus = CampaignStatus.DRAFT
    targeting: Targeting = Field(default_factory=dict)
    keywords: Keywords = Field(default_factory=list)
    frequency_cap: FrequencyCap | None = None
    pacing: Pacing = Pacing.EVEN
    metadata: JsonObject = Field(default_factory=dict)


class CampaignChanges(TypedDict, total=False):
    """The fields that `update_campaign` may change.

    Omitted fields stay as they are; None, if allowed, is stored as NULL.
    """

    name: Label
    total_budget: Amount
    daily_budget: Amount
    bid: Amount
    starts_at: datetime
    ends_at: datetime | None
    targeting: Targeting
    keywords: Keywords
    frequency_cap: FrequencyCap | None
    pacing: Pacing
    metadata: JsonObject


class Creative(Row):
    """An ad of a campaign, and the URL that a click opens."""

    id: UUID
    campaign_id: UUID
    title: str
    body: str
    image_url: str | None
    landing_url: str
    status: CreativeStatus
    metadata: JsonObject
    created_at: datetime
    updated_at: datetime


class NewCreative(Row):
    """A creative to store."""

    id: UUID = Field(default_factory=uuid7)
    campaign_id: UUID
    title: Label
    body: Body = ""
    image_url: LongText | None = None
    landing_url: LongText
    status: CreativeStatus = CreativeStatus.DRAFT
    metadata: JsonObject = Field(default_factory=dict)


class CreativeChanges(TypedDict, total=False):
    """The fields that `update_creative` may change.

    Omitted fields stay as they are; None, if allowed, is stored as NULL.
    """

    title: Label
    body: Body
    image_url: LongText | None
    landing_url: LongText
    metadata: JsonObject
