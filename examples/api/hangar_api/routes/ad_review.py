"""Campaigns and creatives that wait for a moderator."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Db, Moderator
from hangar_api.routes.campaigns import CampaignResponse
from hangar_api.routes.creatives import CreativeResponse
from hangar_api.schemas import Request
from hangar_dal import Transaction, campaigns
from hangar_dal.campaigns import Campaign, CampaignStatus, Creative, CreativeStatus

router = APIRouter(prefix="/moderation", tags=["review of ads"])
_KEY = ("created_at", "id")


class Decision(Request):
    decision: Literal["APPROVE", "REJECT"]


@router.get("/campaigns")
async def list_campaigns(
    moderator: Moderator, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[CampaignResponse]:
    """Those that wait, the oldest first."""
    after = row_of(cursor, Campaign, _KEY)
    rows = await campaigns.list_campaigns(db, CampaignStatus.REVIEW, after=after, limit=limit)
    return page(rows, limit, _KEY, CampaignResponse.of)


@router.post("/campaigns/{campaign_id}/decide")
async def decide_campaign(campaign_id: UUID, given: Decision, moderator: Moderator, db: Db) -> CampaignResponse:
    """Repeating a decision changes nothing. Only what waits for a review is rejected."""
    to = CampaignStatus.ACTIVE if given.decision == "APPROVE" else CampaignStatus.REJECTED

    async def work(tx: Transaction) -> Campaign:
        if (await campaigns.get_campaign(tx, campaign_id)).status is CampaignStatus.PAUSED:
            raise HTTPException(409, "The owner has paused this campaign, and resumes it.")
        return await campaigns.set_campaign_status(tx, campaign_id, to)

    return CampaignResponse.of(await db.in_transaction(work))


@router.get("/creatives")
async def list_creatives(
    moderator: Moderator, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[CreativeResponse]:
    """Those that wait, the oldest first."""
    after = row_of(cursor, Creative, _KEY)
    rows = await campaigns.list_creatives(db, CreativeStatus.REVIEW, after=after, limit=limit)
    return page(rows, limit, _KEY, CreativeResponse.of)


@router.post("/creatives/{creative_id}/decide")
async def decide_creative(creative_id: UUID, given: Decision, moderator: Moderator, db: Db) -> CreativeResponse:
    """Repeating a decision changes nothing. Only what waits for a review is rejected."""
    to = CreativeStatus.APPROVED if given.decision == "APPROVE" else CreativeStatus.REJECTED

    async def work(tx: Transaction) -> Creative:
        if (await campaigns.get_creative(tx, creative_id)).status is CreativeStatus.PAUSED:
            raise HTTPException(409, "The owner has paused this creative, and resumes it.")
        return await campaigns.set_creative_status(tx, creative_id, to)

    return CreativeResponse.of(await db.in_transaction(work))
