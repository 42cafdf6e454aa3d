"""Likes of videos and comments.

`from hangar_dal import likes`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import NotFound
from hangar_dal.models.likes import CommentLike as CommentLike
from hangar_dal.models.likes import VideoLike as VideoLike
from hangar_dal.models.row import PageSize
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query


@query
async def insert_video_like(db: Executor, video_id: UUID, *, user_id: UUID) -> VideoLike | None:
    """Like a video; None if the user likes it already or does not see it. `like_video` says which."""
    ...


@query
async def find_video_like(db: Executor, video_id: UUID, *, user_id: UUID) -> VideoLike | None:
    """The like of this user, if there is one."""
    ...


@query
async def unlike_video(db: Executor, video_id: UUID, *, user_id: UUID) -> RowCount:
    """Take a like back; 0 if there is none."""
    ...


@query
async def count_video_likes(db: Executor, video_id: UUID) -> int:
    """How many users like a video."""
    ...


@query
async def list_video_likes(
    db: Executor, video_id: UUID, *, viewer_id: UUID | None, after: VideoLike | None = None, limit: PageSize = 50
) -> list[VideoLike]:
    """A page of those who like a video, the newest first, without users whom a block hides from the viewer."""
    ...


@query
async def list_videos_liked_by(
    db: Executor, liker_id: UUID, *, after: VideoLike | None = None, limit: PageSize = 50
) -> list[VideoLike]:
    """A page of what a user likes and still sees, the newest like first; `videos.get_video_details` takes the ids."""
    ...


@query
async def insert_video_likes(db: Executor, rows: list[VideoLike]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_video_likes` makes the batches."""
    ...


@query
def stream_video_likes(db: Executor) -> Stream[VideoLike]:
    """All likes of videos, by video and user, for an export."""
    ...


@query
async def insert_comment_like(db: Executor, comment_id: UUID, *, user_id: UUID) -> CommentLike | None:
    """Like a comment; None if the user likes it already or does not see it. `like_comment` says which."""
    ...


@query
async def insert_comment_likes(db: Executor, rows: list[CommentLike]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_comment_likes` makes the batches."""
    ...


@query
async def find_comment_like(db: Executor, comment_id: UUID, *, user_id: UUID) -> CommentLike | None:
    """The like of this user, if there is one."""
    ...


@query
async def unlike_comment(db: Executor, comment_id: UUID, *, user_id: UUID) -> RowCount:
    """Take a like back; 0 if there is none."""
    ...


@query
async def count_comment_likes(db: Executor, comment_id: UUID) -> int:
    """How many users like a comment."""
    ...


@query
async def list_comment_likes(
    db: Executor, comment_id: UUID, *, viewer_id: UUID | None, after: CommentLike | None = None, limit: PageSize = 50
) -> list[CommentLike]:
    """A page of those who like a comment, the newest first, without users whom a block hides from the viewer."""
    ...


@query
def stream_video_likes_of_user(db: Executor, user_id: UUID) -> Stream[VideoLike]:
    """What a user likes, the oldest like first, for an export."""
    ...


@query
async def move_video_likes(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the likes of one user to another, as far as they are not there yet."""
    ...


@query
def stream_comment_likes_of_user(db: Executor, user_id: UUID) -> Stream[CommentLike]:
    """What a user likes, the oldest like first, for an export."""
    ...


@query
async def move_comment_likes(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the likes of one user to another, as far as they are not there yet."""
    ...


async def like_video(db: Executor, video_id: UUID, *, user_id: UUID) -> VideoLike:
    """Like a video. Repeating it changes nothing; `NotFound` if the user does not see the video."""
    if like := await insert_video_like(db, video_id, user_id=user_id) or await find_video_like(
        db, video_id, user_id=user_id
    ):
        return like
    raise NotFound("like_video: there is no such video, or the user does not see it")


async def like_comment(db: Executor, comment_id: UUID, *, user_id: UUID) -> CommentLike:
    """Like a comment. Repeating it changes nothing; `NotFound` if the user does not see the comment."""
    if like := await insert_comment_like(db, comment_id, user_id=user_id) or await find_comment_like(
        db, comment_id, user_id=user_id
    ):
        return like
    raise NotFound("like_comment: there is no such comment, or the user does not see it")


async def import_video_likes(db: Executor, rows: Iterable[VideoLike], *, batch_size: int = 500) -> int:
    """Store many likes, one statement a batch, all or none; returns how many. Likes that exist are left out."""
    async with atomic(db) as tx:
        return sum([await insert_video_likes(tx, batch) for batch in batches(rows, batch_size)])


async def import_comment_likes(db: Executor, rows: Iterable[CommentLike], *, batch_size: int = 500) -> int:
    """Store many likes, one statement a batch, all or none; returns how many. Likes that exist are left out."""
    once = batches(rows, batch_size, key=lambda like: (like.comment_id, like.user_id))
    async with atomic(db) as tx:
        return sum([await insert_comment_likes(tx, batch) for batch in once])
