"""What those whom a user follows have published."""

from fastapi import APIRouter

from hangar_api.cursors import Cursor, Limit, Page, row_of
from hangar_api.dependencies import Current, Db
from hangar_api.videos import VideoDetailsResponse, details_page
from hangar_dal import social
from hangar_dal.videos import Video

router = APIRouter(tags=["follows"])
_KEY = ("published_at", "id")


@router.get("/me/feed")
async def list_feed(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[VideoDetailsResponse]:
    """The last published first, for everybody or for followers."""
    rows = await social.list_followed_videos(db, current.user.id, after=row_of(cursor, Video, _KEY), limit=limit)
    return await details_page(db, rows, limit, _KEY)
