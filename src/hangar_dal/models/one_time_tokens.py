"""One-time tokens for links that are sent to users, and the addresses that users have confirmed."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import SecretStr, StringConstraints

from hangar_dal.models.row import Row, Sha256

Address = Annotated[str, StringConstraints(min_length=3, max_length=254)]


class TokenPurpose(StrEnum):
    INVITATION = "INVITATION"
    EMAIL_CONFIRMATION = "EMAIL_CONFIRMATION"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105  (not a password)


class OneTimeToken(Row):
    """A stored token without its hash. `email` is the user's address at creation; send the token to it."""

    user_id: UUID
    purpose: TokenPurpose
    email: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ImportedOneTimeToken(Row):
    """A token with its hash, from another system or a backup."""

    user_id: UUID
    purpose: TokenPurpose
    token_hash: Sha256
    email: Address
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class IssuedOneTimeToken(Row):
    """A new token, which cannot be read again, and its stored row."""

    token: SecretStr
    stored: OneTimeToken


class ConfirmedEmail(Row):
    """The address that a user has confirmed. It is valid only while it equals the user's current address."""

    user_id: UUID
    email: str
    confirmed_at: datetime
