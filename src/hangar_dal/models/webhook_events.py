"""Webhook events of providers, and their status."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Label, PlainName, Row
from hangar_dal.values import JsonObject, uuid7


class EventStatus(StrEnum):
    """RECEIVED events can be claimed. WAITING events are behind another event of the same object.

    FAILED events were given up.
    """

    RECEIVED = "RECEIVED"
    WAITING = "WAITING"
    CLAIMED = "CLAIMED"
    PROCESSED = "PROCESSED"
    FAILED = "FAILED"


class NewWebhookEvent(Row):
    """An event to store. `object_key` names the object of the event, such as a payment; `kind` is the type of event.

    Check the provider's signature first. `due_at` defaults to the current time.
    """

    id: UUID = Field(default_factory=uuid7)
    provider: PlainName
    object_key: Label | None = None
    event_id: Label
    kind: Label
    payload: JsonObject = Field(default_factory=dict)
    due_at: datetime | None = None


class WebhookEvent(Row):
    """A stored webhook event.

    `due_at` is when the event can next be claimed: its first due time, its next retry, or the end of its lease. A
    PROCESSED or FAILED event keeps its last value. `number` is the position in the order.
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
    """A claimed event. Only the holder of this claim may work on it until `lease_ends_at`.

    `attempts` includes this one.
    """

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
