"""Videos as clients see them, and what several topics do with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from hangar_api.cursors import Page, next_cursor
from hangar_api.schemas import ShortUser
from hangar_dal import Executor, videos
from hangar_dal.errors import NotFound
from hangar_dal.videos import Rendition, Video, VideoDetails, VideoStatus, VideoVisibility

# In a video's metadata: when a moderator removed it.
TAKEN_DOWN: Final = "taken_down_at"


class VideoResponse(BaseModel):
    """A video. `metadata` is left out: the application keeps notes of its own in it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    owner_id: UUID
    title: str
    description: str
    language: str | None
    category: str | None
    tags: list[str]
    duration_ms: int | None
    status: VideoStatus
    visibility: VideoVisibility
    thumbnail: str | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, video: Video) -> "VideoResponse":
        return cls.model_validate(video)


class VideoDetailsResponse(VideoResponse):
    """A video with its owner, the forms in which it can be played, and how often it was viewed."""

    owner: ShortUser
    renditions: list[Rendition]
    views: int

    @classmethod
    def of(cls, video: Video) -> "VideoDetailsResponse":
        assert isinstance(video, VideoDetails)
        return cls.model_validate(video)


async def details_of(db: Executor, rows: Sequence[Video]) -> list[VideoDetailsResponse]:
    """The videos with all that belongs to them, by one statement. One that was deleted meanwhile is left out."""
    details = {each.id: each for each in await videos.get_video_details(db, [row.id for row in rows])}
    return [VideoDetailsResponse.of(details[row.id]) for row in rows if row.id in details]


async def details_page(
    db: Executor, rows: Sequence[Video], limit: int, key: tuple[str, ...]
) -> Page[VideoDetailsResponse]:
    return Page(items=await details_of(db, rows), next_cursor=next_cursor(rows, limit, key))


async def lock_own_video(tx: Executor, video_id: UUID, owner_id: UUID) -> Video:
    """The user's own video, which others cannot change until the transaction ends. `NotFound` for anybody else's."""
    await videos.lock_video(tx, video_id)
    video = await videos.get_video(tx, video_id)
    if video.owner_id != owner_id:
        raise NotFound("the user has no such video")
    return video


def was_taken_down(video: Video) -> bool:
    """Whether a moderator has removed the video, and not its owner."""
    return TAKEN_DOWN in video.metadata
