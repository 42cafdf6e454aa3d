"""Livestreams, and the stream keys for broadcasting."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypedDict
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from hangar_dal.models.row import Label, LongText, Row
from hangar_dal.models.videos import Category, Language, Tags
from hangar_dal.models.videos import VideoVisibility as VideoVisibility
from hangar_dal.values import JsonObject, uuid7

About = Annotated[str, StringConstraints(max_length=10_000)]


class LivestreamStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    LIVE = "LIVE"
    ENDED = "ENDED"
    CANCELLED = "CANCELLED"


class Livestream(Row):
    """A livestream. `scheduled_at` is its planned start; `recording_id` is the id of its recording, a video."""

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
    metadata: JsonObject
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime


class NewLivestream(Row):
    """A livestream for `create_livestream` or `import_livestreams`.

    Unless SCHEDULED, it needs the times of its status.
    """

    id: UUID = Field(default_factory=uuid7)
    owner_id: UUID
    title: Label
    description: About = ""
    language: Language | None = None
    category: Category | None = None
    tags: Tags = Field(default_factory=list)
    status: LivestreamStatus = LivestreamStatus.SCHEDULED
    visibility: VideoVisibility = VideoVisibility.PRIVATE
    thumbnail: LongText | None = None
    metadata: JsonObject = Field(default_factory=dict)
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class LivestreamChanges(TypedDict, total=False):
    """The fields that `update_livestream` may change.

    Omitted fields stay as they are; None, if allowed, is stored as NULL.
    """

    title: Label
    description: About
    language: Language | None
    category: Category | None
    tags: Tags
    visibility: VideoVisibility
    thumbnail: LongText | None
    metadata: JsonObject
    scheduled_at: datetime | None


class IssuedStreamKey(Row):
    """A new stream key. It cannot be read again."""

    livestream_id: UUID
    key: SecretStr
    issued_at: datetime
