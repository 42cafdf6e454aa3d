"""Campaigns of the advertiser who is signed in, their creatives, and what they have spent."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db
from hangar_api.schemas import Request
from hangar_dal import Executor, Transaction, ad_reports, ad_serving, campaigns, uuid7
from hangar_dal.ad_reports import AdReportOfCreative, AdReportOfDay, AdReportTotals
from hangar_dal.ad_serving import AdDay
from hangar_dal.campaigns import Campaign, CampaignStatus, NewCampaign, Pacing
from hangar_dal.errors import NotFound

router = APIRouter(prefix="/me/campaigns", tags=["campaigns"])
_KEY = ("created_at", "id")
_DAY = ("day",)


class ChangedCampaign(Request):
    """A field that is left out stays as it is."""

    name: str | None = None
    total_budget: int | None = None
    daily_budget: int | None = None
    bid: int | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    targeting: dict[str, list[str]] | None = None
    keywords: list[str] | None = None
    frequency_cap: int | None = None
    pacing: Pacing | None = None


class CreatedCampaign(Request):
    """A draft. `bid` is the price of one impression. Sent again with the same `id`, it makes one campaign."""

    id: UUID = Field(default_factory=uuid7)
    name: str
    total_budget: int
    daily_budget: int
    bid: int
    currency: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    targeting: dict[str, list[str]] = Field(default_factory=dict)
    keywords: list[str] = Field(default_factory=list)
    frequency_cap: int | None = None
    pacing: Pacing = Pacing.EVEN


class CampaignResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

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
    targeting: dict[str, list[str]]
    keywords: list[str]
    frequency_cap: int | None
    pacing: Pacing
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, campaign: Campaign) -> "CampaignResponse":
        return cls.model_validate(campaign)


class ChosenStatus(Request):
    """An owner hands a draft in for review, takes it back, pauses, resumes and ends. Only a review makes it run."""

    status: Literal["DRAFT", "REVIEW", "PAUSED", "ACTIVE", "ENDED"]


class BudgetResponse(BaseModel):
    currency: str
    budget: int
    reserved: int
    spent: int
    available: int


class DayResponse(BaseModel):
    """What was reserved and spent on a day in UTC."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    budget: int
    reserved: int
    spent: int

    @classmethod
    def of(cls, row: AdDay) -> "DayResponse":
        return cls.model_validate(row)


class ReportQuery(Request):
    """Both days are included. Without them, the last thirty days in UTC."""

    since: date | None = None
    until: date | None = None


class Report(BaseModel):
    """What was shown and clicked, as far as it was counted: that happens every few minutes."""

    totals: AdReportTotals
    days: list[AdReportOfDay]
    creatives: list[AdReportOfCreative]


class CampaignsQuery(Request):
    status: CampaignStatus | None = None
    cursor: Cursor = None
    limit: Limit = 50


@router.post("", status_code=status.HTTP_201_CREATED)
async def create(given: CreatedCampaign, current: Current, db: Db) -> CampaignResponse:
    fields = given.model_dump() | {"keywords": campaigns.fold_keywords(given.keywords)}
    new = NewCampaign(owner_id=current.user.id, **fields)
    return CampaignResponse.of(await campaigns.create_campaign(db, new))


@router.get("")
async def list_mine(query: Annotated[CampaignsQuery, Query()], current: Current, db: Db) -> Page[CampaignResponse]:
    """The newest first."""
    after = row_of(query.cursor, Campaign, _KEY)
    rows = await campaigns.list_campaigns_of_owner(
        db, current.user.id, status=query.status, after=after, limit=query.limit
    )
    return page(rows, query.limit, _KEY, CampaignResponse.of)


@router.get("/{campaign_id}")
async def show(campaign_id: UUID, current: Current, db: Db) -> CampaignResponse:
    return CampaignResponse.of(await own_campaign(db, campaign_id, current.user.id))


@router.patch("/{campaign_id}")
async def change(campaign_id: UUID, given: ChangedCampaign, current: Current, db: Db) -> CampaignResponse:
    changes: dict[str, Any] = given.model_dump(exclude_unset=True)
    if given.keywords is not None:
        changes["keywords"] = campaigns.fold_keywords(given.keywords)

    async def work(tx: Transaction) -> Campaign:
        campaign = await own_campaign(tx, campaign_id, current.user.id)
        return await campaigns.update_campaign(tx, campaign_id, **changes) if changes else campaign

    return CampaignResponse.of(await db.in_transaction(work))


@router.put("/{campaign_id}/status")
async def set_status(campaign_id: UUID, given: ChosenStatus, current: Current, db: Db) -> CampaignResponse:
    """Repeating it changes nothing."""

    async def work(tx: Transaction) -> Campaign:
        campaign = await own_campaign(tx, campaign_id, current.user.id)
        # A paused campaign never goes back to review, so what is read here is still true when the status is set.
        if given.status == "ACTIVE" and campaign.status not in (CampaignStatus.PAUSED, CampaignStatus.ACTIVE):
            raise HTTPException(403, "A campaign runs after a moderator has approved it.")
        return await campaigns.set_campaign_status(tx, campaign_id, CampaignStatus(given.status))

    return CampaignResponse.of(await db.in_transaction(work))


@router.delete("/{campaign_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete(campaign_id: UUID, current: Current, db: Db) -> None:
    """A campaign that has spent something cannot be deleted. End it."""

    async def work(tx: Transaction) -> None:
        await own_campaign(tx, campaign_id, current.user.id)
        await campaigns.delete_campaign(tx, campaign_id)

    await db.in_transaction(work)


@router.get("/{campaign_id}/budget")
async def show_budget(campaign_id: UUID, current: Current, db: Db) -> BudgetResponse:
    await own_campaign(db, campaign_id, current.user.id)
    budget = await ad_serving.get_budget(db, campaign_id)
    return BudgetResponse(available=budget.available, **budget.model_dump(exclude={"campaign_id"}))


@router.get("/{campaign_id}/days")
async def list_days(
    campaign_id: UUID, current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[DayResponse]:
    """What was reserved and spent on each day, the last day first."""
    await own_campaign(db, campaign_id, current.user.id)
    rows = await ad_serving.list_days(db, campaign_id, after=row_of(cursor, AdDay, _DAY), limit=limit)
    return page(rows, limit, _DAY, DayResponse.of)


@router.get("/{campaign_id}/report")
async def show_report(campaign_id: UUID, query: Annotated[ReportQuery, Query()], current: Current, db: Db) -> Report:
    await own_campaign(db, campaign_id, current.user.id)
    until = query.until or db.now().date()
    since = query.since or until - timedelta(days=29)
    return Report(
        totals=await ad_reports.get_report_totals(db, campaign_id, since=since, until=until),
        days=await ad_reports.list_report_days(db, campaign_id, since=since, until=until),
        creatives=await ad_reports.list_report_creatives(db, campaign_id, since=since, until=until),
    )


async def own_campaign(db: Executor, campaign_id: UUID, user_id: UUID) -> Campaign:
    campaign = await campaigns.get_campaign(db, campaign_id)
    if campaign.owner_id != user_id:
        raise NotFound("the user has no such campaign")
    return campaign
