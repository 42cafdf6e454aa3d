"""Builders for the catalog COMMERCE: campaigns, creatives, ad requests and reservations."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.builders.building import EARLIER, LATER, built, id_of, numbers
from hangar_dal.models.ad_serving import AdRequest, NewReservation
from hangar_dal.models.campaigns import (
    Body,
    Campaign,
    CampaignStatus,
    Creative,
    CreativeStatus,
    FrequencyCap,
    Keywords,
    NewCampaign,
    NewCreative,
    Pacing,
    Targeting,
)
from hangar_dal.models.row import Amount, Currency, Label, LongText
from hangar_dal.models.users import User
from hangar_dal.values import JsonObject


class CampaignFields(TypedDict, total=False):
    id: UUID
    name: Label
    total_budget: Amount
    daily_budget: Amount
    bid: Amount
    currency: Currency
    starts_at: datetime
    ends_at: datetime | None
    status: CampaignStatus
    targeting: Targeting
    keywords: Keywords
    frequency_cap: FrequencyCap | None
    pacing: Pacing
    metadata: JsonObject


class CreativeFields(TypedDict, total=False):
    id: UUID
    title: Label
    body: Body
    image_url: LongText | None
    landing_url: LongText
    status: CreativeStatus
    metadata: JsonObject


class AdRequestFields(TypedDict, total=False):
    id: UUID
    viewer_key: Label | None
    currency: Currency
    keywords: list[str]
    traits: dict[str, str]


class ReservationFields(TypedDict, total=False):
    id: UUID
    viewer_key: Label | None
    expires_at: datetime


def campaign(owner: User | UUID, **fields: Unpack[CampaignFields]) -> NewCampaign:
    """An ACTIVE campaign without targeting: 1,000 EUR in total, 100 EUR per day, 10 cents per impression."""
    return built(
        NewCampaign,
        fields,
        owner_id=id_of(owner),
        name=f"Campaign {next(numbers)}",
        total_budget=100_000,
        daily_budget=10_000,
        bid=10,
        currency="EUR",
        starts_at=EARLIER,
        status=CampaignStatus.ACTIVE,
        pacing=Pacing.FAST,
    )


def creative(campaign: Campaign | UUID, **fields: Unpack[CreativeFields]) -> NewCreative:
    """An APPROVED creative of a campaign."""
    number = next(numbers)
    return built(
        NewCreative,
        fields,
        campaign_id=id_of(campaign),
        title=f"Creative {number}",
        landing_url=f"https://example.com/{number}",
        status=CreativeStatus.APPROVED,
    )


def ad_request(viewer: User | UUID | None = None, **fields: Unpack[AdRequestFields]) -> AdRequest:
    """A request for an ad in EUR. Without `viewer`, the viewer is identified by a generated key."""
    return built(AdRequest, fields, **_viewer(viewer), currency="EUR")


def reservation(
    campaign: Campaign | UUID,
    creative: Creative | UUID,
    viewer: User | UUID | None = None,
    **fields: Unpack[ReservationFields],
) -> NewReservation:
    """A reservation of one impression. Without `viewer`, the viewer is identified by a generated key."""
    return built(
        NewReservation,
        fields,
        campaign_id=id_of(campaign),
        creative_id=id_of(creative),
        **_viewer(viewer),
        expires_at=LATER,
    )


def _viewer(viewer: User | UUID | None) -> dict[str, UUID | str]:
    return {"viewer_key": f"viewer {next(numbers)}"} if viewer is None else {"viewer_id": id_of(viewer)}
