"""Who likes which video and which comment."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel

from hangar_api.cursors import Cursor, Limit, Page, next_cursor, row_of
from hangar_api.dependencies import Current, Db, ViewerId, VisibleComment, VisibleVideo
from hangar_api.events import EventKind, tell
from hangar_api.schemas import ShortUser
from hangar_api.videos import VideoDetailsResponse
from hangar_dal import Executor, Transaction, likes, users, videos
from hangar_dal.likes import CommentLike, VideoLike

router = APIRouter(tags=["likes"])
_BY_USER = ("created_at", "user_id")
_BY_VIDEO = ("created_at", "video_id")


class Liked(BaseModel):
    """Since when the user likes it, and how many do."""

    liked_at: datetime
    likes: int


class Liker(ShortUser):
    liked_at: datetime


@router.put("/videos/{video_id}/like")
async def like_video(current: Current, video: VisibleVideo, db: Db) -> Liked:
    """Repeating it changes nothing."""
    user_id = current.user.id

    async def work(tx: Transaction) -> Liked:
        if like := await likes.insert_video_like(tx, video.id, user_id=user_id):
            await tell(tx, video.owner_id, EventKind.VIDEO_LIKED, actor=current.user, object_id=video.id)
        else:
            like = await likes.like_video(tx, video.id, user_id=user_id)  # which is so already, or it is hidden now
        return Liked(liked_at=like.created_at, likes=await likes.count_video_likes(tx, video.id))

    return await db.in_transaction(work)


@router.delete("/videos/{video_id}/like", status_code=status.HTTP_204_NO_CONTENT)
async def unlike_video(video_id: UUID, current: Current, db: Db) -> None:
    """The answer is the same if the user did not like it."""
    await likes.unlike_video(db, video_id, user_id=current.user.id)


@router.get("/videos/{video_id}/likes")
async def list_video_likes(
    video: VisibleVideo, viewer_id: ViewerId, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[Liker]:
    """Who likes a video, the newest first, without users whom a block hides from the viewer."""
    after = row_of(cursor, VideoLike, _BY_USER)
    rows = await likes.list_video_likes(db, video.id, viewer_id=viewer_id, after=after, limit=limit)
    return Page(items=await _likers(db, rows), next_cursor=next_cursor(rows, limit, _BY_USER))


@router.get("/me/likes")
async def list_my_likes(
    current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[VideoDetailsResponse]:
    """The videos that the user likes and still sees, the newest like first."""
    after = row_of(cursor, VideoLike, _BY_VIDEO)
    rows = await likes.list_videos_liked_by(db, current.user.id, after=after, limit=limit)
    found = {each.id: each for each in await videos.get_video_details(db, [row.video_id for row in rows])}
    items = [VideoDetailsResponse.of(found[row.video_id]) for row in rows if row.video_id in found]
    return Page(items=items, next_cursor=next_cursor(rows, limit, _BY_VIDEO))


@router.put("/comments/{comment_id}/like")
async def like_comment(current: Current, comment: VisibleComment, db: Db) -> Liked:
    """Repeating it changes nothing. A removed comment cannot be liked."""
    user_id = current.user.id

    async def work(tx: Transaction) -> Liked:
        if like := await likes.insert_comment_like(tx, comment.id, user_id=user_id):
            await tell(
                tx,
                comment.author.id if comment.author else None,
                EventKind.COMMENT_LIKED,
                actor=current.user,
                object_id=comment.id,
                data={"video_id": str(comment.video_id)},
            )
        else:
            like = await likes.like_comment(tx, comment.id, user_id=user_id)
        return Liked(liked_at=like.created_at, likes=await likes.count_comment_likes(tx, comment.id))

    return await db.in_transaction(work)


@router.delete("/comments/{comment_id}/like", status_code=status.HTTP_204_NO_CONTENT)
async def unlike_comment(comment_id: UUID, current: Current, db: Db) -> None:
    """The answer is the same if the user did not like it."""
    await likes.unlike_comment(db, comment_id, user_id=current.user.id)


@router.get("/comments/{comment_id}/likes")
async def list_comment_likes(
    comment: VisibleComment, viewer_id: ViewerId, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[Liker]:
    """Who likes a comment, the newest first, without users whom a block hides from the viewer."""
    after = row_of(cursor, CommentLike, _BY_USER)
    rows = await likes.list_comment_likes(db, comment.id, viewer_id=viewer_id, after=after, limit=limit)
    return Page(items=await _likers(db, rows), next_cursor=next_cursor(rows, limit, _BY_USER))


async def _likers(db: Executor, rows: Sequence[VideoLike | CommentLike]) -> list[Liker]:
    """With their names, by one statement. A user who was deleted meanwhile is left out."""
    found = {user.id: ShortUser.of(user) for user in await users.get_users(db, [row.user_id for row in rows])}
    return [Liker(**found[row.user_id].model_dump(), liked_at=row.created_at) for row in rows if row.user_id in found]
