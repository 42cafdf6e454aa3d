"""Follows and blocks between users."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hangar_dal.models.row import NotNegative, Row


class FollowStatus(StrEnum):
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"


class Follow(Row):
    """A follow of one user by another, or a request for it (PENDING)."""

    follower_id: UUID
    followed_id: UUID
    status: FollowStatus
    created_at: datetime
    accepted_at: datetime | None


class NewFollow(Row):
    """A follow or a request for `import_follows`."""

    follower_id: UUID
    followed_id: UUID
    status: FollowStatus = FollowStatus.ACCEPTED
    created_at: datetime


class Block(Row):
    """A block of one user by another."""

    blocker_id: UUID
    blocked_id: UUID
    created_at: datetime


class ListedUser(Row):
    """A user in a list of followers, requests or blocked users. `created_at` is when the user was added to it."""

    id: UUID
    username: str | None
    display_name: str
    created_at: datetime


class FollowCounts(Row):
    """How many accepted followers a user has, and how many users they follow."""

    followers: NotNegative
    followed: NotNegative


class Profile(Row):
    """A user as shown to a viewer, and whether each of the two follows the other."""

    id: UUID
    username: str | None
    display_name: str
    is_private: bool
    followers: NotNegative
    followed: NotNegative
    followed_by_viewer: FollowStatus | None
    follows_viewer: FollowStatus | None
