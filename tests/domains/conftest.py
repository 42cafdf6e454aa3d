"""What tests of the domains share."""

import pytest

from hangar_dal import Database, User, builders, users
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher
from tests.helpers.domain_fixtures import explained as explained
from tests.helpers.domain_fixtures import sql as sql
from tests.helpers.kept_databases import database as database
from tests.helpers.kept_databases import kept_databases as kept_databases
from tests.helpers.kept_databases import postgres_url as postgres_url


@pytest.fixture
async def user(database: Database) -> User:
    return await users.create_user(database, builders.user())
