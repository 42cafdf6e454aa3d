"""Notifications, events for all followers, and preferences."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Row, ShortText
from hangar_dal.values import JsonObject, uuid7


class Channel(StrEnum):
    """INBOX controls which notifications are stored. EMAIL and PUSH are for the application's senders."""

    INBOX = "INBOX"
    EMAIL = "EMAIL"
    PUSH = "PUSH"


class Notification(Row):
    """A notification of one user about one event."""

    recipient_id: UUID
    event_id: UUID
    kind: str
    actor_id: UUID | None
    object_kind: str | None
    object_id: UUID | None
    group_key: str | None
    title: str
    body: str
    data: JsonObject
    seen_at: datetime | None
    read_at: datetime | None
    expires_at: datetime | None
    created_at: datetime


class _Content(Row):
    event_id: UUID = Field(default_factory=uuid7)
    kind: ShortText
    object_kind: ShortText | None = None
    object_id: UUID | None = None
    group_key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    title: Annotated[str, Field(min_length=1, max_length=200)]
    body: Annotated[str, Field(max_length=2000)] = ""
    data: JsonObject = Field(default_factory=dict)
    expires_at: datetime | None = None


class NewNotification(_Content):
    """A notification to store for one user. Each user gets an event once."""

    recipient_id: UUID
    actor_id: UUID | None = None


class NewEvent(_Content):
    """An event for all users who followed `actor_id` before `created_at`."""

    actor_id: UUID
    created_at: datetime


class FanOutCursor(Row):
    """The last follower that a fan-out has notified. Pass it as `after` to continue."""

    created_at: datetime
    follower_id: UUID


class Preference(Row):
    """Whether a user wants notifications of a kind through a channel."""

    user_id: UUID
    kind: str
    channel: Channel
    is_enabled: bool
    updated_at: datetime
