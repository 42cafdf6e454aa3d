"""Reports about videos, comments and users, for those who make them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db
from hangar_api.schemas import Request
from hangar_dal import reports, uuid7
from hangar_dal.errors import InvalidValue, NotFound, TriggerViolation
from hangar_dal.reports import NewReport, Report, ReportReason, ReportResolution, ReportStatus, ReportTarget

router = APIRouter(tags=["reports"])
_KEY = ("created_at", "id")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class CreatedReport(Request):
    """`id` is for clients that repeat a request whose answer was lost: the same id makes one report."""

    id: UUID = Field(default_factory=uuid7)
    target_kind: ReportTarget
    target_id: UUID
    reason: ReportReason
    details: Text | None = None


class ReportResponse(BaseModel):
    """A report as its reporter sees it: not who works on it, nor what moderators write about it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    target_kind: ReportTarget
    target_id: UUID
    reason: ReportReason
    details: str | None
    status: ReportStatus
    resolution: ReportResolution | None
    resolved_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, report: Report) -> "ReportResponse":
        return cls.model_validate(report)


@router.post("/reports", status_code=status.HTTP_201_CREATED)
async def create(given: CreatedReport, current: Current, db: Db) -> ReportResponse:
    """Report a video, a comment or a user. While a report about it is not resolved, the answer is that report.

    What a block hides can be reported: a user who blocks another, or was blocked, often has a reason to report.
    """
    if given.target_id == current.user.id:
        raise InvalidValue("target_id: users cannot report themselves")
    try:
        made = await reports.create_report(db, NewReport(reporter_id=current.user.id, **given.model_dump()))
    except TriggerViolation:
        raise NotFound("there is no such target") from None
    return ReportResponse.of(made)


@router.get("/me/reports")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[ReportResponse]:
    """The newest first."""
    after = row_of(cursor, Report, _KEY)
    rows = await reports.list_reports_of_reporter(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _KEY, ReportResponse.of)
