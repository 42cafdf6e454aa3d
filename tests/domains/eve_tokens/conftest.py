"""What tests of EVE tokens share: every token is made on the spot."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, builders, eve_tokens, users
from hangar_dal.eve_tokens import EveToken, NewEveToken
from tests.helpers.clock import Clock

NewToken = Callable[..., NewEveToken]


@pytest.fixture
async def user(database: Database) -> User:
    """An account whose password nobody hashes: it has none."""
    return await users.insert_user(database, builders.eve_user(), hashed_password=None)


@pytest.fixture
def new_token(user: User, clock: Clock) -> NewToken:
    """The tokens of another character, which expire in twenty minutes as those of EVE SSO do."""

    def new(**changes: Any) -> NewEveToken:
        given = {"expires_at": clock.now + timedelta(minutes=20), **changes}
        return builders.eve_token(given.pop("user_id", user), **given)

    return new


@pytest.fixture
async def stored(database: Database, new_token: NewToken) -> EveToken:
    return await eve_tokens.upsert_eve_token(database, new_token())
