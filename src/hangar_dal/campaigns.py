"""Advertising campaigns and their creatives: budgets, bids, targeting and status.

`from hangar_dal import campaigns`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.campaigns import Campaign as Campaign
from hangar_dal.models.campaigns import CampaignChanges as CampaignChanges
from hangar_dal.models.campaigns import CampaignStatus as CampaignStatus
from hangar_dal.models.campaigns import Creative as Creative
from hangar_dal.models.campaigns import CreativeChanges as CreativeChanges
from hangar_dal.models.campaigns import CreativeStatus as CreativeStatus
from hangar_dal.models.campaigns import Keyword
from hangar_dal.models.campaigns import NewCampaign as NewCampaign
from hangar_dal.models.campaigns import NewCreative as NewCreative
from hangar_dal.models.campaigns import Pacing as Pacing
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.query import RowCount, Stream
from hangar_dal.values import fold

query = COMMERCE.query


@query
async def insert_campaigns(db: Executor, rows: list[NewCampaign]) -> list[Campaign]:
    """Store rows in one statement; return those whose id was not taken, ordered by id."""
    ...


@query
async def get_campaign(db: Executor, campaign_id: UUID) -> Campaign:
    """Return the campaign with this id. Raises `NotFound` if there is none."""
    ...


@query
async def list_campaigns_of_owner(
    db: Executor,
    owner_id: UUID,
    *,
    status: CampaignStatus | None = None,
    after: Campaign | None = None,
    limit: PageSize = 50,
) -> list[Campaign]:
    """Return a page of the campaigns of a user, newest first."""
    ...


@query
async def list_campaigns(
    db: Executor, status: CampaignStatus, *, after: Campaign | None = None, limit: PageSize = 50
) -> list[Campaign]:
    """Return a page of the campaigns with this status, oldest first. REVIEW gives the queue of the reviewers."""
    ...


@query
async def list_campaigns_of_keyword(
    db: Executor, keyword: Keyword, *, after: Campaign | None = None, limit: PageSize = 50
) -> list[Campaign]:
    """Return a page of the campaigns with this keyword, in any status, highest id first."""
    ...


@query
async def update_campaign(db: Executor, campaign_id: UUID, **changes: Unpack[CampaignChanges]) -> Campaign:
    """Change the given fields. Omitted fields stay as they are; None is stored as NULL.

    Raises `TriggerViolation` if the campaign has ended.
    """
    ...


@query
async def set_campaign_status(db: Executor, campaign_id: UUID, status: CampaignStatus) -> Campaign:
    """Set the status. Raises `TriggerViolation` if the current status does not allow the change."""
    ...


@query
async def end_campaigns(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """End up to `batch_size` campaigns whose `ends_at` has passed; return how many.

    Several processes may call it at once.
    """
    ...


@query
async def delete_campaign(db: Executor, campaign_id: UUID) -> RowCount:
    """Delete a campaign with its creatives; 0 if there is no such campaign."""
    ...


@query
def stream_campaigns_of_owner(db: Executor, owner_id: UUID) -> Stream[Campaign]:
    """Stream the campaigns of a user, oldest first, for an export."""
    ...


@query
async def move_campaigns(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the campaigns of the user `merged` to the user `kept`."""
    ...


@query
async def insert_creatives(db: Executor, rows: list[NewCreative]) -> list[Creative]:
    """Store rows in one statement; return those whose id was not taken, ordered by id."""
    ...


@query
async def get_creative(db: Executor, creative_id: UUID) -> Creative:
    """Return the creative with this id. Raises `NotFound` if there is none."""
    ...


@query
async def list_creatives_of_campaign(
    db: Executor,
    campaign_id: UUID,
    *,
    status: CreativeStatus | None = None,
    after: Creative | None = None,
    limit: PageSize = 50,
) -> list[Creative]:
    """Return a page of the creatives of a campaign, newest first."""
    ...


@query
async def list_creatives(
    db: Executor, status: CreativeStatus, *, after: Creative | None = None, limit: PageSize = 50
) -> list[Creative]:
    """Return a page of the creatives with this status, oldest first. REVIEW gives the queue of the reviewers."""
    ...


@query
async def update_creative(db: Executor, creative_id: UUID, **changes: Unpack[CreativeChanges]) -> Creative:
    """Change the given fields. Omitted fields stay as they are; None is stored as NULL.

    Raises `TriggerViolation` if the creative is not a draft; its metadata may change in any status.
    """
    ...


@query
async def set_creative_status(db: Executor, creative_id: UUID, status: CreativeStatus) -> Creative:
    """Set the status. Raises `TriggerViolation` if the current status does not allow the change."""
    ...


@query
async def delete_creative(db: Executor, creative_id: UUID) -> RowCount:
    """Delete a creative; 0 if there is no such creative."""
    ...


@query
def stream_creatives_of_owner(db: Executor, owner_id: UUID) -> Stream[Creative]:
    """Stream the creatives of all campaigns of a user, for an export."""
    ...


def fold_keywords(keywords: Iterable[str]) -> list[str]:
    """Return the keywords in their stored form: folded, without duplicates, with one space between words."""
    return list(dict.fromkeys(" ".join(fold("keyword", keyword).split()) for keyword in keywords))


async def create_campaign(db: Executor, new: NewCampaign) -> Campaign:
    """Store a campaign. A repeated call returns it.

    Raises `UniqueViolation` if a campaign of another owner has the id.
    """
    for campaign in await insert_campaigns(db, [new]):
        return campaign
    campaign = await get_campaign(db, new.id)
    if (campaign.owner_id, campaign.currency) != (new.owner_id, new.currency):
        raise UniqueViolation("campaigns: another campaign has this id", constraint="campaigns_pkey")
    return campaign


async def import_campaigns(db: Executor, rows: Iterable[NewCampaign], *, batch_size: int = 500) -> int:
    """Store campaigns in batches, all or none, except those whose id is taken; return how many were stored."""
    return sum(map(len, await store_in_batches(db, insert_campaigns, rows, batch_size, key=lambda new: new.id)))


async def create_creative(db: Executor, new: NewCreative) -> Creative:
    """Store a creative. A repeated call returns it.

    Raises `UniqueViolation` if a creative of another campaign has the id.
    """
    for creative in await insert_creatives(db, [new]):
        return creative
    creative = await get_creative(db, new.id)
    if creative.campaign_id != new.campaign_id:
        raise UniqueViolation("creatives: another creative has this id", constraint="creatives_pkey")
    return creative


async def import_creatives(db: Executor, rows: Iterable[NewCreative], *, batch_size: int = 500) -> int:
    """Store creatives in batches, all or none, except those whose id is taken; return how many were stored."""
    return sum(map(len, await store_in_batches(db, insert_creatives, rows, batch_size, key=lambda new: new.id)))
