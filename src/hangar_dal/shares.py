"""Shares: videos that users send to each other or elsewhere.

`from hangar_dal import shares`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor
from hangar_dal.errors import NotFound, UniqueViolation
from hangar_dal.models.row import PageSize
from hangar_dal.models.shares import NewShare as NewShare
from hangar_dal.models.shares import Share as Share
from hangar_dal.models.shares import ShareChannel as ShareChannel
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query


@query
async def insert_share(db: Executor, new: NewShare) -> Share | None:
    """Store a share; None if its id is taken or the user may not share the video. Used by `share_video`."""
    ...


@query
async def insert_shares(db: Executor, rows: list[Share]) -> RowCount:
    """Store rows in one statement, except those whose id is taken. Used by `import_shares`."""
    ...


@query
async def get_share(db: Executor, share_id: UUID) -> Share:
    """Return the share with this id. Raises `NotFound` if there is none."""
    ...


@query
async def count_shares(db: Executor, video_id: UUID) -> int:
    """Return the number of shares of a video."""
    ...


@query
async def list_received_shares(
    db: Executor, recipient_id: UUID, *, after: Share | None = None, limit: PageSize = 50
) -> list[Share]:
    """Return a page of the shares sent to a user, newest first, if the user may still see the sender and the video."""
    ...


@query
async def list_shares_of_user(
    db: Executor, user_id: UUID, *, after: Share | None = None, limit: PageSize = 50
) -> list[Share]:
    """Return a page of the shares that a user has sent, newest first, for that user."""
    ...


@query
async def delete_share(db: Executor, share_id: UUID, *, user_id: UUID) -> RowCount:
    """Delete a share that this user has sent; 0 if there is none."""
    ...


@query
def stream_shares_of_user(db: Executor, user_id: UUID) -> Stream[Share]:
    """Stream all shares that a user has sent, oldest first, for an export."""
    ...


@query
async def move_shares(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the shares from and to the user `merged` to `kept`, except those between the two."""
    ...


async def share_video(db: Executor, new: NewShare) -> Share:
    """Share a video. Repeating the call with the same id returns the share.

    Raises `NotFound` if the user may not see the video or a block hides the recipient, and `UniqueViolation` if another
    share has the id.
    """
    if (share := await insert_share(db, new)) is not None:
        return share
    try:
        share = await get_share(db, new.id)
    except NotFound:
        raise NotFound("share_video: the video or the recipient does not exist, or the user may not see them") from None
    if (share.video_id, share.user_id) != (new.video_id, new.user_id):
        raise UniqueViolation("shares: another share has this id", constraint="shares_pkey")
    return share


async def import_shares(db: Executor, rows: Iterable[Share], *, batch_size: int = 500) -> int:
    """Store shares in batches, all or none, except those whose id is taken; return how many were stored."""
    return sum(await store_in_batches(db, insert_shares, rows, batch_size, key=lambda share: share.id))
