"""Follows, blocks, profiles, and the feed of followed users.

`from hangar_dal import social`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor
from hangar_dal.errors import NotFound
from hangar_dal.models.row import PageSize
from hangar_dal.models.social import Block as Block
from hangar_dal.models.social import Follow as Follow
from hangar_dal.models.social import FollowCounts as FollowCounts
from hangar_dal.models.social import FollowStatus as FollowStatus
from hangar_dal.models.social import ListedUser as ListedUser
from hangar_dal.models.social import NewFollow as NewFollow
from hangar_dal.models.social import Profile as Profile
from hangar_dal.models.videos import Video
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query

Ids = Annotated[list[UUID], Field(max_length=1000)]

# If a user follows more users than this, the feed searches the newest videos of all users first.
MANY_FOLLOWED: Final = 200


@query
async def insert_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow | None:
    """Follow a user, or request it; None if the follow exists or no active user has the id. Used by `follow`."""
    ...


@query
async def insert_follows(db: Executor, rows: list[NewFollow]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_follows`."""
    ...


@query
async def find_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow | None:
    """Return the follow or the request; None if there is none."""
    ...


@query
async def accept_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow:
    """Accept a follow request. Raises `NotFound` if there is none. Repeating the call changes nothing."""
    ...


@query
async def refuse_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> RowCount:
    """Refuse a PENDING follow request; 0 if there is none."""
    ...


@query
async def unfollow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> RowCount:
    """End a follow or withdraw a request; 0 if there is none."""
    ...


@query
async def block(db: Executor, *, blocker_id: UUID, blocked_id: UUID) -> Block:
    """Block a user: hides the two users from each other and ends the follows in both directions.

    Repeating the call changes nothing.
    """
    ...


@query
async def insert_blocks(db: Executor, rows: list[Block]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_blocks`."""
    ...


@query
async def unblock(db: Executor, *, blocker_id: UUID, blocked_id: UUID) -> RowCount:
    """Remove a block; 0 if there is none. The earlier follows are not restored."""
    ...


@query
def stream_follows(db: Executor, user_id: UUID) -> Stream[Follow]:
    """Stream the follows and requests from and to a user, oldest first."""
    ...


@query
def stream_blocks(db: Executor, blocker_id: UUID) -> Stream[Block]:
    """Stream the blocks that a user has set."""
    ...


@query
async def move_blocks(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the blocks from and to the user `merged` to the user `kept`, except those that exist."""
    ...


@query
async def move_follows(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Move the follows of `merged`, as follower and as followed user, to `kept`.

    Leaves out a follow if `kept` and the other user have such a follow or a block already.
    """
    ...


@query
async def accept_moved_follows(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Accept requests from and to `kept` where `merged` has an accepted follow. Call it before `move_follows`."""
    ...


@query
async def list_followers(
    db: Executor, user_id: UUID, *, viewer_id: UUID | None, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """Return a page of a user's followers, newest first, without users hidden from the viewer by a block."""
    ...


@query
async def list_following(
    db: Executor, user_id: UUID, *, viewer_id: UUID | None, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """Return a page of the users that a user follows, newest first, without users hidden from the viewer by a block."""
    ...


@query
async def list_follow_requests(
    db: Executor, user_id: UUID, *, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """Return a page of the users whose follow request to this user is pending, newest first."""
    ...


@query
async def list_blocked_users(
    db: Executor, user_id: UUID, *, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """Return a page of the users that a user has blocked, ordered by id."""
    ...


@query
async def list_mutual_followers(
    db: Executor,
    user_id: UUID,
    *,
    other_id: UUID,
    viewer_id: UUID | None,
    after: ListedUser | None = None,
    limit: PageSize = 50,
) -> list[ListedUser]:
    """Return a page of the users who follow both users, by id, without users hidden from the viewer by a block."""
    ...


@query
async def list_friends(
    db: Executor, user_id: UUID, *, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """Return a page of the users who follow a user and whom the user follows, ordered by id."""
    ...


@query
async def count_follows(db: Executor, user_id: UUID) -> FollowCounts:
    """Return how many followers a user has, and how many users they follow."""
    ...


@query
async def find_profile(db: Executor, user_id: UUID, *, viewer_id: UUID | None) -> Profile | None:
    """Return the profile of an active user as shown to a viewer; None if one of the two blocks the other."""
    ...


@query
async def list_hidden_users(db: Executor, ids: Ids, *, viewer_id: UUID) -> list[UUID]:
    """Return the ids of those users that a block hides from the viewer, to remove them from a list such as a search."""
    ...


@query
def stream_all_follows(db: Executor) -> Stream[Follow]:
    """Stream all follows and requests, for an export."""
    ...


@query
async def list_newest_followed_videos(
    db: Executor, user_id: UUID, *, after: Video | None = None, limit: PageSize = 50
) -> list[Video]:
    """Return the part of a page of `list_followed_videos` that is among the 5,000 newest videos of all users."""
    ...


@query
async def list_followed_videos_by_owner(
    db: Executor, user_id: UUID, *, after: Video | None = None, limit: PageSize = 50
) -> list[Video]:
    """Return a page of `list_followed_videos` by merging the newest videos of each followed user."""
    ...


async def follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow:
    """Follow a user, or request it if the account is private. Repeating the call changes nothing.

    Raises `NotFound` if no active user has the id, and `TriggerViolation` if one of the two blocks the other.
    """
    pair = {"follower_id": follower_id, "followed_id": followed_id}
    if made := await insert_follow(db, **pair) or await find_follow(db, **pair):
        return made
    raise NotFound("follow: no active user has the id followed_id")


async def import_follows(db: Executor, rows: Iterable[NewFollow], *, batch_size: int = 500) -> int:
    """Store follows or requests in batches, all or none, except those that exist; return how many were stored."""
    return sum(await store_in_batches(db, insert_follows, rows, batch_size))


async def list_followed_videos(
    db: Executor, user_id: UUID, *, after: Video | None = None, limit: int = 50
) -> list[Video]:
    """Return a page of the videos of the users whom this user follows, most recently published first.

    The videos are PUBLIC or for FOLLOWERS. For a user who follows many users, the page is searched among the newest
    videos of all users; otherwise the newest videos of each followed user are merged.
    """
    if (await count_follows(db, user_id)).followed > MANY_FOLLOWED:
        page = await list_newest_followed_videos(db, user_id, after=after, limit=limit)
        if len(page) == limit:
            return page
    return await list_followed_videos_by_owner(db, user_id, after=after, limit=limit)


async def import_blocks(db: Executor, rows: Iterable[Block], *, batch_size: int = 500) -> int:
    """Store blocks in batches, all or none, and return how many were stored.

    Each block ends the follows in both directions.
    """
    return sum(
        await store_in_batches(
            db, insert_blocks, rows, batch_size, key=lambda block: (block.blocker_id, block.blocked_id)
        )
    )
