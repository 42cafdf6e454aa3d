"""Shares of videos."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from hangar_dal.models.row import Row
from hangar_dal.values import JsonObject, uuid7


class ShareChannel(StrEnum):
    """How a video was shared: as a link, by e-mail, with another user, or otherwise."""

    LINK = "LINK"
    EMAIL = "EMAIL"
    USER = "USER"
    OTHER = "OTHER"


class Share(Row):
    """A share of a video by a user. `recipient_id` is set for the channel USER."""

    id: UUID
    video_id: UUID
    user_id: UUID
    recipient_id: UUID | None
    channel: ShareChannel
    message: str | None
    metadata: JsonObject
    created_at: datetime


class NewShare(Row):
    """A share for `share_video`. The channel USER needs a recipient; other channels must not have one."""

    id: UUID = Field(default_factory=uuid7)
    video_id: UUID
    user_id: UUID
    recipient_id: UUID | None = None
    channel: ShareChannel = ShareChannel.LINK
    message: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    metadata: JsonObject = Field(default_factory=dict)
