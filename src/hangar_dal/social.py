"""Follows and blocks, profiles, and the feed of the users that somebody follows.

`from hangar_dal import social`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor, atomic
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

# With more users to follow than this, the feed looks at the newest videos of all users first.
MANY_FOLLOWED: Final = 200


@query
async def insert_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow | None:
    """Follow a user, or ask to; None if that is so already or no active user has the id. `follow` says which."""
    ...


@query
async def insert_follows(db: Executor, rows: list[NewFollow]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_follows` makes the batches."""
    ...


@query
async def find_follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow | None:
    """The follow or the request, if there is one."""
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
async def insert_blocks(db: Executor, rows: list[Block]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_blocks` makes the batches."""
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
    """Give the follows of one user to another, on both sides, as far as neither a follow nor a block is in the way."""
    ...


@query
async def accept_moved_follows(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Accept the requests of and to one user where another one has a follow; comes before `move_follows`."""
    ...


@query
async def list_followers(
    db: Executor, user_id: UUID, *, viewer_id: UUID | None, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """A page of a user's followers, the newest first, without those whom a block hides from the viewer."""
    ...


@query
async def list_following(
    db: Executor, user_id: UUID, *, viewer_id: UUID | None, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """A page of those whom a user follows, the newest first, without those whom a block hides from the viewer."""
    ...


@query
async def list_follow_requests(
    db: Executor, user_id: UUID, *, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """A page of those who wait until the user accepts them, the newest first."""
    ...


@query
async def list_blocked_users(
    db: Executor, user_id: UUID, *, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """A page of those whom a user has blocked, by id."""
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
    """A page of those who follow both users, by id, without those whom a block hides from the viewer."""
    ...


@query
async def list_friends(
    db: Executor, user_id: UUID, *, after: ListedUser | None = None, limit: PageSize = 50
) -> list[ListedUser]:
    """A page of those who follow a user and whom the user follows, by id."""
    ...


@query
async def count_follows(db: Executor, user_id: UUID) -> FollowCounts:
    """How many followers a user has, and how many users they follow."""
    ...


@query
async def find_profile(db: Executor, user_id: UUID, *, viewer_id: UUID | None) -> Profile | None:
    """What a viewer is shown of an active user; None if a block hides one from the other."""
    ...


@query
async def list_hidden_users(db: Executor, ids: Ids, *, viewer_id: UUID) -> list[UUID]:
    """Those of these users whom a block hides from the viewer, to leave them out of another list, such as a search."""
    ...


@query
def stream_all_follows(db: Executor) -> Stream[Follow]:
    """All follows and requests, for an export."""
    ...


@query
async def list_newest_followed_videos(
    db: Executor, user_id: UUID, *, after: Video | None = None, limit: PageSize = 50
) -> list[Video]:
    """Part of a page of `list_followed_videos`: what is among the 5,000 newest videos of all users."""
    ...


@query
async def list_followed_videos_by_owner(
    db: Executor, user_id: UUID, *, after: Video | None = None, limit: PageSize = 50
) -> list[Video]:
    """A page of `list_followed_videos`, found through the users who are followed."""
    ...


async def follow(db: Executor, *, follower_id: UUID, followed_id: UUID) -> Follow:
    """Follow a user, or ask to: a private account has to accept. Repeating it changes nothing.

    `NotFound` if no active user has the id; `TriggerViolation` if one of the two has blocked the other.
    """
    pair = {"follower_id": follower_id, "followed_id": followed_id}
    if made := await insert_follow(db, **pair) or await find_follow(db, **pair):
        return made
    raise NotFound("follow: no active user has the id followed_id")


async def import_follows(db: Executor, rows: Iterable[NewFollow], *, batch_size: int = 500) -> int:
    """Store many follows or requests, one statement a batch, all or none; returns how many. Those that exist stay."""
    async with atomic(db) as tx:
        return sum([await insert_follows(tx, batch) for batch in batches(rows, batch_size)])


async def list_followed_videos(
    db: Executor, user_id: UUID, *, after: Video | None = None, limit: int = 50
) -> list[Video]:
    """A page of the videos of the users whom this user follows, the last published first.

    They are PUBLIC or for FOLLOWERS. Somebody who follows many users finds a page among the newest videos of all users;
    else the newest ones of each user are merged.
    """
    if (await count_follows(db, user_id)).followed > MANY_FOLLOWED:
        page = await list_newest_followed_videos(db, user_id, after=after, limit=limit)
        if len(page) == limit:
            return page
    return await list_followed_videos_by_owner(db, user_id, after=after, limit=limit)


async def import_blocks(db: Executor, rows: Iterable[Block], *, batch_size: int = 500) -> int:
    """Store many blocks, one statement a batch, all or none; returns how many. Each ends both follows."""
    once = batches(rows, batch_size, key=lambda block: (block.blocker_id, block.blocked_id))
    async with atomic(db) as tx:
        return sum([await insert_blocks(tx, batch) for batch in once])
