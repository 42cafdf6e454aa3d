"""The fixtures of these tests: a database with a ledger in it, and another client's view of it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.settings import Settings
from tests.database.ledger import make_ledger
from tests.database.outside import Outside, outside_of
from tests.database.servers import OwnServer


@pytest.fixture(scope="session")
def new_server(postgres_server: object) -> Iterator[OwnServer]:
    """A server that is never started: tests start copies of it, since to make one takes a second."""
    with OwnServer.made() as server:
        yield server


@pytest.fixture
async def ledger(database: Database) -> Database:
    """The database, with the table `ledger (id, amount, note)` in it."""
    await database.run(*make_ledger(database))
    return database


@pytest.fixture
def small(database_url: str) -> Settings:
    """Few connections, so that a lost one is missed at once."""
    return Settings(
        database_url=database_url,
        sealing_keys=sealing.new_key(),
        pool_size=2,
        sqlite_readers=2,
        acquire_timeout=300,
    )


@pytest.fixture
async def small_ledger(small: Settings, anyio_backend: str) -> AsyncIterator[Database]:
    async with open_database(small, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        yield db


@pytest.fixture
def outside(settings: Settings) -> Outside:
    """Another client's view of the database of `ledger` and `small_ledger`."""
    return outside_of(settings.target)
