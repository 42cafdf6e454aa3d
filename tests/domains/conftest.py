"""What tests of the domains share."""

import pytest

from domain_fixtures import cheap_hasher as cheap_hasher
from domain_fixtures import sql as sql
from hangar_dal import Database, User, users
from samples import local_user


@pytest.fixture
async def user(database: Database) -> User:
    return await users.create_user(database, local_user())
