"""Likes of videos and comments.

`from hangar_dal import likes`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor
from hangar_dal.errors import NotFound
from hangar_dal.models.likes import CommentLike as CommentLike
from hangar_dal.models.likes import VideoLike as VideoLike
from hangar_dal.models.row import PageSize
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query


@query
async def insert_video_like(db: Executor, video_id: UUID, *, user_id: UUID) -> VideoLike | None:
    """Like a video; None if the user already likes it or may not see it. Used by `like_video`."""
    ...


@query
async def find_video_like(db: Executor, video_id: UUID, *, user_id: UUID) -> VideoLike | None:
    """Return the like of this user; None if there is none."""
    ...


@query
async def unlike_video(db: Executor, video_id: UUID, *, user_id: UUID) -> RowCount:
    """Remove a like; 0 if there is none."""
    ...


@query
async def count_video_likes(db: Executor, video_id: UUID) -> int:
    """Return how many users like a video."""
    ...


@query
async def list_video_likes(
    db: Executor, video_id: UUID, *, viewer_id: UUID | None, after: VideoLike | None = None, limit: PageSize = 50
) -> list[VideoLike]:
    """Return a page of the likes of a video, newest first, without users hidden from the viewer by a block."""
    ...


@query
async def list_videos_liked_by(
    db: Executor, liker_id: UUID, *, after: VideoLike | None = None, limit: PageSize = 50
) -> list[VideoLike]:
    """Return a page of the likes of videos that a user may still see, newest first.

    Pass the ids to `get_video_details`.
    """
    ...


@query
async def insert_video_likes(db: Executor, rows: list[VideoLike]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_video_likes`."""
    ...


@query
def stream_video_likes(db: Executor) -> Stream[VideoLike]:
    """Stream all likes of videos, ordered by video and user, for an export."""
    ...


@query
async def insert_comment_like(db: Executor, comment_id: UUID, *, user_id: UUID) -> CommentLike | None:
    """Like a comment; None if the user already likes it or may not see it. Used by `like_comment`."""
    ...


@query
async def insert_comment_likes(db: Executor, rows: list[CommentLike]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_comment_likes`."""
    ...


@query
async def find_comment_like(db: Executor, comment_id: UUID, *, user_id: UUID) -> CommentLike | None:
    """Return the like of this user; None if there is none."""
    ...


@query
async def unlike_comment(db: Executor, comment_id: UUID, *, user_id: UUID) -> RowCount:
    """Remove a like; 0 if there is none."""
    ...


@query
async def count_comment_likes(db: Executor, comment_id: UUID) -> int:
    """Return how many users like a comment."""
    ...


@query
async def list_comment_likes(
    db: Executor, comment_id: UUID, *, viewer_id: UUID | None, after: CommentLike | None = None, limit: PageSize = 50
) -> list[CommentLike]:
    """Return a page of the likes of a comment, newest first, without users hidden from the viewer by a block."""
    ...


@query
def stream_video_likes_of_user(db: Executor, user_id: UUID) -> Stream[VideoLike]:
    """Stream the likes of a user, oldest first, for an export."""
    ...


@query
async def move_video_likes(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the likes of the user `merged` to the user `kept`, except those that exist."""
    ...


@query
def stream_comment_likes_of_user(db: Executor, user_id: UUID) -> Stream[CommentLike]:
    """Stream the likes of a user, oldest first, for an export."""
    ...


@query
async def move_comment_likes(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the likes of the user `merged` to the user `kept`, except those that exist."""
    ...


async def like_video(db: Executor, video_id: UUID, *, user_id: UUID) -> VideoLike:
    """Like a video. Repeating the call changes nothing. Raises `NotFound` if the user may not see the video."""
    if like := await insert_video_like(db, video_id, user_id=user_id) or await find_video_like(
        db, video_id, user_id=user_id
    ):
        return like
    raise NotFound("like_video: there is no such video, or the user may not see it")


async def like_comment(db: Executor, comment_id: UUID, *, user_id: UUID) -> CommentLike:
    """Like a comment. Repeating the call changes nothing. Raises `NotFound` if the user may not see the comment."""
    if like := await insert_comment_like(db, comment_id, user_id=user_id) or await find_comment_like(
        db, comment_id, user_id=user_id
    ):
        return like
    raise NotFound("like_comment: there is no such comment, or the user may not see it")


async def import_video_likes(db: Executor, rows: Iterable[VideoLike], *, batch_size: int = 500) -> int:
    """Store likes in batches, all or none, except those that exist; return how many were stored."""
    return sum(await store_in_batches(db, insert_video_likes, rows, batch_size))


async def import_comment_likes(db: Executor, rows: Iterable[CommentLike], *, batch_size: int = 500) -> int:
    """Store likes in batches, all or none, except those that exist; return how many were stored."""
    return sum(
        await store_in_batches(
            db, insert_comment_likes, rows, batch_size, key=lambda like: (like.comment_id, like.user_id)
        )
    )
