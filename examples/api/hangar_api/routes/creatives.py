"""What the campaigns of an advertiser show. A creative is edited while it is a draft, and shown after a review."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, status
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db
from hangar_api.routes.campaigns import own_campaign
from hangar_api.schemas import Request
from hangar_dal import Executor, Transaction, campaigns, uuid7
from hangar_dal.campaigns import Creative, CreativeStatus, NewCreative

router = APIRouter(tags=["creatives"])
_KEY = ("created_at", "id")


class ChangedCreative(Request):
    """A field that is left out stays as it is."""

    title: str | None = None
    body: str | None = None
    image_url: HttpUrl | None = None
    landing_url: HttpUrl | None = None


class CreatedCreative(Request):
    """A draft. `id` is for clients that repeat a request whose answer was lost: it makes one creative."""

    id: UUID = Field(default_factory=uuid7)
    title: str
    body: str = ""
    image_url: HttpUrl | None = None
    landing_url: HttpUrl


class CreativeResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    campaign_id: UUID
    title: str
    body: str
    image_url: str | None
    landing_url: str
    status: CreativeStatus
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, creative: Creative) -> "CreativeResponse":
        return cls.model_validate(creative)


class ChosenStatus(Request):
    """An owner hands a draft in for review, takes it back, pauses, resumes and retires."""

    status: Literal["DRAFT", "REVIEW", "PAUSED", "APPROVED", "RETIRED"]


class CreativesQuery(Request):
    status: CreativeStatus | None = None
    cursor: Cursor = None
    limit: Limit = 50


@router.post("/me/campaigns/{campaign_id}/creatives", status_code=status.HTTP_201_CREATED)
async def create(campaign_id: UUID, given: CreatedCreative, current: Current, db: Db) -> CreativeResponse:
    async def work(tx: Transaction) -> Creative:
        await own_campaign(tx, campaign_id, current.user.id)
        new = NewCreative(campaign_id=campaign_id, **given.model_dump(mode="json") | {"id": given.id})
        return await campaigns.create_creative(tx, new)

    return CreativeResponse.of(await db.in_transaction(work))


@router.get("/me/campaigns/{campaign_id}/creatives")
async def list_of_campaign(
    campaign_id: UUID, query: Annotated[CreativesQuery, Query()], current: Current, db: Db
) -> Page[CreativeResponse]:
    """The newest first."""
    await own_campaign(db, campaign_id, current.user.id)
    after = row_of(query.cursor, Creative, _KEY)
    rows = await campaigns.list_creatives_of_campaign(
        db, campaign_id, status=query.status, after=after, limit=query.limit
    )
    return page(rows, query.limit, _KEY, CreativeResponse.of)


@router.patch("/me/creatives/{creative_id}")
async def change(creative_id: UUID, given: ChangedCreative, current: Current, db: Db) -> CreativeResponse:
    changes: dict[str, Any] = given.model_dump(mode="json", exclude_unset=True)

    async def work(tx: Transaction) -> Creative:
        creative = await _own(tx, creative_id, current.user.id)
        return await campaigns.update_creative(tx, creative_id, **changes) if changes else creative

    return CreativeResponse.of(await db.in_transaction(work))


@router.put("/me/creatives/{creative_id}/status")
async def set_status(creative_id: UUID, given: ChosenStatus, current: Current, db: Db) -> CreativeResponse:
    """Repeating it changes nothing."""

    async def work(tx: Transaction) -> Creative:
        creative = await _own(tx, creative_id, current.user.id)
        # A paused creative never goes back to review, so what is read here is still true when the status is set.
        if given.status == "APPROVED" and creative.status not in (CreativeStatus.PAUSED, CreativeStatus.APPROVED):
            raise HTTPException(403, "A creative is shown after a moderator has approved it.")
        return await campaigns.set_creative_status(tx, creative_id, CreativeStatus(given.status))

    return CreativeResponse.of(await db.in_transaction(work))


@router.delete("/me/creatives/{creative_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete(creative_id: UUID, current: Current, db: Db) -> None:
    """A creative that was shown cannot be deleted. Retire it."""

    async def work(tx: Transaction) -> None:
        await _own(tx, creative_id, current.user.id)
        await campaigns.delete_creative(tx, creative_id)

    await db.in_transaction(work)


async def _own(db: Executor, creative_id: UUID, user_id: UUID) -> Creative:
    creative = await campaigns.get_creative(db, creative_id)
    await own_campaign(db, creative.campaign_id, user_id)
    return creative
