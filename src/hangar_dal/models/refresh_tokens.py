"""Refresh tokens: the sessions of signed-in devices. A session is a family of tokens with one live token."""

from datetime import datetime
from uuid import UUID

from pydantic import Field, SecretStr

from hangar_dal.models.row import Row, Sha256, Source, UserAgent
from hangar_dal.values import uuid7


class RefreshToken(Row):
    """A stored token. It is live while neither `used_at` nor `revoked_at` is set.

    The tokens of one sign-in have the same `family_id`, `signed_in_at` and `session_ends_at`. `rotated_from` is the
    `jti` of the previous token. It is None for the first token, whose `jti` is the `family_id`.
    """

    jti: UUID
    family_id: UUID
    user_id: UUID
    rotated_from: UUID | None
    user_agent: str | None
    source: str | None
    signed_in_at: datetime
    session_ends_at: datetime
    issued_at: datetime
    used_at: datetime | None
    expires_at: datetime
    revoked_at: datetime | None


class NewRefreshToken(Row):
    """A token to store, created by `issue_refresh_token` and `rotate_refresh_token`."""

    jti: UUID = Field(default_factory=uuid7)
    family_id: UUID
    user_id: UUID
    token_hash: Sha256
    rotated_from: UUID | None
    user_agent: UserAgent | None
    source: Source | None
    signed_in_at: datetime
    session_ends_at: datetime
    issued_at: datetime
    expires_at: datetime


class IssuedRefreshToken(Row):
    """A new token, which cannot be read again, and its stored row."""

    token: SecretStr
    session: RefreshToken
