"""EVE SSO tokens of characters. They are credentials, so they are sealed before they reach SQL."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from hangar_dal.models.row import EveCharacterId, Row
from hangar_dal.sealing import Sealed

# Far above the size of today's tokens. The access token is a JWT that lists the scopes.
MAX_EVE_TOKEN_CHARACTERS = 16_384

_Token = StringConstraints(min_length=1, max_length=MAX_EVE_TOKEN_CHARACTERS)
_BIND = ("eve_character_id", "user_id")

SealedAccessToken = Annotated[str, _Token, Sealed("eve_tokens", "access_token", bind=_BIND)]
SealedRefreshToken = Annotated[str, _Token, Sealed("eve_tokens", "refresh_token", bind=_BIND)]


class EveTokenSummary(Row):
    """The tokens of a character without the tokens themselves. `expires_at` is the expiry of the access token."""

    eve_character_id: int
    user_id: UUID
    scopes: list[str]
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


class EveToken(Row):
    """The tokens of a character. `model_dump` reveals them, `repr` does not."""

    eve_character_id: int
    user_id: UUID
    access_token: SealedAccessToken = Field(repr=False)
    refresh_token: SealedRefreshToken = Field(repr=False)
    scopes: list[str]
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


class ClaimedEveToken(EveToken):
    """Tokens that only the holder of this claim may refresh until `lease_ends_at`."""

    lease_id: UUID
    lease_ends_at: datetime


class NewEveToken(Row):
    """Tokens that EVE SSO returned for a character, and its user. `expires_at` is the expiry of the access token."""

    eve_character_id: EveCharacterId
    user_id: UUID
    access_token: SealedAccessToken = Field(repr=False)
    refresh_token: SealedRefreshToken = Field(repr=False)
    scopes: list[str] = Field(default_factory=list)
    expires_at: datetime
