"""A database that a test leaves to the next one is as a fresh one; if it cannot be, the next test gets another."""

from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from hangar_dal import ACCOUNTS, COMMERCE, Catalog, builders, users
from hangar_dal.database import Statement
from tests.helpers.kept_databases import MOST_DELETED, Kept
from tests.helpers.postgres_server import Server

NOT_AS_IT_WAS = {
    "a column more": "ALTER TABLE users ADD COLUMN more text",
    "another default": "ALTER TABLE users ALTER COLUMN status SET DEFAULT 'SUSPENDED'",
    "a rule less": "ALTER TABLE users DROP CONSTRAINT users_local_check",
    "another name of a rule": "ALTER TABLE users RENAME CONSTRAINT users_local_check TO other",
    "an option of a table": "ALTER TABLE users SET (fillfactor = 50)",
    "an index more": "CREATE INDEX more ON users (created_at)",
    "a trigger less": "ALTER TABLE users DISABLE TRIGGER USER",
    "another function": "ALTER FUNCTION security_events_kept() SECURITY DEFINER",
    "a function more": "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a schema more": "CREATE SCHEMA more",
    "a setting": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 65', current_database()); END $$",
    "no sessions": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()",
    "too much deleted": f"INSERT INTO _yoyo_version SELECT n + 9, now() FROM generate_series(0, {MOST_DELETED}) AS n",
}


@pytest.fixture
async def kept(
    anyio_backend: str,
    request: pytest.FixtureRequest,
    postgres_server: Server,
    _postgres_templates: Callable[[Catalog], str],
    sealing_key: str,
) -> AsyncIterator[Kept]:
    catalog = getattr(request, "param", ACCOUNTS)
    kept = await Kept.copied(postgres_server, _postgres_templates(catalog), sealing_key, catalog)
    yield kept
    await kept.drop()


def stored(kept: Kept) -> dict[str, list[bytes]]:
    return {table: kept.rows_of(table) for table in kept.tables}


async def test_rows_are_those_of_a_fresh_database_again(kept: Kept) -> None:
    fresh = stored(kept)
    assert fresh["_yoyo_migration"]
    assert fresh["security_event_retention"]
    await users.create_user(kept.database, builders.user())
    await kept.database.run(Statement("test", "UPDATE security_event_retention SET days = days + 1", True), ())
    await kept.database.run(Statement("test", "DELETE FROM _yoyo_migration", True), ())
    assert stored(kept)["users"]
    assert await kept.restored()
    assert stored(kept) == fresh
    assert kept.deleted == 2
    assert await users.create_user(kept.database, builders.user())


@pytest.mark.parametrize("change", NOT_AS_IT_WAS.values(), ids=NOT_AS_IT_WAS)
async def test_a_database_that_is_not_as_it_was_is_left_to_no_test(
    kept: Kept, postgres_server: Server, change: str
) -> None:
    with psycopg.connect(postgres_server.url(kept.name), autocommit=True) as connection:
        connection.execute(change.encode())
    assert not await kept.restored()


@pytest.mark.parametrize("kept", [COMMERCE], indirect=True, ids=["COMMERCE"])
async def test_a_database_with_a_used_sequence_is_left_to_no_test(kept: Kept, postgres_server: Server) -> None:
    with psycopg.connect(postgres_server.url(kept.name), autocommit=True) as connection:
        [(sequence, *_), *_] = connection.execute("SELECT sequencename FROM pg_sequences").fetchall()
        connection.execute("SELECT nextval(%s)", [sequence])
    assert not await kept.restored()


async def test_new_rows_lie_behind_deleted_ones(kept: Kept) -> None:
    for _ in range(30):
        for number in range(1000, 1020):
            kept.session.execute("INSERT INTO _yoyo_version VALUES (%s, now())", [number])
            kept.session.execute("UPDATE _yoyo_version SET installed_at_utc = now() WHERE version = %s", [number])
        [*stored] = kept.session.execute("SELECT version FROM _yoyo_version WHERE version >= 1000")
        assert stored == [(number,) for number in range(1000, 1020)]
        assert await kept.restored()


async def test_a_database_that_is_closed_or_in_use_is_left_to_no_test(kept: Kept) -> None:
    async with kept.database.transaction() as transaction:
        await users.count_users(transaction)
        assert not await kept.restored()
    assert await kept.restored()
    await kept.database.close()
    assert not await kept.restored()
