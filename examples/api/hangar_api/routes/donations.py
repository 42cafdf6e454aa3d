"""Donations: money of a viewer that goes to the owner of a livestream, and a message in the chat."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, VisibleLivestream
from hangar_api.routes.wallets import open_for
from hangar_api.schemas import Request
from hangar_dal import Transaction, donations, livestreams, streaming, uuid7
from hangar_dal.donations import Donation, DonationTotal, NewDonation, TopDonor
from hangar_dal.errors import NotFound

router = APIRouter(tags=["donations"])
_KEY = ("created_at", "id")
_TOP = ("amount", "donor_id")


class Given(Request):
    """Taken from the donor's wallet in this currency. Sent again with the same `id`, it is one donation."""

    id: UUID = Field(default_factory=uuid7)
    amount: int
    currency: str
    is_anonymous: bool = False
    text: str = ""


class DonationResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    livestream_id: UUID
    amount: int
    currency: str
    is_anonymous: bool
    refund_id: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, donation: Donation) -> "DonationResponse":
        return cls.model_validate(donation)


class TopDonorResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    donor_id: UUID
    donations: int
    amount: int

    @classmethod
    def of(cls, donor: TopDonor) -> "TopDonorResponse":
        return cls.model_validate(donor)


class TopQuery(Request):
    currency: str
    cursor: Cursor = None
    limit: Limit = 50


class Refund(Request):
    id: UUID = Field(default_factory=uuid7)


@router.post("/livestreams/{livestream_id}/donations", status_code=status.HTTP_201_CREATED)
async def give(livestream: VisibleLivestream, given: Given, current: Current, db: Db) -> DonationResponse:
    new = NewDonation(livestream_id=livestream.id, donor_id=current.user.id, **given.model_dump(exclude={"text"}))

    async def work(tx: Transaction) -> Donation:
        purse = await open_for(tx, current.user.id, given.currency)
        till = await open_for(tx, livestream.owner_id, given.currency)
        return await streaming.donate(tx, new, debit_account_id=purse.id, credit_account_id=till.id, text=given.text)

    return DonationResponse.of(await db.in_transaction(work))


@router.get("/livestreams/{livestream_id}/donations/totals")
async def show_totals(livestream: VisibleLivestream, db: Db) -> list[DonationTotal]:
    """What it was given in each currency."""
    return await donations.list_donation_totals(db, livestream.id)


@router.get("/livestreams/{livestream_id}/donations/top")
async def list_top(
    livestream: VisibleLivestream, query: Annotated[TopQuery, Query()], db: Db
) -> Page[TopDonorResponse]:
    """Who gave most in a currency, without anonymous donors."""
    after = row_of(query.cursor, TopDonor, _TOP)
    rows = await donations.list_top_donors(db, livestream.id, currency=query.currency, after=after, limit=query.limit)
    return page(rows, query.limit, _TOP, TopDonorResponse.of)


@router.get("/me/donations")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[DonationResponse]:
    """What the user gave, the newest first."""
    after = row_of(cursor, Donation, _KEY)
    rows = await donations.list_donations_of_donor(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _KEY, DonationResponse.of)


@router.post("/donations/{donation_id}/refund")
async def refund(donation_id: UUID, given: Refund, current: Current, db: Db) -> DonationResponse:
    """For the owner of the livestream. Repeating it with the same `id` changes nothing."""

    async def work(tx: Transaction) -> Donation:
        donation = await donations.get_donation(tx, donation_id)
        livestream = await livestreams.get_livestream(tx, donation.livestream_id)
        if livestream.owner_id != current.user.id:
            raise NotFound("the user has no such donation")
        return await streaming.refund_donation(tx, donation_id, transfer_id=given.id)

    return DonationResponse.of(await db.in_transaction(work))
