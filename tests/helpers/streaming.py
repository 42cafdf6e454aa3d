"""What the tests of the catalog LIVESTREAMS share: its databases, and livestreams in them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import LIVESTREAMS, Catalog, Database, Settings, builders, livestreams, open_database, sealing
from hangar_dal.livestreams import Livestream


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return LIVESTREAMS


@pytest.fixture
async def on_postgresql(postgres_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """For what only PostgreSQL has: rows that several transactions change at once."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=20)
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        yield db


async def announced(db: Database, owner_id: UUID, **given: Any) -> Livestream:
    """A livestream that everybody sees, and that has not begun."""
    return await livestreams.create_livestream(db, builders.livestream(owner_id, **given))


async def live(db: Database, owner_id: UUID, **given: Any) -> Livestream:
    """A livestream that everybody sees, begun now."""
    return await livestreams.start_livestream(db, (await announced(db, owner_id, **given)).id)


async def ended(db: Database, owner_id: UUID, **given: Any) -> Livestream:
    """A livestream that began now and is over."""
    return await livestreams.end_livestream(db, (await live(db, owner_id, **given)).id)
