"""Follows and blocks.

`from hangar_dal import social`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from uuid import UUID

from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor
from hangar_dal.models.social import Block as Block
from hangar_dal.models.social import Follow as Follow
from hangar_dal.models.social import FollowStatus as FollowStatus
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query


@query
async def follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow:
    """Follow a user, or ask to: a private account has to accept. Repeating it changes nothing.

    `NotFound` if there is no such user; `TriggerViolation` if one of the two has blocked the other.
    """
    ...


@query
async def accept_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow:
    """Accept a request; `NotFound` if there is none. Repeating it changes nothing."""
    ...


@query
async def refuse_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> RowCount:
    """Refuse a request that is PENDING; 0 if there is none."""
    ...


@query
async def unfollow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> RowCount:
    """End a follow, or take a request back; 0 if there is none."""
    ...


@query
async def block(db: Executor, *, blocker_id: UUID, blocked_id: UUID) -> Block:
    """Hide two users from each other, and end both follows. Repeating it changes nothing."""
    ...


@query
async def unblock(db: Executor, *, blocker_id: UUID, blocked_id: UUID) -> RowCount:
    """Lift a block; 0 if there is none. The follows do not come back."""
    ...


@query
def stream_follows(db: Executor, user_id: UUID) -> Stream[Follow]:
    """Whom a user follows and who follows the user, requests included, the oldest first."""
    ...


@query
def stream_blocks(db: Executor, blocker_id: UUID) -> Stream[Block]:
    """Whom a user has blocked."""
    ...


@query
async def move_blocks(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the blocks of one user to another, on both sides, as far as they are not there yet."""
    ...


@query
async def move_follows(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the follows of one user to another, on both sides, as far as no block is in the way."""
    ...
