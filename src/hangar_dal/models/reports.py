"""Reports about videos, comments and users, and the moderators' decisions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import LongText, Row
from hangar_dal.values import JsonObject, uuid7


class ReportTarget(StrEnum):
    VIDEO = "VIDEO"
    COMMENT = "COMMENT"
    USER = "USER"


class ReportReason(StrEnum):
    SPAM = "SPAM"
    ABUSE = "ABUSE"
    HATE = "HATE"
    VIOLENCE = "VIOLENCE"
    SEXUAL = "SEXUAL"
    COPYRIGHT = "COPYRIGHT"
    OTHER = "OTHER"


class ReportStatus(StrEnum):
    OPEN = "OPEN"
    CLAIMED = "CLAIMED"
    RESOLVED = "RESOLVED"


class ReportResolution(StrEnum):
    ACTION_TAKEN = "ACTION_TAKEN"
    NO_ACTION = "NO_ACTION"


class Report(Row):
    """A report. A claim lasts until `available_at`, which is None after the report is resolved.

    `reporter_id` and `claimed_by` become None when these users are deleted. The target may also be deleted.
    """

    id: UUID
    reporter_id: UUID | None
    target_kind: ReportTarget
    target_id: UUID
    reason: ReportReason
    details: str | None
    metadata: JsonObject
    status: ReportStatus
    claimed_by: UUID | None
    claimed_at: datetime | None
    available_at: datetime | None
    resolution: ReportResolution | None
    note: str | None
    resolved_at: datetime | None
    created_at: datetime


class NewReport(Row):
    """A report for `create_report`."""

    id: UUID = Field(default_factory=uuid7)
    reporter_id: UUID
    target_kind: ReportTarget
    target_id: UUID
    reason: ReportReason
    details: LongText | None = None
    metadata: JsonObject = Field(default_factory=dict)
