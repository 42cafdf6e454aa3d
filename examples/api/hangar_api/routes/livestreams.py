"""Livestreams of their owner: announced, begun, ended, recorded, and the key with which they are sent."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db
from hangar_api.routes.videos import Tags, WebAddress
from hangar_api.schemas import Request
from hangar_dal import Database, Executor, Transaction, livestreams, streaming, uuid7
from hangar_dal.errors import NotFound
from hangar_dal.livestreams import Livestream, LivestreamStatus, NewLivestream, VideoVisibility
from hangar_dal.videos import NewVideo, fold_tags

router = APIRouter(tags=["livestreams"])
_KEY = ("created_at", "id")


class ChangedLivestream(Request):
    """A field that is left out stays as it is."""

    title: str | None = None
    description: str | None = None
    language: str | None = None
    category: str | None = None
    tags: Tags | None = None
    visibility: VideoVisibility | None = None
    thumbnail: WebAddress | None = None
    scheduled_at: AwareDatetime | None = None


class CreatedLivestream(Request):
    """Sent again with the same `id`, it makes one livestream."""

    id: UUID = Field(default_factory=uuid7)
    title: str
    description: str = ""
    language: str | None = None
    category: str | None = None
    tags: Tags = Field(default_factory=list)
    visibility: VideoVisibility = VideoVisibility.PRIVATE
    thumbnail: WebAddress | None = None
    scheduled_at: AwareDatetime | None = None


class LivestreamResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    owner_id: UUID
    title: str
    description: str
    language: str | None
    category: str | None
    tags: list[str]
    status: LivestreamStatus
    visibility: VideoVisibility
    thumbnail: str | None
    recording_id: UUID | None
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, livestream: Livestream) -> "LivestreamResponse":
        return cls.model_validate(livestream)


class IssuedKey(BaseModel):
    """What the encoder sends. It cannot be read again; a new one takes its place."""

    key: str
    issued_at: datetime


class Recording(Request):
    """The video that becomes of it: it waits for its file, as every new video does."""

    video_id: UUID = Field(default_factory=uuid7)
    title: str | None = None


class LivestreamsQuery(Request):
    status: LivestreamStatus | None = None
    cursor: Cursor = None
    limit: Limit = 50


@router.post("/livestreams", status_code=status.HTTP_201_CREATED)
async def create(given: CreatedLivestream, current: Current, db: Db) -> LivestreamResponse:
    fields: dict[str, Any] = given.model_dump() | {"tags": fold_tags(given.tags)}
    new = NewLivestream(owner_id=current.user.id, **fields)
    return LivestreamResponse.of(await livestreams.create_livestream(db, new))


@router.get("/me/livestreams")
async def list_mine(query: Annotated[LivestreamsQuery, Query()], current: Current, db: Db) -> Page[LivestreamResponse]:
    """The newest first."""
    after = row_of(query.cursor, Livestream, _KEY)
    rows = await livestreams.list_livestreams_of_owner(
        db, current.user.id, status=query.status, after=after, limit=query.limit
    )
    return page(rows, query.limit, _KEY, LivestreamResponse.of)


@router.patch("/livestreams/{livestream_id}")
async def change(livestream_id: UUID, given: ChangedLivestream, current: Current, db: Db) -> LivestreamResponse:
    changes: dict[str, Any] = given.model_dump(exclude_unset=True)
    if given.tags is not None:
        changes["tags"] = fold_tags(given.tags)

    async def work(tx: Transaction, found: Livestream) -> Livestream:
        return await livestreams.update_livestream(tx, found.id, **changes) if changes else found

    return await _changed(db, livestream_id, current.user.id, work)


@router.post("/livestreams/{livestream_id}/start")
async def start(livestream_id: UUID, current: Current, db: Db) -> LivestreamResponse:
    """Begin without an encoder's key. Repeating it changes nothing."""
    return await _changed(db, livestream_id, current.user.id, lambda tx, it: livestreams.start_livestream(tx, it.id))


@router.post("/livestreams/{livestream_id}/end")
async def end(livestream_id: UUID, current: Current, db: Db) -> LivestreamResponse:
    """Repeating it changes nothing."""
    return await _changed(db, livestream_id, current.user.id, lambda tx, it: livestreams.end_livestream(tx, it.id))


@router.post("/livestreams/{livestream_id}/cancel")
async def cancel(livestream_id: UUID, current: Current, db: Db) -> LivestreamResponse:
    """Call off what has not begun. Repeating it changes nothing."""
    return await _changed(db, livestream_id, current.user.id, lambda tx, it: livestreams.cancel_livestream(tx, it.id))


@router.put("/livestreams/{livestream_id}/recording")
async def record(livestream_id: UUID, given: Recording, current: Current, db: Db) -> LivestreamResponse:
    """Make a video of what has ended. Sent again with the same `video_id`, it makes one video."""

    async def work(tx: Transaction, found: Livestream) -> Livestream:
        title = given.title or found.title
        video = NewVideo(id=given.video_id, owner_id=found.owner_id, title=title, language=found.language)
        return await streaming.record_livestream(tx, found.id, video)

    return await _changed(db, livestream_id, current.user.id, work)


@router.delete("/livestreams/{livestream_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete(livestream_id: UUID, current: Current, db: Db) -> None:
    """With its chat. Its recording stays."""

    async def work(tx: Transaction) -> None:
        await _own(tx, livestream_id, current.user.id)
        await livestreams.delete_livestream(tx, livestream_id)

    await db.in_transaction(work)


@router.post("/livestreams/{livestream_id}/key")
async def issue_key(livestream_id: UUID, current: Current, db: Db) -> IssuedKey:
    """A new key for the encoder. The one before no longer opens anything."""

    async def work(tx: Transaction) -> IssuedKey:
        await _own(tx, livestream_id, current.user.id)
        issued = await livestreams.rotate_stream_key(tx, livestream_id)
        return IssuedKey(key=issued.key.get_secret_value(), issued_at=issued.issued_at)

    return await db.in_transaction(work)


@router.delete("/livestreams/{livestream_id}/key", status_code=status.HTTP_204_NO_CONTENT)
async def delete_key(livestream_id: UUID, current: Current, db: Db) -> None:
    """The answer is the same if there was no key."""

    async def work(tx: Transaction) -> None:
        await _own(tx, livestream_id, current.user.id)
        await livestreams.delete_stream_key(tx, livestream_id)

    await db.in_transaction(work)


async def _changed(
    db: Database, livestream_id: UUID, user_id: UUID, work: Callable[[Transaction, Livestream], Awaitable[Livestream]]
) -> LivestreamResponse:
    async def of_owner(tx: Transaction) -> Livestream:
        return await work(tx, await _own(tx, livestream_id, user_id))

    return LivestreamResponse.of(await db.in_transaction(of_owner))


async def _own(db: Executor, livestream_id: UUID, user_id: UUID) -> Livestream:
    livestream = await livestreams.get_livestream(db, livestream_id)
    if livestream.owner_id != user_id:
        raise NotFound("the user has no such livestream")
    return livestream
