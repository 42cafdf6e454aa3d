"""Videos, their renditions, and search results."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypedDict
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from hangar_dal.errors import InvalidValue
from hangar_dal.models.row import LongText, NotNegative, Row, ShortText
from hangar_dal.values import JsonObject, fold, uuid7
from hangar_dal.words import SearchableWords


class VideoStatus(StrEnum):
    UPLOADING = "UPLOADING"
    PROCESSING = "PROCESSING"
    READY = "READY"
    FAILED = "FAILED"
    REMOVED = "REMOVED"


class VideoVisibility(StrEnum):
    """Who may see a video: everybody, everybody with its id, accepted followers, or only its owner."""

    PUBLIC = "PUBLIC"
    UNLISTED = "UNLISTED"
    FOLLOWERS = "FOLLOWERS"
    PRIVATE = "PRIVATE"


def _is_folded(tag: str) -> str:
    try:
        is_folded = fold("tag", tag) == tag
    except InvalidValue:
        is_folded = False
    if not is_folded:
        raise PydanticCustomError("hangar_tag", "a tag is stored folded: use fold_tags")
    return tag


def _each_once(tags: list[str]) -> list[str]:
    if len(set(tags)) < len(tags):
        raise PydanticCustomError("hangar_tags", "each tag may be given once")
    return tags


# The syntax of BCP 47; the subtags are not checked.
Language = Annotated[str, StringConstraints(min_length=2, max_length=35, pattern=r"^[a-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
Title = Annotated[str, SearchableWords, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[str, SearchableWords, StringConstraints(max_length=10_000)]
Category = ShortText
# Letters, marks, digits, `_` and `-`.
Tag = Annotated[
    str,
    StringConstraints(min_length=1, max_length=50, pattern=r"^[\p{L}\p{M}\p{N}_-]+$"),
    AfterValidator(_is_folded),
]
Tags = Annotated[list[Tag], SearchableWords, Field(max_length=30), AfterValidator(_each_once)]
SomeTags = Annotated[list[Tag], Field(max_length=30)]
VideoIds = Annotated[list[UUID], Field(max_length=1000)]
Duration = NotNegative


class Video(Row):
    """A video. `published_at` is None until publication; `removed_from` is the status before removal."""

    id: UUID
    owner_id: UUID
    title: str
    description: str
    language: str | None
    category: str | None
    tags: list[str]
    duration_ms: int | None
    status: VideoStatus
    removed_from: VideoStatus | None
    visibility: VideoVisibility
    thumbnail: str | None
    metadata: JsonObject
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime


class NewVideo(Row):
    """A video for `create_video` or `import_videos`. A READY video needs a duration and may already be published."""

    id: UUID = Field(default_factory=uuid7)
    owner_id: UUID
    title: Title
    description: Description = ""
    language: Language | None = None
    category: Category | None = None
    tags: Tags = Field(default_factory=list)
    duration_ms: Duration | None = None
    status: VideoStatus = VideoStatus.UPLOADING
    visibility: VideoVisibility = VideoVisibility.PRIVATE
    thumbnail: LongText | None = None
    metadata: JsonObject = Field(default_factory=dict)
    published_at: datetime | None = None


class VideoChanges(TypedDict, total=False):
    """The fields that `update_video` may change.

    Omitted fields stay as they are; None, if allowed, is stored as NULL.
    """

    title: Title
    description: Description
    language: Language | None
    category: Category | None
    tags: Tags
    duration_ms: Duration
    visibility: VideoVisibility
    thumbnail: LongText | None
    metadata: JsonObject


class Rendition(Row):
    """An encoding of a video. `bitrate` is in bits per second, `size` in bytes."""

    name: ShortText
    width: Annotated[int, Field(ge=1, le=100_000)]
    height: Annotated[int, Field(ge=1, le=100_000)]
    bitrate: Annotated[int, Field(gt=0)]
    codec: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    url: LongText
    size: NotNegative


class RenditionOfVideo(Rendition):
    """A rendition with the id of its video."""

    video_id: UUID


class FoundVideo(Video):
    """A search result. `matches` is the number of searched words in the title."""

    matches: int


class VideoOwner(Row):
    """The public fields of the owner of a video."""

    id: UUID
    username: str | None
    display_name: str


class VideoDetails(Video):
    """A video with its owner, its renditions and its number of views."""

    owner: VideoOwner
    renditions: list[Rendition]
    views: int
