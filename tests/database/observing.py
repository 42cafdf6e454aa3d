"""A database whose statements are recorded, and a use of it that has every kind of statement."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, StatementEvent, builders, open_database, session_cookies, users
from hangar_dal.errors import UniqueViolation

CANARY = "canary4711"


@asynccontextmanager
async def observed(settings: Settings, **changes: object) -> AsyncIterator[tuple[Database, list[StatementEvent]]]:
    events = list[StatementEvent]()
    changed = settings.model_copy(update=changes)
    async with open_database(changed, catalog=ACCOUNTS, on_statement=events.append) as db:
        events.clear()
        yield db, events


async def use(db: Database) -> None:
    """A transaction, a query, a failure and a stream of one row."""
    new = builders.eve_user(display_name=CANARY)
    async with db.transaction() as tx, tx.savepoint():
        made = await users.insert_user(tx, new, hashed_password=None)
    await users.get_user(db, made.id)
    with pytest.raises(UniqueViolation):
        await users.insert_user(db, builders.eve_user(id=made.id), hashed_password=None)
    kept = await session_cookies.create_session_cookie(db, builders.session_cookie(made))
    async with session_cookies.stream_session_cookies(db, made.id) as rows:
        assert [row.id async for row in rows] == [kept.id]
    assert await db.health()
