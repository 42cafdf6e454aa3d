"""Idempotency keys of client requests, and the stored answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Label, Row, Sha256
from hangar_dal.values import JsonObject, uuid7

AnswerStatus = Annotated[int, Field(ge=100, le=599)]


class Answer(Row):
    """The answer to a request: an HTTP status and a body. It is stored, so it must not contain secrets."""

    status: AnswerStatus
    body: JsonObject = Field(default_factory=dict)


class NewIdempotencyKey(Row):
    """A key that is claimed from now on."""

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
    """A claimed key. Only the holder of this claim may work on it until `lease_ends_at`."""

    scope: Label
    key: Label
    claim_id: UUID
    lease_ends_at: datetime
