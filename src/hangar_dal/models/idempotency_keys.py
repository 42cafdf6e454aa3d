"""Keys by which clients repeat a request, and what they were answered."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Label, Row, Sha256
from hangar_dal.values import JsonObject, uuid7

AnswerStatus = Annotated[int, Field(ge=100, le=599)]


class Answer(Row):
    """What a request was answered: a status of HTTP and a body. Leave secrets out of it, because it is stored."""

    status: AnswerStatus
    body: JsonObject = Field(default_factory=dict)


class NewIdempotencyKey(Row):
    """A key that somebody works on from now on."""

    id: UUID = Field(default_factory=uuid7)
    scope: Label
    key: Label
    user_id: UUID | None
    request_hash: Sha256
    claim_id: UUID
    lease_ends_at: datetime
    expires_at: datetime


class IdempotencyKey(Row):
    """A key: claimed until `lease_ends_at`, or answered."""

    id: UUID
    scope: str
    key: str
    user_id: UUID | None
    request_hash: str
    claim_id: UUID | None
    claimed_at: datetime
    lease_ends_at: datetime | None
    answer_status: int | None
    answer: JsonObject | None
    finished_at: datetime | None
    created_at: datetime
    expires_at: datetime


class ClaimedKey(Row):
    """A key that its claimer alone works on until `lease_ends_at`."""

    scope: Label
    key: Label
    claim_id: UUID
    lease_ends_at: datetime
