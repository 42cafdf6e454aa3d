"""What tests of the domains share."""

import pytest

from domain_fixtures import cheap_hasher as cheap_hasher
from domain_fixtures import explained as explained
from domain_fixtures import sql as sql
from hangar_dal import Database, User, builders, users


@pytest.fixture
async def user(database: Database) -> User:
    return await users.create_user(database, builders.user())
