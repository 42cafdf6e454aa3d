"""Outbox messages for workers, and their status."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from hangar_dal.models.row import Label, Row
from hangar_dal.values import JsonObject, uuid7


class MessageStatus(StrEnum):
    """PENDING messages can be claimed. WAITING messages are behind another message of the same ordering key."""

    PENDING = "PENDING"
    WAITING = "WAITING"
    CLAIMED = "CLAIMED"
    DONE = "DONE"
    DEAD = "DEAD"


Topic = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Message(Row):
    """A message of the outbox.

    `due_at` is when the message can next be claimed: its first due time, its next retry, or the end of its lease. A
    DONE or DEAD message keeps its last value. `number` is the position in the order.
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
    """A claimed message. Only the holder of this claim may work on it until `lease_ends_at`.

    `attempts` includes this one.
    """

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
    """A message to write. `due_at` defaults to the current time."""

    id: UUID = Field(default_factory=uuid7)
    topic: Topic
    ordering_key: Label | None = None
    dedup_key: Label
    payload: JsonObject = Field(default_factory=dict)
    due_at: datetime | None = None
