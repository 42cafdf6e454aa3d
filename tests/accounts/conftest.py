"""What tests of the layer `accounts` share."""

import pytest

from domain_fixtures import cheap_hasher as cheap_hasher
from domain_fixtures import sql as sql
from domain_fixtures import statements as statements
from hangar_dal import Database, User, users
from samples import eve_user


@pytest.fixture
async def user(database: Database) -> User:
    """An account whose password nobody hashes: it has none."""
    return await users.insert_user(database, eve_user(), hashed_password=None)
