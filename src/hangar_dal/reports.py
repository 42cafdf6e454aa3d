"""Reports about videos, comments and users: a queue from which moderators claim.

`from hangar_dal import reports`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import batches, each_once
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Database, Executor, atomic
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
    """Store many in one statement, leaving out those that `create_report` would; `import_reports` makes the batches."""
    ...


@query
async def find_unresolved_report(
    db: Executor, *, reporter_id: UUID, target_kind: ReportTarget, target_id: UUID
) -> Report | None:
    """The report about this target that this reporter waits for."""
    ...


@query
async def find_report(db: Executor, report_id: UUID) -> Report | None:
    """The report with this id."""
    ...


@query
async def claim_next_report(db: Executor, *, moderator_id: UUID, until: datetime) -> Report | None:
    """Claim the report that has been available longest, until an instant; `claim_report` takes a lease."""
    ...


@query
async def release_report(db: Executor, report_id: UUID, *, moderator_id: UUID) -> RowCount:
    """Put a claimed report back in its place in the queue; 0 if this moderator does not hold it."""
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
    """Resolve a claimed report. Repeating it changes nothing but the note; `NotFound` if another moderator holds it."""
    ...


@query
async def list_reports(
    db: Executor, status: ReportStatus, *, after: Report | None = None, limit: PageSize = 50
) -> list[Report]:
    """A page of the reports with this status, the newest first."""
    ...


@query
async def list_reports_of_target(
    db: Executor, target_id: UUID, *, after: Report | None = None, limit: PageSize = 50
) -> list[Report]:
    """A page of the reports about a video, a comment or a user, the newest first."""
    ...


@query
async def list_reports_of_reporter(
    db: Executor, reporter_id: UUID, *, after: Report | None = None, limit: PageSize = 50
) -> list[Report]:
    """A page of the reports that a user made, the newest first."""
    ...


@query
async def list_claimed_reports(db: Executor, moderator_id: UUID, *, limit: PageSize = 50) -> list[Report]:
    """The reports that a moderator has claimed and not resolved, the first claimed first."""
    ...


@query
async def delete_resolved_reports(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` resolved reports; `purge_reports` goes on to the end."""
    ...


@query
def stream_reports_of_reporter(db: Executor, reporter_id: UUID) -> Stream[Report]:
    """All reports that a user made, the oldest first, for an export."""
    ...


@query
async def move_reports(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the reports of one user to another, but not those that the other waits for as well."""
    ...


@query
async def move_claims(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the reports that one moderator has claimed or resolved to another."""
    ...


async def create_report(db: Executor, new: NewReport) -> Report:
    """Report a video, a comment or a user. While the reporter's report about it is unresolved, that one is returned.

    `TriggerViolation` if there is no such target; `UniqueViolation` if another report has the id.
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
    """Claim the report that has been available longest; None if there is none. No two moderators get the same one.

    After the lease, another moderator may claim it. If the answer is lost, `list_claimed_reports` has the report.
    """
    if lease <= timedelta(0):
        raise InvalidValue("lease: must be longer than nothing")
    return await claim_next_report(db, moderator_id=moderator_id, until=db.now() + lease)


async def purge_reports(db: Database, *, before: datetime, batch_size: int = 500) -> int:
    """Delete the resolved reports made before an instant, in batches; returns how many."""
    return await purge_in_batches(
        lambda: delete_resolved_reports(db, before=before, batch_size=batch_size), batch_size, None
    )


async def import_reports(db: Executor, rows: Iterable[NewReport], *, batch_size: int = 500) -> int:
    """Store many reports, one statement a batch, all or none; returns how many.

    Those whose reporter has an unresolved report about the same target are left out, and ids that are taken.
    """
    stored = 0
    async with atomic(db) as tx:
        for batch in batches(rows, batch_size, key=lambda new: (new.reporter_id, new.target_kind, new.target_id)):
            stored += await insert_reports(tx, each_once(batch, lambda new: new.id))
    return stored
