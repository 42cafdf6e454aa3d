"""Reports about videos, comments and users, in a queue for moderators.

`from hangar_dal import reports`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Awaitable, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import each_once, store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Database, Executor, Transaction, time_of
from hangar_dal.errors import InvalidValue, NotFound, UniqueViolation
from hangar_dal.models.reports import NewReport as NewReport
from hangar_dal.models.reports import Report as Report
from hangar_dal.models.reports import ReportReason as ReportReason
from hangar_dal.models.reports import ReportResolution as ReportResolution
from hangar_dal.models.reports import ReportStatus as ReportStatus
from hangar_dal.models.reports import ReportTarget as ReportTarget
from hangar_dal.models.row import BatchSize, LongText, PageSize
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query

LEASE: Final = timedelta(minutes=15)


@query
async def insert_report(db: Executor, new: NewReport) -> Report | None:
    """Store a report; None if the reporter has an unresolved one about this target, or the id is taken."""
    ...


@query
async def insert_reports(db: Executor, rows: list[NewReport]) -> RowCount:
    """Store reports in one statement, except duplicates as in `create_report`. Used by `import_reports`."""
    ...


@query
async def find_unresolved_report(
    db: Executor, *, reporter_id: UUID, target_kind: ReportTarget, target_id: UUID
) -> Report | None:
    """Return this reporter's unresolved report about this target; None if there is none."""
    ...


@query
async def find_report(db: Executor, report_id: UUID) -> Report | None:
    """Return the report with this id; None if there is none."""
    ...


@query
async def claim_next_report(db: Executor, *, moderator_id: UUID, until: datetime) -> Report | None:
    """Claim the report that has been available longest, until an instant; None if there is none.

    Used by `claim_report`.
    """
    ...


@query
async def release_report(db: Executor, report_id: UUID, *, moderator_id: UUID) -> RowCount:
    """Return a claimed report to its place in the queue; 0 if this moderator has not claimed it."""
    ...


@query
async def resolve_report(
    db: Executor,
    report_id: UUID,
    *,
    moderator_id: UUID,
    resolution: ReportResolution,
    note: LongText | None = None,
) -> Report:
    """Resolve a claimed report. Repeating the call changes only the note.

    Raises `NotFound` if another moderator has claimed it.
    """
    ...


@query
async def list_reports(
    db: Executor, status: ReportStatus, *, after: Report | None = None, limit: PageSize = 50
) -> list[Report]:
    """Return a page of the reports with this status, newest first."""
    ...


@query
async def list_reports_of_target(
    db: Executor, target_id: UUID, *, after: Report | None = None, limit: PageSize = 50
) -> list[Report]:
    """Return a page of the reports about a video, a comment or a user, newest first."""
    ...


@query
async def list_reports_of_reporter(
    db: Executor, reporter_id: UUID, *, after: Report | None = None, limit: PageSize = 50
) -> list[Report]:
    """Return a page of the reports that a user made, newest first."""
    ...


@query
async def list_claimed_reports(db: Executor, moderator_id: UUID, *, limit: PageSize = 50) -> list[Report]:
    """Return the reports that a moderator has claimed and not resolved, earliest claim first."""
    ...


@query
async def delete_resolved_reports(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` resolved reports made before an instant. `purge_reports` deletes all of them."""
    ...


@query
def stream_reports_of_reporter(db: Executor, reporter_id: UUID) -> Stream[Report]:
    """Stream all reports that a user made, oldest first, for an export."""
    ...


@query
async def move_reports(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the reports of `merged` to `kept`, except about targets for which `kept` has an unresolved report."""
    ...


@query
async def move_claims(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the reports that the moderator `merged` has claimed or resolved to the moderator `kept`."""
    ...


async def create_report(db: Executor, new: NewReport) -> Report:
    """Report a video, a comment or a user. If the reporter has an unresolved report about it, returns that report.

    Raises `TriggerViolation` if there is no such target, and `UniqueViolation` if another report has the id.
    """
    if report := await insert_report(db, new) or await find_unresolved_report(
        db, reporter_id=new.reporter_id, target_kind=new.target_kind, target_id=new.target_id
    ):
        return report
    report = await find_report(db, new.id)
    if report is None:
        raise NotFound("create_report: the report was resolved and deleted meanwhile")
    if (report.reporter_id, report.target_kind, report.target_id) != (new.reporter_id, new.target_kind, new.target_id):
        raise UniqueViolation("reports: another report has this id", constraint="reports_pkey")
    return report


async def claim_report(db: Executor, *, moderator_id: UUID, lease: timedelta = LEASE) -> Report | None:
    """Claim the report that has been available longest; None if there is none.

    Two moderators never get the same report. After the lease, another moderator may claim the report. If the result of
    this call is lost, `list_claimed_reports` returns the report.
    """
    if lease <= timedelta(0):
        raise InvalidValue("lease: must be longer than 0 seconds")
    return await claim_next_report(db, moderator_id=moderator_id, until=time_of(db) + lease)


async def purge_reports(db: Database, *, before: datetime, batch_size: int | None = None) -> int:
    """Delete the resolved reports made before an instant, in batches, and return how many."""
    return await purge_in_batches(
        lambda size: delete_resolved_reports(db, before=before, batch_size=size), batch_size, None
    )


async def import_reports(db: Executor, rows: Iterable[NewReport], *, batch_size: int = 500) -> int:
    """Store reports in batches, all or none, and return how many were stored.

    Skips reports whose id is taken or whose reporter has an unresolved report about the same target.
    """

    def key(new: NewReport) -> object:
        return new.reporter_id, new.target_kind, new.target_id

    def insert(tx: Transaction, batch: list[NewReport]) -> Awaitable[int]:
        return insert_reports(tx, each_once(batch, lambda new: new.id))

    return sum(await store_in_batches(db, insert, rows, batch_size, key=key))
