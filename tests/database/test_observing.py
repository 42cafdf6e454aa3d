"""Events and comments name the queries and hold no value, and connections without them are not changed."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from hangar_dal import ACCOUNTS, Database, Row, Settings, StatementEvent, blocking, bulk, open_database, users
from hangar_dal.database import Statement
from hangar_dal.database.postgresql.comments import CommentedStatement
from hangar_dal.errors import NotFound, UniqueViolation
from tests.database.ledger import endless, make_ledger
from tests.database.observing import CANARY, observed, use
from tests.helpers.waiting import until


async def test_each_statement_is_an_event(settings: Settings) -> None:
    async with observed(settings) as (db, events):
        await use(db)
        dialect = db.dialect
    assert [(event.query, event.rows, event.error) for event in events] == [
        ("BEGIN", 0, None),
        ("users.insert_user", 1, None),
        ("COMMIT", 0, None),
        ("users.get_user", 1, None),
        ("users.insert_user", 0, UniqueViolation),
        ("session_cookies.insert_session_cookie", 1, None),
        ("BEGIN", 0, None),
        ("session_cookies.stream_session_cookies", 0, None),
        ("session_cookies.stream_session_cookies", 1, None),
        ("COMMIT", 0, None),
    ]
    assert {event.dialect for event in events} == {dialect}
    assert all(0 < event.seconds < 60 for event in events)
    assert CANARY not in repr(events)
    with pytest.raises(AttributeError):
        events[0].rows = 1  # type: ignore[misc]  # an event is frozen


async def test_a_cancelled_statement_is_an_event(settings: Settings) -> None:
    async with observed(settings) as (db, events):
        running = asyncio.create_task(db.run(*endless(db)))
        await until(lambda: sum(stats.used for stats in db.pool_stats().values()), running)
        running.cancel()
        await asyncio.wait([running])
    assert [(event.query, event.error) for event in events] == [("the_endless_query", asyncio.CancelledError)]


async def test_an_error_of_the_function_is_logged_and_the_result_is_kept(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: StatementEvent) -> None:
        raise LookupError(event.query)

    async with open_database(settings, catalog=ACCOUNTS, on_statement=fail) as db:
        assert await users.count_users(db) == 0
    assert "on_statement raised an error for users.count_users" in caplog.messages


class Entry(Row):
    id: int
    amount: int


@pytest.mark.parametrize("has_comments", [False, True])
async def test_a_copy_of_many_rows_is_an_event(settings: Settings, *, has_comments: bool) -> None:
    async with observed(settings, query_comments=has_comments) as (db, events):
        await db.run(*make_ledger(db))
        await bulk.copy_in(db, "ledger", [Entry(id=number, amount=1) for number in range(3)])
        copied = [event for event in events if event.query not in ("BEGIN", "COMMIT")]
        async with bulk.copy_out(db, "ledger", Entry) as rows:
            assert len([row async for row in rows]) == 3
    assert ("copy_in ledger", 3, None) in [(event.query, event.rows, event.error) for event in copied]


@pytest.mark.parametrize("has_comments", [False, True])
async def test_a_batch_is_an_event(settings: Settings, *, has_comments: bool) -> None:
    async with observed(settings, query_comments=has_comments) as (db, events):
        async with db.batch() as batch:
            counted = batch.add(users.count_users)
            batch.add(users.find_user_by_email, "ada@example.org")
        assert counted.result() == 0
        with pytest.raises(NotFound):
            async with db.transaction() as tx, tx.batch() as batch:
                batch.add(users.get_user, UUID(int=0))
    found = [(event.query, event.rows, event.error) for event in events if event.query.startswith("BATCH")]
    assert found == [
        ("BATCH users.count_users, users.find_user_by_email", 1, None),
        ("BATCH users.get_user", 0, None),
    ]


@pytest.mark.parametrize("given", ["a text", asyncio.sleep])
def test_what_cannot_be_called_at_once_is_refused(given: Any) -> None:
    for opening in (open_database, blocking.open_database):
        with pytest.raises(TypeError, match=r"on_statement, not (str|a coroutine function)"):
            opening(Settings(database_url=":memory:"), on_statement=given)


def test_threads_have_the_same_events(settings: Settings) -> None:
    events = list[StatementEvent]()
    with blocking.open_database(settings, catalog=ACCOUNTS, on_statement=events.append) as db:
        events.clear()
        assert db.call(users.count_users) == 0
        assert db.health().is_reachable
    assert [event.query for event in events] == ["users.count_users"]


async def test_without_observers_and_comments_connections_are_not_changed(database: Database) -> None:
    connection = await database._writers.acquire()
    try:
        assert {"run", "begin", "commit", "fetch", "open_cursor", "copy_in", "run_batch"}.isdisjoint(vars(connection))
    finally:
        database._writers.release(connection)


NAMES = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep%'"


async def test_postgresql_sees_the_name_of_a_query(postgres_url: str, sealing_key: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing_key, query_comments=True)
    sleep = Statement("shop.*/sleep; -- '\n", "SELECT pg_sleep(3600)", writes=False)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        running = asyncio.create_task(db.run(sleep, ()))
        with psycopg.connect(postgres_url, autocommit=True) as watcher:
            shown = list[str]()
            while not shown:
                await asyncio.sleep(0.01)
                rows = watcher.execute(NAMES + " AND pid <> pg_backend_pid()").fetchall()
                shown = [text for (text,) in rows]
        running.cancel()
        await asyncio.wait([running])
    assert shown == ["/* shop.__sleep_ -- __ */ SELECT pg_sleep(3600)"]


async def test_comments_change_neither_results_nor_prepared_statements(settings: Settings) -> None:
    one = settings.model_copy(update={"query_comments": True, "pool_size": 1})
    async with open_database(one, catalog=ACCOUNTS) as db:
        await use(db)
        for _ in range(20):
            assert await users.count_users(db) == 1
            async with db.batch() as batch:
                counted = batch.add(users.count_users)
            assert counted.result() == 1
        assert await prepared(db) == ["/* users.count_users */ "] * (db.dialect == "postgresql")
    async with open_database(settings, catalog=ACCOUNTS) as plain:  # the same statements without comments
        for _ in range(20):
            assert await users.count_users(plain) == 1
        assert await prepared(plain) == [""] * (plain.dialect == "postgresql")


async def prepared(db: Database) -> list[str]:
    """What comes before the text of `users.count_users` in each statement that the server has prepared for it."""
    if db.dialect == "sqlite":
        return []
    listed = Statement("", "SELECT statement FROM pg_prepared_statements", writes=False)
    texts = [text for (text,) in (await db.run(listed, ()))[0] if "count(*)" in text]
    return [text.partition("SELECT")[0] for text in texts]


def test_the_columns_of_a_commented_statement_are_those_of_the_original() -> None:
    original = Statement("a.b", "SELECT 1 AS one", writes=False)
    commented = CommentedStatement(original)
    commented.columns = ("one",)
    assert original.columns == ("one",)
    assert (commented.name, commented.text) == ("a.b", "/* a.b */ SELECT 1 AS one")
