"""Choose ads, set their price aside, and count what was shown and clicked: never more than a campaign's budgets.

`from hangar_dal import ad_serving`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Database, Executor, Transaction, atomic
from hangar_dal.errors import AdNotAvailable, InvalidValue, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.models.ad_serving import Ad as Ad
from hangar_dal.models.ad_serving import AdBudget as AdBudget
from hangar_dal.models.ad_serving import AdDay as AdDay
from hangar_dal.models.ad_serving import AdRequest as AdRequest
from hangar_dal.models.ad_serving import Click as Click
from hangar_dal.models.ad_serving import Impression as Impression
from hangar_dal.models.ad_serving import Minute, Turn, Words
from hangar_dal.models.ad_serving import NewImpression as NewImpression
from hangar_dal.models.ad_serving import NewReservation as NewReservation
from hangar_dal.models.ad_serving import Reservation as Reservation
from hangar_dal.models.ad_serving import WrongBudget as WrongBudget
from hangar_dal.models.row import BatchSize, Currency, Label, PageSize
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = COMMERCE.query

LEASE: Final = timedelta(minutes=10)
CANDIDATES: Final = 10
_UNAVAILABLE: Final = {
    "ad_budgets_budget",
    "ad_days_budget",
    "ad_viewer_days_cap",
    "ad_reservations_running",
    "ad_reservations_approved",
}


@query
async def list_eligible(
    db: Executor,
    *,
    currency: Currency,
    keywords: Words,
    traits: dict[str, str],
    viewer: Label,
    day: date,
    minute: Minute,
    turn: Turn,
    limit: PageSize,
) -> list[Ad]:
    """What fits a request; call `list_eligible_ads`."""
    ...


@query
async def insert_reservations(db: Executor, rows: list[NewReservation]) -> list[Reservation]:
    """Reserve in one statement, all or none; leaves out what is reserved or was shown. For `reserve` and `serve`."""
    ...


@query
async def find_reservation(db: Executor, request_id: UUID) -> Reservation | None:
    """The reservation of this request, if it has not ended."""
    ...


@query
async def find_served_ad(db: Executor, request_id: UUID) -> Ad | None:
    """The ad that is reserved for this request, or was shown."""
    ...


@query
async def release(db: Executor, request_id: UUID) -> RowCount:
    """Free what is reserved for a request; 0 if nothing is."""
    ...


@query
async def release_expired(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """Free up to `batch_size` reservations whose time is over; returns how many. Several processes may do it."""
    ...


@query
async def insert_impressions(db: Executor, rows: list[NewImpression]) -> list[Impression]:
    """Count what was shown in one statement; leaves out what is not reserved. For `record_impressions`."""
    ...


@query
async def find_impression(db: Executor, request_id: UUID) -> Impression | None:
    """What was shown for this request."""
    ...


@query
async def list_impressions(
    db: Executor, campaign_id: UUID, *, after: Impression | None = None, limit: PageSize = 50
) -> list[Impression]:
    """A page of the impressions of a campaign that were not purged, the newest first."""
    ...


@query
async def insert_clicks(db: Executor, rows: list[Click]) -> list[Click]:
    """Count clicks in one statement; leaves out those of what was not shown, and those that are there."""
    ...


@query
async def find_click(db: Executor, request_id: UUID) -> Click | None:
    """The click on what was shown for this request."""
    ...


@query
async def get_budget(db: Executor, campaign_id: UUID) -> AdBudget:
    """What a campaign has reserved and spent."""
    ...


@query
async def leave_out_spent(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """Leave up to `batch_size` campaigns out of the choice that have spent their total budget; returns how many.

    They stay ACTIVE, and take part again once their budget is raised. Several processes may do it.
    """
    ...


@query
async def list_days(
    db: Executor, campaign_id: UUID, *, after: AdDay | None = None, limit: PageSize = 50
) -> list[AdDay]:
    """A page of what a campaign has reserved and spent on each day, the last day first."""
    ...


@query
async def list_wrong_budgets(db: Executor) -> list[WrongBudget]:
    """The campaigns whose sums do not agree: none, unless somebody went past the triggers."""
    ...


@query
async def delete_viewer_days(db: Executor, *, before: date, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` counts of viewers; `purge_viewer_days` goes on to the end."""
    ...


@query
def stream_impressions_of_viewer(db: Executor, viewer_id: UUID) -> Stream[Impression]:
    """What was shown to a user, the oldest first, for an export."""
    ...


@query
def stream_clicks_of_viewer(db: Executor, viewer_id: UUID) -> Stream[Click]:
    """The clicks of a user, for an export."""
    ...


@query
async def move_impressions(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give what was shown to one user to another."""
    ...


async def list_eligible_ads(db: Executor, request: AdRequest, *, limit: int = CANDIDATES) -> list[Ad]:
    """The ads that fit a request, the highest bid first: one creative of each campaign.

    A campaign fits if it is ACTIVE and within its dates, in this currency, has one of the keywords or none at all, and
    if each trait of its targeting is one of the request; and if it has budget left and the viewer is below its cap.
    """
    viewer = f"k:{request.viewer_key}" if request.viewer_id is None else f"u:{request.viewer_id}"
    now = db.now()
    return await list_eligible(
        db,
        currency=request.currency,
        keywords=["", *request.keywords],
        traits=request.traits,
        viewer=viewer,
        day=now.date(),
        minute=now.hour * 60 + now.minute,
        turn=request.id.int % 2**32,
        limit=limit,
    )


async def reserve(db: Executor, new: NewReservation) -> Reservation:
    """Set the price of one impression aside. Repeating it returns the reservation while it has not ended.

    `AdNotAvailable` if the campaign does not run or has no budget left, if the creative is not approved, or if the
    viewer has seen the campaign often enough; `UniqueViolation` if the request has another ad, or was shown its ad.
    """
    if rows := await _reserved(db, new):
        return rows[0]
    reservation = await find_reservation(db, new.id)
    if reservation is None and await find_impression(db, new.id) is None:
        raise NotFound("reserve: there is no campaign with this id, or the reservation has just ended")
    fixed = ("campaign_id", "creative_id", "viewer_id", "viewer_key")
    if reservation is None or any(getattr(reservation, name) != getattr(new, name) for name in fixed):
        raise UniqueViolation("ad_reservations: the request has another ad", constraint="ad_reservations_pkey")
    return reservation


async def serve(db: Executor, request: AdRequest, *, lease: timedelta = LEASE) -> Ad | None:
    """Choose the ad of the highest bid that fits, and reserve it until the lease is over; None if there is none.

    Repeating it returns the same ad, until the reservation is released.
    """
    if lease <= timedelta(0):
        raise InvalidValue("lease: must be longer than nothing")
    for ad in await list_eligible_ads(db, request):
        new = NewReservation(
            id=request.id,
            campaign_id=ad.campaign_id,
            creative_id=ad.creative_id,
            viewer_id=request.viewer_id,
            viewer_key=request.viewer_key,
            expires_at=db.now() + lease,
        )
        try:
            reserved = await _reserved(db, new)
        except AdNotAvailable:
            continue  # others have reserved it meanwhile
        if not reserved:
            break
        return ad.model_copy(update={"price": reserved[0].price})
    return await find_served_ad(db, request.id)


async def record_impression(db: Executor, request_id: UUID, *, shown_at: datetime | None = None) -> Impression:
    """Count that the ad of a request was shown: what was reserved is spent. Repeating it changes nothing.

    `NotFound` if nothing is reserved for the request: it has expired, or was released.
    """
    if rows := await insert_impressions(db, [NewImpression(id=request_id, shown_at=shown_at or db.now())]):
        return rows[0]
    impression = await find_impression(db, request_id)
    if impression is None:
        raise NotFound("record_impression: nothing is reserved for this request")
    return impression


async def record_impressions(db: Executor, rows: Iterable[NewImpression], *, batch_size: int = 500) -> int:
    """Count what was shown, one statement a batch, all or none; returns how many were new and reserved."""
    async with atomic(db) as tx:
        once = batches(rows, batch_size, key=lambda row: row.id)
        return sum([len(await insert_impressions(tx, batch)) for batch in once])


async def record_click(db: Executor, request_id: UUID, *, clicked_at: datetime | None = None) -> Click:
    """Count a click on what was shown. Repeating it changes nothing; `NotFound` if nothing was shown."""
    if rows := await insert_clicks(db, [Click(impression_id=request_id, clicked_at=clicked_at or db.now())]):
        return rows[0]
    click = await find_click(db, request_id)
    if click is None:
        raise NotFound("record_click: nothing was shown for this request")
    return click


async def record_clicks(db: Executor, rows: Iterable[Click], *, batch_size: int = 500) -> int:
    """Count clicks, one statement a batch, all or none; returns how many were new and of what was shown."""
    async with atomic(db) as tx:
        once = batches(rows, batch_size, key=lambda row: row.impression_id)
        return sum([len(await insert_clicks(tx, batch)) for batch in once])


async def purge_viewer_days(db: Database, *, before: date, batch_size: int = 500) -> int:
    """Delete how often viewers got ads on the days before a day, in batches; returns how many."""
    return await purge_in_batches(
        lambda: delete_viewer_days(db, before=before, batch_size=batch_size), batch_size, None
    )


async def _reserved(db: Executor, new: NewReservation) -> list[Reservation]:
    """Reserve, and leave the caller's transaction usable if that is refused."""
    try:
        if isinstance(db, Transaction):
            async with db.savepoint() as tx:
                return await insert_reservations(tx, [new])
        return await insert_reservations(db, [new])
    except TriggerViolation as error:
        if error.constraint not in _UNAVAILABLE:
            raise
    raise AdNotAvailable("the campaign does not run, has no budget left, or the viewer has seen it often enough")
