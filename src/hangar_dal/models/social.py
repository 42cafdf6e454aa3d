"""Who follows and who blocks whom."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hangar_dal.models.row import NotNegative, Row


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


class NewFollow(Row):
    """What `import_follows` needs: that one user follows another since an instant, or has asked to."""

    follower_id: UUID
    followed_id: UUID
    status: FollowStatus = FollowStatus.ACCEPTED
    created_at: datetime


class Block(Row):
    """That one user has blocked another."""

    blocker_id: UUID
    blocked_id: UUID
    created_at: datetime


class ListedUser(Row):
    """A user in a list of followers, requests or blocked users, and since when they are in it."""

    id: UUID
    username: str | None
    display_name: str
    created_at: datetime


class FollowCounts(Row):
    """How many accepted followers a user has, and how many users they follow."""

    followers: NotNegative
    followed: NotNegative


class Profile(Row):
    """What a viewer is shown of a user, and whether each follows the other."""

    id: UUID
    username: str | None
    display_name: str
    is_private: bool
    followers: NotNegative
    followed: NotNegative
    followed_by_viewer: FollowStatus | None
    follows_viewer: FollowStatus | None
