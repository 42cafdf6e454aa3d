"""Videos for those who watch them, signed in or not: lists, search, one video, and its views."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hangar_api.cursors import Cursor, Limit, Page, row_of
from hangar_api.dependencies import Current, Db, ViewerId, VisibleVideo, or_not_found
from hangar_api.schemas import Request
from hangar_api.upkeep import TREND_DAYS
from hangar_api.videos import VideoDetailsResponse, details_of, details_page
from hangar_dal import social, video_views, videos
from hangar_dal.errors import InvalidValue, NotFound
from hangar_dal.video_views import TrendingVideo, ViewsOfDay
from hangar_dal.videos import FoundVideo, Video

router = APIRouter(tags=["watching"])
_FEED_KEY = ("published_at", "id")
_SEARCH_KEY = ("matches", "published_at", "id")
_TREND_KEY = ("views", "id")
_OWNER_KEY = ("created_at", "id")
_MOST_DAYS = 366

Tags = Annotated[list[str], Field(max_length=30)]


class Feed(Request):
    """A video has at least one of `any_tag` and each of `all_tag`. Both can be given several times."""

    language: str | None = None
    category: str | None = None
    any_tag: Tags = Field(default_factory=list)
    all_tag: Tags = Field(default_factory=list)
    cursor: Cursor = None
    limit: Limit = 50


class Viewed(BaseModel):
    """`is_counted` is false if this viewer's view of this hour was counted before."""

    is_counted: bool


@router.get("/videos")
async def list_public(query: Annotated[Feed, Query()], viewer_id: ViewerId, db: Db) -> Page[VideoDetailsResponse]:
    """The public videos, the last published first."""
    rows = await videos.list_public_videos(
        db,
        viewer_id=viewer_id,
        language=query.language,
        category=query.category,
        any_tags=videos.fold_tags(query.any_tag) or None,
        all_tags=videos.fold_tags(query.all_tag) or None,
        after=row_of(query.cursor, Video, _FEED_KEY),
        limit=query.limit,
    )
    return await details_page(db, rows, query.limit, _FEED_KEY)


@router.get("/videos/search")
async def search(
    text: Annotated[str, Query(max_length=200)],
    viewer_id: ViewerId,
    db: Db,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[VideoDetailsResponse]:
    """The public videos with all words in title, description or tags. The last word may be the beginning of one."""
    after = row_of(cursor, FoundVideo, _SEARCH_KEY)
    rows = await videos.search_videos(db, text, viewer_id=viewer_id, after=after, limit=limit)
    return await details_page(db, rows, limit, _SEARCH_KEY)


@router.get("/videos/trending")
async def list_trending(
    viewer_id: ViewerId, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[VideoDetailsResponse]:
    """The public videos that were viewed most in the last seven days, as of a few minutes ago."""
    rows = await video_views.list_trending_videos(
        db, days=TREND_DAYS, viewer_id=viewer_id, after=row_of(cursor, TrendingVideo, _TREND_KEY), limit=limit
    )
    return await details_page(db, rows, limit, _TREND_KEY)


@router.get("/videos/{video_id}")
async def show(video: VisibleVideo, db: Db) -> VideoDetailsResponse:
    """A video, if this viewer may see it. The owner sees it before it is published, too."""
    found = await details_of(db, [video])
    return or_not_found(found[0] if found else None)


@router.get("/users/{user_id}/videos")
async def list_of_owner(
    user_id: UUID, viewer_id: ViewerId, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[VideoDetailsResponse]:
    """The published videos of a user that this viewer may see in lists, the newest first."""
    or_not_found(await social.find_profile(db, user_id, viewer_id=viewer_id))
    after = row_of(cursor, Video, _OWNER_KEY)
    rows = await videos.list_visible_videos_of_owner(db, user_id, viewer_id=viewer_id, after=after, limit=limit)
    return await details_page(db, rows, limit, _OWNER_KEY)


@router.post("/videos/{video_id}/views")
async def view(current: Current, video: VisibleVideo, db: Db) -> Viewed:
    """Count a view, once per viewer and hour."""
    counted = await video_views.record_view(db, video.id, viewer_id=current.user.id)
    return Viewed(is_counted=counted > 0)


@router.get("/videos/{video_id}/views")
async def list_views(
    video_id: UUID, current: Current, db: Db, since: date | None = None, until: date | None = None
) -> list[ViewsOfDay]:
    """Views per day in UTC, for the owner; without days, of the last thirty. A day without views is left out."""
    video = await videos.get_video(db, video_id)
    if video.owner_id != current.user.id:
        raise NotFound("the user has no such video")
    last = until or db.now().date()
    first = since or last - min(timedelta(days=29), last - date.min)
    if (last - first).days >= _MOST_DAYS:
        raise InvalidValue(f"since: a list may have at most {_MOST_DAYS} days")
    return await video_views.list_views_by_day(db, video.id, since=first, until=last)
