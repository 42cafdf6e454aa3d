"""The chat of a livestream: messages, rules, moderators and bans."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from hangar_dal.models.row import Label, Row
from hangar_dal.values import JsonObject, uuid7

ChatText = Annotated[str, StringConstraints(max_length=500)]
SlowSeconds = Annotated[int, Field(ge=0, le=3600)]


class ChatMessageKind(StrEnum):
    """SYSTEM messages come from the application, DONATION messages from `streaming.donate`."""

    MESSAGE = "MESSAGE"
    SYSTEM = "SYSTEM"
    DONATION = "DONATION"


class ChatMessage(Row):
    """A chat message. After removal, `body` is None, and `removed_at` and `removed_by` are set."""

    id: UUID
    livestream_id: UUID
    author_id: UUID | None
    kind: ChatMessageKind
    body: str | None
    metadata: JsonObject
    removed_at: datetime | None
    removed_by: UUID | None
    created_at: datetime


class NewChatMessage(Row):
    """A message to send. The kind MESSAGE needs an author and a text."""

    id: UUID = Field(default_factory=uuid7)
    livestream_id: UUID
    author_id: UUID | None = None
    kind: ChatMessageKind = ChatMessageKind.MESSAGE
    body: ChatText
    metadata: JsonObject = Field(default_factory=dict)


class ChatRules(Row):
    """The rules of a chat. `slow_seconds` is the minimum time between two messages of an author; 0 turns it off."""

    livestream_id: UUID
    slow_seconds: SlowSeconds = 0
    is_followers_only: bool = False
    messages_per_second: Annotated[int, Field(ge=1, le=1000)] = 20


class Moderator(Row):
    """A user who moderates the chats of an owner."""

    owner_id: UUID
    moderator_id: UUID
    created_at: datetime


class NewBan(Row):
    """A ban from an owner's chats, until `expires_at` or forever."""

    owner_id: UUID
    user_id: UUID
    banned_by: UUID
    reason: Label | None = None
    expires_at: datetime | None = None


class Ban(Row):
    """A ban of a user from an owner's chats. `banned_by` is None if that user was deleted."""

    owner_id: UUID
    user_id: UUID
    banned_by: UUID | None
    reason: str | None
    expires_at: datetime | None
    created_at: datetime
