"""The queue of reports: moderators claim them one by one, and resolve or release what they have claimed."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, HTTPException, status

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Db, Moderator, or_not_found
from hangar_api.routes.reports import ReportResponse, Text
from hangar_api.schemas import Request
from hangar_dal import Database, reports
from hangar_dal.errors import NotFound
from hangar_dal.reports import Report, ReportResolution, ReportStatus

router = APIRouter(prefix="/moderation/reports", tags=["moderation"])
_KEY = ("created_at", "id")


class Resolution(Request):
    resolution: ReportResolution
    note: Text | None = None


class ModeratedReport(ReportResponse):
    """A claim ends at `available_at`."""

    reporter_id: UUID | None
    claimed_by: UUID | None
    claimed_at: datetime | None
    available_at: datetime | None
    note: str | None

    @classmethod
    def of(cls, report: Report) -> "ModeratedReport":
        return cls.model_validate(report)


@router.get("")
async def list_by_status(
    moderator: Moderator,
    db: Db,
    status: ReportStatus = ReportStatus.OPEN,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ModeratedReport]:
    """The reports with a status, the newest first."""
    rows = await reports.list_reports(db, status, after=row_of(cursor, Report, _KEY), limit=limit)
    return page(rows, limit, _KEY, ModeratedReport.of)


@router.get("/about/{target_id}")
async def list_about(
    target_id: UUID, moderator: Moderator, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[ModeratedReport]:
    """The reports about a video, a comment or a user, the newest first. The target may be gone."""
    rows = await reports.list_reports_of_target(db, target_id, after=row_of(cursor, Report, _KEY), limit=limit)
    return page(rows, limit, _KEY, ModeratedReport.of)


@router.get("/claimed")
async def list_claimed(moderator: Moderator, db: Db) -> list[ModeratedReport]:
    """What this moderator has claimed and not resolved, the first reported first."""
    return [ModeratedReport.of(row) for row in await reports.list_claimed_reports(db, moderator.user.id, limit=100)]


@router.post("/claim")
async def claim(moderator: Moderator, db: Db) -> ModeratedReport | None:
    """Claim the report that has waited longest, for fifteen minutes. Null if none waits.

    If the answer is lost, `/moderation/reports/claimed` has the report.
    """
    found = await reports.claim_report(db, moderator_id=moderator.user.id)
    return ModeratedReport.of(found) if found else None


@router.get("/{report_id}")
async def show(report_id: UUID, moderator: Moderator, db: Db) -> ModeratedReport:
    return ModeratedReport.of(or_not_found(await reports.find_report(db, report_id)))


@router.post("/{report_id}/resolve")
async def resolve(report_id: UUID, given: Resolution, moderator: Moderator, db: Db) -> ModeratedReport:
    """Say what was decided about a claimed report. Repeating it changes nothing but the note."""
    try:
        resolved = await reports.resolve_report(
            db, report_id, moderator_id=moderator.user.id, resolution=given.resolution, note=given.note
        )
    except NotFound:
        raise await _not_held(db, report_id) from None
    return ModeratedReport.of(resolved)


@router.post("/{report_id}/release", status_code=status.HTTP_204_NO_CONTENT)
async def release(report_id: UUID, moderator: Moderator, db: Db) -> None:
    """Put a claimed report back in its place in the queue."""
    if not await reports.release_report(db, report_id, moderator_id=moderator.user.id):
        raise await _not_held(db, report_id)


async def _not_held(db: Database, report_id: UUID) -> Exception:
    """Why a moderator cannot change a report: a report that exists is no secret to moderators."""
    or_not_found(await reports.find_report(db, report_id))
    return HTTPException(409, "You do not hold this report, or it was resolved in another way. Claim one first.")
