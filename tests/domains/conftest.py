"""What tests of the domains share."""

import pytest

from domain_fixtures import cheap_hasher as cheap_hasher
from domain_fixtures import explained as explained
from domain_fixtures import sql as sql
from hangar_dal import Database, User, builders, users
from kept import database as database
from kept import kept_databases as kept_databases
from kept import postgres_url as postgres_url


@pytest.fixture
async def user(database: Database) -> User:
    return await users.create_user(database, builders.user())
