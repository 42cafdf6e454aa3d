"""Reports of advertising: rolled up from impressions and clicks in batches, and what was paid for each day.

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
    """Count up to `batch_size` impressions in the reports, each once; `roll_up` goes on to the end."""
    ...


@query
async def report_clicks(db: Executor, *, batch_size: BatchSize = 500) -> RowCount:
    """Count up to `batch_size` clicks in the reports, each once, after their impressions; for `roll_up`."""
    ...


@query
async def delete_reported_impressions(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` impressions with their clicks; `purge_impressions` goes on to the end."""
    ...


@query
async def list_reports(
    db: Executor, campaign_id: UUID, *, since: date, until: date, after: AdReport | None = None, limit: PageSize = 50
) -> list[AdReport]:
    """A page of the reports of a campaign by creative and day, both days included, the last day first."""
    ...


@query
async def list_report_days(db: Executor, campaign_id: UUID, *, since: date, until: date) -> list[AdReportOfDay]:
    """The sums of a campaign on each day, both days included, the last day first. A day without any is left out."""
    ...


@query
async def list_report_creatives(
    db: Executor, campaign_id: UUID, *, since: date, until: date
) -> list[AdReportOfCreative]:
    """The sums of each creative of a campaign, both days included, the last id first."""
    ...


@query
async def get_report_totals(db: Executor, campaign_id: UUID, *, since: date, until: date) -> AdReportTotals:
    """The sums of a campaign, both days included."""
    ...


@query
async def list_wrong_reports(db: Executor) -> list[WrongReport]:
    """The days whose reports are not what was spent: none, unless somebody went past the triggers."""
    ...


@query
def stream_reports_of_owner(db: Executor, owner_id: UUID) -> Stream[AdReport]:
    """The reports of all campaigns of a user, for an export."""
    ...


@query
async def list_unsettled(
    db: Executor, day: date, *, after: OwedDay | None = None, limit: PageSize = 50
) -> list[OwedDay]:
    """A page of what campaigns spent on a day and have not paid yet, by the id of the campaign."""
    ...


@query
async def lock_owed(db: Executor, campaign_id: UUID, day: date) -> OwedDay | None:
    """What a campaign owes for a day; keeps other transactions from paying it. For `advertising.settle`."""
    ...


@query
async def insert_settlement(db: Executor, new: NewSettlement) -> Settlement:
    """Store that a transfer pays for a day. For `advertising.settle`."""
    ...


@query
async def find_settlement(db: Executor, settlement_id: UUID) -> Settlement | None:
    """The settlement with this id, which is that of its transfer."""
    ...


@query
async def list_settlements(
    db: Executor, campaign_id: UUID, *, after: Settlement | None = None, limit: PageSize = 50
) -> list[Settlement]:
    """A page of what a campaign has paid, the last day first."""
    ...


@query
def stream_settlements_of_owner(db: Executor, owner_id: UUID) -> Stream[Settlement]:
    """What all campaigns of a user have paid, for an export."""
    ...


async def roll_up(db: Database, *, batch_size: int = 500) -> int:
    """Count in the reports what was shown and clicked since, in batches; returns how many rows.

    Each batch is a transaction of its own. Repeating it counts nothing twice, and several processes may do it at once.
    """
    shown = await purge_in_batches(lambda: report_impressions(db, batch_size=batch_size), batch_size, None)
    return shown + await purge_in_batches(lambda: report_clicks(db, batch_size=batch_size), batch_size, None)


async def purge_impressions(db: Database, *, before: datetime, batch_size: int = 500) -> int:
    """Delete the impressions that were reported before an instant, with their clicks, in batches; returns how many.

    Reports and budgets stay. One with a click that is not in the reports stays as well, until the next `roll_up`.
    """
    return await purge_in_batches(
        lambda: delete_reported_impressions(db, before=before, batch_size=batch_size), batch_size, None
    )
