"""Campaigns of advertisers and their creatives: budgets, bids, whom they are for, and their states.

`from hangar_dal import campaigns`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic
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
    """Store many in one statement; returns those whose id was not taken, by id."""
    ...


@query
async def get_campaign(db: Executor, campaign_id: UUID) -> Campaign:
    """The campaign with this id."""
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
    """A page of the campaigns of a user, the newest first."""
    ...


@query
async def list_campaigns(
    db: Executor, status: CampaignStatus, *, after: Campaign | None = None, limit: PageSize = 50
) -> list[Campaign]:
    """A page of the campaigns with this status, the oldest first: with REVIEW, what reviewers look at next."""
    ...


@query
async def list_campaigns_of_keyword(
    db: Executor, keyword: Keyword, *, after: Campaign | None = None, limit: PageSize = 50
) -> list[Campaign]:
    """A page of the campaigns with this keyword, whatever their status, the last id first."""
    ...


@query
async def update_campaign(db: Executor, campaign_id: UUID, **changes: Unpack[CampaignChanges]) -> Campaign:
    """Change the fields that are given: a field left out stays, a field set to None becomes NULL.

    `TriggerViolation` if the campaign has ended.
    """
    ...


@query
async def set_campaign_status(db: Executor, campaign_id: UUID, status: CampaignStatus) -> Campaign:
    """Go to another status; `TriggerViolation` if the status it has does not allow that."""
    ...


@query
async def end_campaigns(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """End up to `batch_size` campaigns whose `ends_at` has come; returns how many. Several processes may do it."""
    ...


@query
async def delete_campaign(db: Executor, campaign_id: UUID) -> RowCount:
    """Delete a campaign with its creatives; 0 if there is no such campaign."""
    ...


@query
def stream_campaigns_of_owner(db: Executor, owner_id: UUID) -> Stream[Campaign]:
    """The campaigns of a user, the oldest first, for an export."""
    ...


@query
async def move_campaigns(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the campaigns of one user to another."""
    ...


@query
async def insert_creatives(db: Executor, rows: list[NewCreative]) -> list[Creative]:
    """Store many in one statement; returns those whose id was not taken, by id."""
    ...


@query
async def get_creative(db: Executor, creative_id: UUID) -> Creative:
    """The creative with this id."""
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
    """A page of the creatives of a campaign, the newest first."""
    ...


@query
async def list_creatives(
    db: Executor, status: CreativeStatus, *, after: Creative | None = None, limit: PageSize = 50
) -> list[Creative]:
    """A page of the creatives with this status, the oldest first: with REVIEW, what reviewers look at next."""
    ...


@query
async def update_creative(db: Executor, creative_id: UUID, **changes: Unpack[CreativeChanges]) -> Creative:
    """Change the fields that are given: a field left out stays, a field set to None becomes NULL.

    `TriggerViolation` if the creative is not a draft; its metadata may change in any status.
    """
    ...


@query
async def set_creative_status(db: Executor, creative_id: UUID, status: CreativeStatus) -> Creative:
    """Go to another status; `TriggerViolation` if the status it has does not allow that."""
    ...


@query
async def delete_creative(db: Executor, creative_id: UUID) -> RowCount:
    """Delete a creative; 0 if there is no such creative."""
    ...


@query
def stream_creatives_of_owner(db: Executor, owner_id: UUID) -> Stream[Creative]:
    """The creatives of all campaigns of a user, for an export."""
    ...


def fold_keywords(keywords: Iterable[str]) -> list[str]:
    """The keywords as they are stored: folded, each once, with one space between words."""
    return list(dict.fromkeys(" ".join(fold("keyword", keyword).split()) for keyword in keywords))


async def create_campaign(db: Executor, new: NewCampaign) -> Campaign:
    """Store a campaign. Repeating it returns the campaign; `UniqueViolation` if another owner's has the id."""
    for campaign in await insert_campaigns(db, [new]):
        return campaign
    campaign = await get_campaign(db, new.id)
    if (campaign.owner_id, campaign.currency) != (new.owner_id, new.currency):
        raise UniqueViolation("campaigns: another campaign has this id", constraint="campaigns_pkey")
    return campaign


async def import_campaigns(db: Executor, rows: Iterable[NewCampaign], *, batch_size: int = 500) -> int:
    """Store many campaigns, one statement a batch, all or none; returns how many. Ids that are taken are left out."""
    async with atomic(db) as tx:
        once = batches(rows, batch_size, key=lambda new: new.id)
        return sum([len(await insert_campaigns(tx, batch)) for batch in once])


async def create_creative(db: Executor, new: NewCreative) -> Creative:
    """Store a creative. Repeating it returns the creative; `UniqueViolation` if another campaign's has the id."""
    for creative in await insert_creatives(db, [new]):
        return creative
    creative = await get_creative(db, new.id)
    if creative.campaign_id != new.campaign_id:
        raise UniqueViolation("creatives: another creative has this id", constraint="creatives_pkey")
    return creative


async def import_creatives(db: Executor, rows: Iterable[NewCreative], *, batch_size: int = 500) -> int:
    """Store many creatives, one statement a batch, all or none; returns how many. Ids that are taken are left out."""
    async with atomic(db) as tx:
        once = batches(rows, batch_size, key=lambda new: new.id)
        return sum([len(await insert_creatives(tx, batch)) for batch in once])
