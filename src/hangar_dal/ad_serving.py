"""Ad serving: choose ads, reserve their price, and count impressions and clicks, never beyond a campaign's budgets.

`from hangar_dal import ad_serving`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Database, Executor, Transaction, time_of
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
    """Return the ads that fit a request, highest bid first. Used by `list_eligible_ads`."""
    ...


@query
async def insert_reservations(db: Executor, rows: list[NewReservation]) -> list[Reservation]:
    """Store reservations in one statement, all or none, except those reserved or shown.

    Used by `reserve` and `serve`.
    """
    ...


@query
async def find_reservation(db: Executor, request_id: UUID) -> Reservation | None:
    """Return the reservation of this request; None if there is none or it has ended."""
    ...


@query
async def find_served_ad(db: Executor, request_id: UUID) -> Ad | None:
    """Return the ad that is reserved or was shown for this request; None if there is none."""
    ...


@query
async def release(db: Executor, request_id: UUID) -> RowCount:
    """Release the reservation of a request; 0 if there is none."""
    ...


@query
async def release_expired(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """Release up to `batch_size` expired reservations; return how many. Several processes may call it at once."""
    ...


@query
async def insert_impressions(db: Executor, rows: list[NewImpression]) -> list[Impression]:
    """Store impressions in one statement, except those without a reservation. Used by `record_impressions`."""
    ...


@query
async def find_impression(db: Executor, request_id: UUID) -> Impression | None:
    """Return the impression of this request; None if there is none."""
    ...


@query
async def list_impressions(
    db: Executor, campaign_id: UUID, *, after: Impression | None = None, limit: PageSize = 50
) -> list[Impression]:
    """Return a page of the impressions of a campaign that were not purged, newest first."""
    ...


@query
async def insert_clicks(db: Executor, rows: list[Click]) -> list[Click]:
    """Store clicks in one statement, except those that exist or have no impression."""
    ...


@query
async def find_click(db: Executor, request_id: UUID) -> Click | None:
    """Return the click on the impression of this request; None if there is none."""
    ...


@query
async def get_budget(db: Executor, campaign_id: UUID) -> AdBudget:
    """Return what a campaign has reserved and spent."""
    ...


@query
async def leave_out_spent(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """Exclude up to `batch_size` campaigns that have spent their total budget; return how many.

    The campaigns stay ACTIVE and can be chosen again after their budget is raised. Several processes may call it at
    once.
    """
    ...


@query
async def list_days(
    db: Executor, campaign_id: UUID, *, after: AdDay | None = None, limit: PageSize = 50
) -> list[AdDay]:
    """Return a page of what a campaign has reserved and spent per day, latest day first."""
    ...


@query
async def list_wrong_budgets(db: Executor) -> list[WrongBudget]:
    """Return the campaigns whose totals are inconsistent; empty unless triggers were bypassed."""
    ...


@query
async def delete_viewer_days(db: Executor, *, before: date, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` daily counts of viewers. `purge_viewer_days` deletes all of them."""
    ...


@query
def stream_impressions_of_viewer(db: Executor, viewer_id: UUID) -> Stream[Impression]:
    """Stream the impressions shown to a user, oldest first, for an export."""
    ...


@query
def stream_clicks_of_viewer(db: Executor, viewer_id: UUID) -> Stream[Click]:
    """Stream the clicks of a user, for an export."""
    ...


@query
async def move_impressions(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the impressions of the user `merged` to the user `kept`."""
    ...


async def list_eligible_ads(db: Executor, request: AdRequest, *, limit: int = CANDIDATES) -> list[Ad]:
    """Return the ads that fit a request, highest bid first, with one creative per campaign.

    A campaign fits if it is ACTIVE, within its dates, in the currency of the request, and has budget left. It must have
    one of the request's keywords or no keywords. The request must have a value that fits for each trait of its
    targeting. The viewer must be below its frequency cap.
    """
    viewer = f"k:{request.viewer_key}" if request.viewer_id is None else f"u:{request.viewer_id}"
    now = time_of(db)
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
    """Reserve the price of one impression. Repeating the call returns the reservation until it ends.

    Raises `AdNotAvailable` if the campaign is not running or has no budget left, the creative is not approved, or the
    viewer has reached the frequency cap. Raises `UniqueViolation` if the request has another ad or its ad was shown.
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
    """Choose the fitting ad with the highest bid and reserve it until the lease ends; None if no ad fits.

    Repeating the call returns the same ad until the reservation is released.
    """
    if lease <= timedelta(0):
        raise InvalidValue("lease: must be longer than 0 seconds")
    for ad in await list_eligible_ads(db, request):
        new = NewReservation(
            id=request.id,
            campaign_id=ad.campaign_id,
            creative_id=ad.creative_id,
            viewer_id=request.viewer_id,
            viewer_key=request.viewer_key,
            expires_at=time_of(db) + lease,
        )
        try:
            reserved = await _reserved(db, new)
        except AdNotAvailable:
            continue  # other requests have used up the budget in the meantime
        if not reserved:
            break
        return ad.model_copy(update={"price": reserved[0].price})
    return await find_served_ad(db, request.id)


async def record_impression(db: Executor, request_id: UUID, *, shown_at: datetime | None = None) -> Impression:
    """Record that the ad of a request was shown, and spend its reservation. Repeating the call changes nothing.

    Raises `NotFound` if the request has no reservation, for example because it has expired or was released.
    """
    if rows := await insert_impressions(db, [NewImpression(id=request_id, shown_at=shown_at or time_of(db))]):
        return rows[0]
    impression = await find_impression(db, request_id)
    if impression is None:
        raise NotFound("record_impression: this request has no reservation")
    return impression


async def record_impressions(db: Executor, rows: Iterable[NewImpression], *, batch_size: int = 500) -> int:
    """Record impressions in batches, all or none, except those that exist or have no reservation; return how many."""
    return sum(map(len, await store_in_batches(db, insert_impressions, rows, batch_size, key=lambda row: row.id)))


async def record_click(db: Executor, request_id: UUID, *, clicked_at: datetime | None = None) -> Click:
    """Record a click on an impression. Repeating the call changes nothing. Raises `NotFound` if nothing was shown."""
    if rows := await insert_clicks(db, [Click(impression_id=request_id, clicked_at=clicked_at or time_of(db))]):
        return rows[0]
    click = await find_click(db, request_id)
    if click is None:
        raise NotFound("record_click: this request has no impression")
    return click


async def record_clicks(db: Executor, rows: Iterable[Click], *, batch_size: int = 500) -> int:
    """Record clicks in batches, all or none, except those that exist or have no impression; return how many."""
    return sum(map(len, await store_in_batches(db, insert_clicks, rows, batch_size, key=lambda row: row.impression_id)))


async def purge_viewer_days(db: Database, *, before: date, batch_size: int | None = None) -> int:
    """Delete the daily counts of viewers that are older than the day `before`, in batches; return how many rows."""
    return await purge_in_batches(lambda size: delete_viewer_days(db, before=before, batch_size=size), batch_size, None)


async def _reserved(db: Executor, new: NewReservation) -> list[Reservation]:
    """Store a reservation in a savepoint, so that a refusal leaves the caller's transaction usable."""
    try:
        if isinstance(db, Transaction):
            async with db.savepoint() as tx:
                return await insert_reservations(tx, [new])
        return await insert_reservations(db, [new])
    except TriggerViolation as error:
        if error.constraint not in _UNAVAILABLE:
            raise
    raise AdNotAvailable("the campaign does not run, has no budget left, or the viewer has seen it often enough")
