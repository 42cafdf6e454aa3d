"""Advertising reports: totals of impressions and clicks per day, and the payments for each day.

`from hangar_dal import ad_reports`. Every function takes a `Database` or a `Transaction` first, opened with `COMMERCE`.
`hangar_dal.commerce.advertising` pays through the ledger.
"""
# mypy: disable-error-code="empty-body"

from datetime import date, datetime
from uuid import UUID

from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Database, Executor
from hangar_dal.models.ad_reports import AdReport as AdReport
from hangar_dal.models.ad_reports import AdReportOfCreative as AdReportOfCreative
from hangar_dal.models.ad_reports import AdReportOfDay as AdReportOfDay
from hangar_dal.models.ad_reports import AdReportTotals as AdReportTotals
from hangar_dal.models.ad_reports import NewSettlement as NewSettlement
from hangar_dal.models.ad_reports import OwedDay as OwedDay
from hangar_dal.models.ad_reports import Settlement as Settlement
from hangar_dal.models.ad_reports import WrongReport as WrongReport
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = COMMERCE.query


@query
async def report_impressions(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """Add up to `batch_size` impressions to the reports, each once. `roll_up` adds all of them."""
    ...


@query
async def report_clicks(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """Add up to `batch_size` clicks to the reports, each once, after their impressions. Used by `roll_up`."""
    ...


@query
async def delete_reported_impressions(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` reported impressions with their clicks. `purge_impressions` deletes all of them."""
    ...


@query
async def list_reports(
    db: Executor, campaign_id: UUID, *, since: date, until: date, after: AdReport | None = None, limit: PageSize = 50
) -> list[AdReport]:
    """Return a page of a campaign's reports per creative and day, `since` and `until` inclusive, latest day first."""
    ...


@query
async def list_report_days(db: Executor, campaign_id: UUID, *, since: date, until: date) -> list[AdReportOfDay]:
    """Return the totals of a campaign per day, `since` and `until` inclusive, latest day first, without empty days."""
    ...


@query
async def list_report_creatives(
    db: Executor, campaign_id: UUID, *, since: date, until: date
) -> list[AdReportOfCreative]:
    """Return the totals per creative of a campaign, `since` and `until` inclusive, highest id first."""
    ...


@query
async def get_report_totals(db: Executor, campaign_id: UUID, *, since: date, until: date) -> AdReportTotals:
    """Return the totals of a campaign, `since` and `until` inclusive."""
    ...


@query
async def list_wrong_reports(db: Executor) -> list[WrongReport]:
    """Return the days whose reports differ from the spent amount; empty unless triggers were bypassed."""
    ...


@query
def stream_reports_of_owner(db: Executor, owner_id: UUID) -> Stream[AdReport]:
    """Stream the reports of all campaigns of a user, for an export."""
    ...


@query
async def list_unsettled(
    db: Executor, day: date, *, after: OwedDay | None = None, limit: PageSize = 50
) -> list[OwedDay]:
    """Return a page of the amounts that campaigns spent on a day and have not paid, ordered by campaign id."""
    ...


@query
async def lock_owed(db: Executor, campaign_id: UUID, day: date) -> OwedDay | None:
    """Return what a campaign owes for a day and lock it against other payments; None if nothing.

    Used by `advertising.settle`.
    """
    ...


@query
async def insert_settlement(db: Executor, new: NewSettlement) -> Settlement:
    """Record that a transfer pays for a day. Used by `advertising.settle`."""
    ...


@query
async def find_settlement(db: Executor, settlement_id: UUID) -> Settlement | None:
    """Return the settlement with this id, which is the id of its transfer; None if there is none."""
    ...


@query
async def list_settlements(
    db: Executor, campaign_id: UUID, *, after: Settlement | None = None, limit: PageSize = 50
) -> list[Settlement]:
    """Return a page of the settlements of a campaign, latest day first."""
    ...


@query
def stream_settlements_of_owner(db: Executor, owner_id: UUID) -> Stream[Settlement]:
    """Stream the settlements of all campaigns of a user, for an export."""
    ...


async def roll_up(db: Database, *, batch_size: int | None = None) -> int:
    """Add new impressions and clicks to the reports, in batches; return how many rows were added.

    Each batch is its own transaction. Repeating the call counts nothing twice, and several processes may call it at
    once.
    """
    shown = await purge_in_batches(lambda size: report_impressions(db, batch_size=size), batch_size, None)
    return shown + await purge_in_batches(lambda size: report_clicks(db, batch_size=size), batch_size, None)


async def purge_impressions(db: Database, *, before: datetime, batch_size: int | None = None) -> int:
    """Delete the impressions that were reported before an instant, with their clicks, in batches; return how many.

    Reports and budgets stay. An impression with an unreported click also stays until the next `roll_up`.
    """
    return await purge_in_batches(
        lambda size: delete_reported_impressions(db, before=before, batch_size=size), batch_size, None
    )
