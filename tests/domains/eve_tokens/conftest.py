"""What tests of EVE tokens share: every token is made on the spot."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from secrets import token_urlsafe
from typing import Any

import pytest

from clock import Clock
from hangar_dal import Database, User, eve_tokens, users
from hangar_dal.eve_tokens import EveToken, NewEveToken
from samples import eve_user

NewToken = Callable[..., NewEveToken]
_characters = count(2_112_000_001)


@pytest.fixture
async def user(database: Database) -> User:
    """An account whose password nobody hashes: it has none."""
    return await users.insert_user(database, eve_user(), hashed_password=None)


@pytest.fixture
def new_token(user: User, clock: Clock) -> NewToken:
    """The tokens of another character, which expire in twenty minutes as those of EVE SSO do."""

    def new(**changes: Any) -> NewEveToken:
        given = {
            "eve_character_id": next(_characters),
            "user_id": user.id,
            "access_token": token_urlsafe(600),
            "refresh_token": token_urlsafe(18),
            "scopes": ["esi-assets.read_assets.v1", "publicData"],
            "expires_at": clock.now + timedelta(minutes=20),
        }
        return NewEveToken(**{**given, **changes})

    return new


@pytest.fixture
async def stored(database: Database, new_token: NewToken) -> EveToken:
    return await eve_tokens.upsert_eve_token(database, new_token())
