"""Livestreams of others: what is live, what comes next, and who watches."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, SecretStr

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, ViewerId, VisibleLivestream
from hangar_api.routes.livestreams import LivestreamResponse, LivestreamsQuery
from hangar_api.schemas import Request
from hangar_dal import live_viewers, livestreams
from hangar_dal.errors import NotFound
from hangar_dal.live_viewers import ViewedLivestream, ViewerTotals
from hangar_dal.livestreams import Livestream

router = APIRouter(tags=["watching livestreams"])
_OF_OWNER = ("created_at", "id")
_LIVE = ("started_at", "id")
_SCHEDULED = ("scheduled_at", "id")
_VIEWED = ("viewers", "id")


class ViewedLivestreamResponse(LivestreamResponse):
    """`viewers` watched it at the last sample."""

    viewers: int

    @classmethod
    def of(cls, livestream: Livestream) -> "ViewedLivestreamResponse":
        return cls.model_validate(livestream)


class Encoder(Request):
    key: SecretStr


class Present(BaseModel):
    """Whether the viewer is counted. Nobody is, before the livestream begins and after it has ended."""

    is_counted: bool


class ViewersResponse(BaseModel):
    """`viewers` and `peak` are those of the last sample; `all_viewers` and `watched_ms` are exact."""

    model_config = ConfigDict(from_attributes=True)

    sampled_at: datetime | None
    viewers: int
    peak: int
    all_viewers: int
    watched_ms: int

    @classmethod
    def of(cls, totals: ViewerTotals) -> "ViewersResponse":
        return cls.model_validate(totals)


class ListQuery(Request):
    language: str | None = None
    category: str | None = None
    cursor: Cursor = None
    limit: Limit = 50


@router.get("/me/livestreams/followed")
async def list_followed(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[LivestreamResponse]:
    """What is live from those whom the user follows, the last begun first."""
    after = row_of(cursor, Livestream, _LIVE)
    rows = await livestreams.list_followed_livestreams(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _LIVE, LivestreamResponse.of)


@router.get("/users/{user_id}/livestreams")
async def list_of_user(
    user_id: UUID, query: Annotated[LivestreamsQuery, Query()], viewer_id: ViewerId, db: Db
) -> Page[LivestreamResponse]:
    """Those that the viewer sees in lists, the newest first."""
    after = row_of(query.cursor, Livestream, _OF_OWNER)
    rows = await livestreams.list_visible_livestreams_of_owner(
        db, user_id, viewer_id=viewer_id, status=query.status, after=after, limit=query.limit
    )
    return page(rows, query.limit, _OF_OWNER, LivestreamResponse.of)


@router.get("/livestreams")
async def list_live(query: Annotated[ListQuery, Query()], viewer_id: ViewerId, db: Db) -> Page[LivestreamResponse]:
    """What is live, the last begun first."""
    rows = await livestreams.list_live_livestreams(
        db,
        viewer_id=viewer_id,
        language=query.language,
        category=query.category,
        after=row_of(query.cursor, Livestream, _LIVE),
        limit=query.limit,
    )
    return page(rows, query.limit, _LIVE, LivestreamResponse.of)


@router.get("/livestreams/most-viewed")
async def list_most_viewed(
    query: Annotated[ListQuery, Query()], viewer_id: ViewerId, db: Db
) -> Page[ViewedLivestreamResponse]:
    """What is live and had viewers at the last sample, that with the most viewers first."""
    rows = await live_viewers.list_most_viewed_livestreams(
        db,
        viewer_id=viewer_id,
        language=query.language,
        category=query.category,
        after=row_of(query.cursor, ViewedLivestream, _VIEWED),
        limit=query.limit,
    )
    return page(rows, query.limit, _VIEWED, ViewedLivestreamResponse.of)


@router.get("/livestreams/scheduled")
async def list_scheduled(query: Annotated[ListQuery, Query()], viewer_id: ViewerId, db: Db) -> Page[LivestreamResponse]:
    """What is to begin, the next first."""
    rows = await livestreams.list_scheduled_livestreams(
        db,
        since=db.now(),
        viewer_id=viewer_id,
        language=query.language,
        category=query.category,
        after=row_of(query.cursor, Livestream, _SCHEDULED),
        limit=query.limit,
    )
    return page(rows, query.limit, _SCHEDULED, LivestreamResponse.of)


@router.get("/livestreams/{livestream_id}")
async def show(livestream: VisibleLivestream) -> LivestreamResponse:
    return LivestreamResponse.of(livestream)


@router.post("/ingest/start")
async def connect(given: Encoder, db: Db) -> LivestreamResponse:
    """An encoder connects with its key: the livestream begins. Repeating it changes nothing."""
    found = await livestreams.find_livestream_by_key(db, given.key)
    if found is None:
        raise NotFound("no livestream has this key")
    return LivestreamResponse.of(await livestreams.start_livestream(db, found.id))


@router.post("/livestreams/{livestream_id}/presence")
async def report_presence(livestream: VisibleLivestream, current: Current, db: Db) -> Present:
    """A player sends this every fifteen seconds."""
    return Present(is_counted=bool(await live_viewers.report_viewers(db, livestream.id, [current.user.id])))


@router.get("/livestreams/{livestream_id}/viewers")
async def show_viewers(livestream: VisibleLivestream, db: Db) -> ViewersResponse:
    return ViewersResponse.of(await live_viewers.get_viewer_totals(db, livestream.id))
