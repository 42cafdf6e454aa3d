"""Videos that users pass on, to each other or elsewhere.

`from hangar_dal import shares`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import NotFound, UniqueViolation
from hangar_dal.models.row import PageSize
from hangar_dal.models.shares import NewShare as NewShare
from hangar_dal.models.shares import Share as Share
from hangar_dal.models.shares import ShareChannel as ShareChannel
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query


@query
async def insert_share(db: Executor, new: NewShare) -> Share | None:
    """Store a share; None if its id is taken or the user may not share the video. `share_video` says which."""
    ...


@query
async def insert_shares(db: Executor, rows: list[Share]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `import_shares` makes the batches."""
    ...


@query
async def get_share(db: Executor, share_id: UUID) -> Share:
    """The share with this id."""
    ...


@query
async def count_shares(db: Executor, video_id: UUID) -> int:
    """How often a video was shared."""
    ...


@query
async def list_received_shares(
    db: Executor, recipient_id: UUID, *, after: Share | None = None, limit: PageSize = 50
) -> list[Share]:
    """A page of what others shared with a user, the newest first, as far as the user still sees sender and video."""
    ...


@query
async def list_shares_of_user(
    db: Executor, user_id: UUID, *, after: Share | None = None, limit: PageSize = 50
) -> list[Share]:
    """A page of what a user shared, the newest first, for the user."""
    ...


@query
async def delete_share(db: Executor, share_id: UUID, *, user_id: UUID) -> RowCount:
    """Take a share of this user back; 0 if there is none."""
    ...


@query
def stream_shares_of_user(db: Executor, user_id: UUID) -> Stream[Share]:
    """All that a user shared, the oldest first, for an export."""
    ...


@query
async def move_shares(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give what one user sent and received to another, but not what the two sent each other."""
    ...


async def share_video(db: Executor, new: NewShare) -> Share:
    """Pass a video on. Repeating it with the same id returns the share.

    `NotFound` if the user does not see the video, or a block hides the recipient; `UniqueViolation` if another user has
    the id.
    """
    if (share := await insert_share(db, new)) is not None:
        return share
    try:
        share = await get_share(db, new.id)
    except NotFound:
        raise NotFound("share_video: the user does not see the video or the recipient, or it is gone") from None
    if (share.video_id, share.user_id) != (new.video_id, new.user_id):
        raise UniqueViolation("shares: another share has this id", constraint="shares_pkey")
    return share


async def import_shares(db: Executor, rows: Iterable[Share], *, batch_size: int = 500) -> int:
    """Store many shares, one statement a batch, all or none; returns how many. Ids that are taken are left out."""
    async with atomic(db) as tx:
        return sum([await insert_shares(tx, batch) for batch in batches(rows, batch_size, key=lambda share: share.id)])
