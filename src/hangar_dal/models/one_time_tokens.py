"""One-time tokens: what the links are for that are sent to users, and the addresses that users have confirmed."""

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
    """What is stored about a token. `email` was the user's address when the token was made: where it is to be sent."""

    user_id: UUID
    purpose: TokenPurpose
    email: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ImportedOneTimeToken(Row):
    """A token with its hash, as another system or a backup had it."""

    user_id: UUID
    purpose: TokenPurpose
    token_hash: Sha256
    email: Address
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class IssuedOneTimeToken(Row):
    """A new token, which cannot be read again, and what is stored about it."""

    token: SecretStr
    stored: OneTimeToken


class ConfirmedEmail(Row):
    """The address that a user has proved to receive mail at. It counts while it is still the user's address."""

    user_id: UUID
    email: str
    confirmed_at: datetime
