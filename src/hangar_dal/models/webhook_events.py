"""Events that providers report, and what has become of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Label, PlainName, Row
from hangar_dal.values import JsonObject, uuid7


class EventStatus(StrEnum):
    """RECEIVED can be claimed, WAITING stands behind another event of its object. FAILED is given up."""

    RECEIVED = "RECEIVED"
    WAITING = "WAITING"
    CLAIMED = "CLAIMED"
    PROCESSED = "PROCESSED"
    FAILED = "FAILED"


class NewWebhookEvent(Row):
    """What a provider sent. `object_key` names what the event is about, such as a payment; `kind` says what happened.

    Check the signature before. `due_at` is the current time unless it is given.
    """

    id: UUID = Field(default_factory=uuid7)
    provider: PlainName
    object_key: Label | None = None
    event_id: Label
    kind: Label
    payload: JsonObject = Field(default_factory=dict)
    due_at: datetime | None = None


class WebhookEvent(Row):
    """An event.

    `due_at` says when it may be claimed: at first, after a failure, or when its lease ends. Of an event that is
    processed or failed, it is the last such instant. `number` is its place in the order.
    """

    number: int
    id: UUID
    provider: str
    object_key: str | None
    event_id: str
    kind: str
    payload: JsonObject
    status: EventStatus
    attempts: int
    due_at: datetime
    last_error: str | None
    finished_at: datetime | None
    created_at: datetime


class ClaimedEvent(Row):
    """An event that its claimer alone may work on until `lease_ends_at`. `attempts` counts this attempt too."""

    number: int
    id: UUID
    provider: str
    object_key: str | None
    event_id: str
    kind: str
    payload: JsonObject
    attempts: int
    claim_id: UUID
    lease_ends_at: datetime
    created_at: datetime
