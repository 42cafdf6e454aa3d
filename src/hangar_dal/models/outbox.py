"""Messages that a transaction leaves for workers, and what has become of them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from hangar_dal.models.row import Label, Row
from hangar_dal.values import JsonObject, uuid7


class MessageStatus(StrEnum):
    """PENDING can be claimed, WAITING stands behind another message of its ordering key."""

    PENDING = "PENDING"
    WAITING = "WAITING"
    CLAIMED = "CLAIMED"
    DONE = "DONE"
    DEAD = "DEAD"


Topic = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Message(Row):
    """A message of the outbox.

    `due_at` says when it may be claimed: at first, after a failure, or when its lease ends. Of a message that is done
    or dead it is the last such instant. `number` is its place in the order.
    """

    number: int
    id: UUID
    topic: str
    ordering_key: str | None
    dedup_key: str
    payload: JsonObject
    status: MessageStatus
    attempts: int
    due_at: datetime
    last_error: str | None
    finished_at: datetime | None
    created_at: datetime


class ClaimedMessage(Row):
    """A message that its claimer alone may work on until `lease_ends_at`. `attempts` counts this attempt too."""

    number: int
    id: UUID
    topic: str
    ordering_key: str | None
    dedup_key: str
    payload: JsonObject
    attempts: int
    claim_id: UUID
    lease_ends_at: datetime
    created_at: datetime


class NewMessage(Row):
    """A message to be written. `due_at` is the current time unless it is given."""

    id: UUID = Field(default_factory=uuid7)
    topic: Topic
    ordering_key: Label | None = None
    dedup_key: Label
    payload: JsonObject = Field(default_factory=dict)
    due_at: datetime | None = None
