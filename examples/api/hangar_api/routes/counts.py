"""How often a video was liked, commented on and shared. These counts are the same for every viewer."""

from fastapi import APIRouter
from pydantic import BaseModel

from hangar_api.dependencies import Db, ViewerId, VisibleVideo
from hangar_dal import comments, likes, shares

router = APIRouter(tags=["likes"])


class VideoCounts(BaseModel):
    likes: int
    comments: int
    shares: int
    liked_by_viewer: bool


@router.get("/videos/{video_id}/counts")
async def count(video: VisibleVideo, viewer_id: ViewerId, db: Db) -> VideoCounts:
    return VideoCounts(
        likes=await likes.count_video_likes(db, video.id),
        comments=await comments.count_comments(db, video.id),
        shares=await shares.count_shares(db, video.id),
        liked_by_viewer=viewer_id is not None
        and await likes.find_video_like(db, video.id, user_id=viewer_id) is not None,
    )
