"""Builder for the catalog OUTBOX."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.builders.building import built, numbers
from hangar_dal.models.outbox import NewMessage, Topic
from hangar_dal.models.row import Label
from hangar_dal.values import JsonObject


class MessageFields(TypedDict, total=False):
    id: UUID
    topic: Topic
    ordering_key: Label | None
    dedup_key: Label
    payload: JsonObject
    due_at: datetime | None


def message(**fields: Unpack[MessageFields]) -> NewMessage:
    """A message that is due immediately."""
    number = next(numbers)
    payload = {"to": f"pilot{number:05}@example.org"}
    return built(NewMessage, fields, topic="mail", dedup_key=f"message {number}", payload=payload)
