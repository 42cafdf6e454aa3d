"""What users do with their own videos. Somebody else's are not found, whether they can be seen or not.

The server that receives and converts files is not part of this example: its work is what `status`, `duration_ms` and
the renditions report, here in the name of the owner.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, status
from pydantic import Field, StringConstraints

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, VisibleVideo
from hangar_api.publishing import announce
from hangar_api.schemas import Request
from hangar_api.videos import VideoResponse, lock_own_video, was_taken_down
from hangar_dal import Database, Transaction, uuid7, videos
from hangar_dal.videos import NewVideo, Rendition, Video, VideoStatus, VideoVisibility

router = APIRouter(tags=["my videos"])
_KEY = ("created_at", "id")

# An address that a page may link to: `javascript:` and the like are refused.
WebAddress = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://\S+$")]
Tags = Annotated[list[str], Field(max_length=30)]


class CreatedVideo(Request):
    """`id` is for clients that repeat a request whose answer was lost: the same id makes one video."""

    id: UUID = Field(default_factory=uuid7)
    title: str
    description: str = ""
    language: str | None = None
    category: str | None = None
    tags: Tags = Field(default_factory=list)
    duration_ms: int | None = None
    visibility: VideoVisibility = VideoVisibility.PRIVATE
    thumbnail: WebAddress | None = None


class ChangedVideo(Request):
    """A field that is left out stays as it is. `language`, `category` and `thumbnail` may be null."""

    title: str | None = None
    description: str | None = None
    language: str | None = None
    category: str | None = None
    tags: Tags | None = None
    duration_ms: int | None = None
    visibility: VideoVisibility | None = None
    thumbnail: WebAddress | None = None


class Publication(Request):
    visibility: VideoVisibility = VideoVisibility.PUBLIC


class NewStatus(Request):
    """A video is removed and restored by routes of their own."""

    status: Literal["UPLOADING", "PROCESSING", "READY", "FAILED"]


class NewRendition(Rendition):
    url: WebAddress


NewRenditions = Annotated[list[NewRendition], Field(max_length=50)]


@router.post("/videos", status_code=status.HTTP_201_CREATED)
async def create(new: CreatedVideo, current: Current, db: Db) -> VideoResponse:
    """Tags are stored folded: `["Straße", "two words"]` becomes `["strasse", "two-words"]`."""
    given: dict[str, Any] = new.model_dump() | {"tags": videos.fold_tags(new.tags)}
    return VideoResponse.of(await videos.create_video(db, NewVideo(owner_id=current.user.id, **given)))


@router.get("/me/videos")
async def list_mine(
    current: Current, db: Db, status: VideoStatus | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[VideoResponse]:
    """The newest first, removed ones too."""
    after = row_of(cursor, Video, _KEY)
    rows = await videos.list_videos_of_owner(db, current.user.id, status=status, after=after, limit=limit)
    return page(rows, limit, _KEY, VideoResponse.of)


@router.patch("/videos/{video_id}")
async def update(video_id: UUID, changes: ChangedVideo, current: Current, db: Db) -> VideoResponse:
    given: dict[str, Any] = changes.model_dump(exclude_unset=True)
    if changes.tags is not None:
        given["tags"] = videos.fold_tags(changes.tags)

    async def change(tx: Transaction, video: Video) -> Video:
        return await videos.update_video(tx, video.id, **given) if given else video

    return await _changed(db, video_id, current.user.id, change)


@router.post("/videos/{video_id}/publish")
async def publish(video_id: UUID, given: Publication, current: Current, db: Db) -> VideoResponse:
    """Publish a READY video. The followers are told only once, as soon as they can see it."""

    async def change(tx: Transaction, video: Video) -> Video:
        return await videos.publish_video(tx, video.id, visibility=given.visibility)

    return await _changed(db, video_id, current.user.id, change)


@router.put("/videos/{video_id}/status")
async def change_status(video_id: UUID, given: NewStatus, current: Current, db: Db) -> VideoResponse:
    async def change(tx: Transaction, video: Video) -> Video:
        return await videos.set_video_status(tx, video.id, VideoStatus(given.status))

    return await _changed(db, video_id, current.user.id, change)


@router.delete("/videos/{video_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove(video_id: UUID, current: Current, db: Db) -> None:
    """Hide a video from everybody until it is restored."""

    async def work(tx: Transaction) -> None:
        await videos.remove_video(tx, (await lock_own_video(tx, video_id, current.user.id)).id)

    await db.in_transaction(work)


@router.post("/videos/{video_id}/restore")
async def restore(video_id: UUID, current: Current, db: Db) -> VideoResponse:
    """Give a removed video the status back that it had. What a moderator has removed, only a moderator restores."""

    async def work(tx: Transaction) -> Video:
        video = await lock_own_video(tx, video_id, current.user.id)
        if was_taken_down(video):
            raise HTTPException(403, "A moderator has removed this video. Only a moderator can restore it.")
        return await videos.restore_video(tx, video.id)

    return VideoResponse.of(await db.in_transaction(work))


@router.get("/videos/{video_id}/renditions")
async def list_renditions(video: VisibleVideo, db: Db) -> list[Rendition]:
    """The forms in which a video can be played, the largest first."""
    return await videos.list_renditions(db, video.id)


@router.put("/videos/{video_id}/renditions")
async def replace_renditions(video_id: UUID, given: NewRenditions, current: Current, db: Db) -> list[Rendition]:
    """Replace all of them, or none."""

    async def work(tx: Transaction) -> list[Rendition]:
        video = _in_use(await lock_own_video(tx, video_id, current.user.id))
        return await videos.replace_renditions(tx, video.id, list(given))

    return await db.in_transaction(work)


async def _changed(
    db: Database, video_id: UUID, owner_id: UUID, change: Callable[[Transaction, Video], Awaitable[Video]]
) -> VideoResponse:
    """Change a video of the user, and announce it if the followers see it now."""

    async def work(tx: Transaction) -> Video:
        changed = await change(tx, _in_use(await lock_own_video(tx, video_id, owner_id)))
        await announce(tx, changed)
        return changed

    return VideoResponse.of(await db.in_transaction(work))


def _in_use(video: Video) -> Video:
    if video.status is VideoStatus.REMOVED:
        raise HTTPException(409, "This video is removed. Restore it first.")
    return video
