"""Who follows and who blocks whom."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hangar_dal.models.row import Row


class FollowStatus(StrEnum):
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"


class Follow(Row):
    """That one user follows another, or has asked to."""

    follower_id: UUID
    followed_id: UUID
    status: FollowStatus
    created_at: datetime
    accepted_at: datetime | None


class Block(Row):
    """That one user has blocked another."""

    blocker_id: UUID
    blocked_id: UUID
    created_at: datetime
