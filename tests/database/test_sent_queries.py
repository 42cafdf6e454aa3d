"""The fixture `hangar_queries`: how many queries a block sends, which, and from which lines."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import Database, Transaction, User, builders, session_cookies, users, uuid7
from hangar_dal.database import Executor
from hangar_dal.errors import NotFound
from hangar_dal.query import Stream
from hangar_dal_pytest import HangarQueries

HERE = Path(__file__)
LINES = HERE.read_text(encoding="utf-8").splitlines()


def place(mark: str) -> str:
    """Where the line of this file is that ends with this comment."""
    [number] = [number for number, line in enumerate(LINES, 1) if line.endswith(f"  # {mark}")]
    return f"tests/database/{HERE.name}:{number}"


def loop_of(query: str, times: int, mark: str, verb: str = "fetch") -> str:
    return f"{query} ran {times} times at {place(mark)}: it runs in a loop; {verb} all rows with one statement"


@pytest.fixture
async def user(database: Database) -> User:
    return await users.insert_user(database, builders.eve_user(), hashed_password=None)


async def read_all(stream: Stream[Any]) -> int:
    async with stream as rows:  # a stream
        return len([row async for row in rows])


async def test_a_block_within_its_limit_passes_and_names_what_it_sent(
    database: Database, user: User, hangar_queries: HangarQueries
) -> None:
    with hangar_queries(at_most=2) as sent:
        assert sent.names == []
        await users.get_user(database, user.id)
        await users.count_users(database)
        await database.ping()
    await users.count_users(database)
    assert sent.names == ["users.get_user", "users.count_users"]
    with hangar_queries() as sent:
        await users.count_users(database)
    assert len(sent) == 1


async def test_the_message_has_each_query_with_its_count_and_its_line_and_points_at_a_loop(
    database: Database, user: User, hangar_queries: HangarQueries
) -> None:
    with pytest.raises(AssertionError) as caught, hangar_queries(at_most=3):
        await users.count_users(database)  # first
        for _ in range(2):
            await session_cookies.count_session_cookies(database, user_id=user.id)  # twice
        for _ in range(20):
            await users.get_user(database, user.id)  # loop
        for _ in range(3):
            await users.delete_user(database, uuid7())  # writes
    assert str(caught.value).splitlines() == [
        "hangar_queries: 26 queries were sent, at most 3 allowed",
        f"   1  users.count_users                      {place('first')}",
        f"   2  session_cookies.count_session_cookies  {place('twice')}",
        f"  20  users.get_user                         {place('loop')}",
        f"   3  users.delete_user                      {place('writes')}",
        loop_of("users.get_user", 20, "loop"),
        loop_of("users.delete_user", 3, "writes", "write"),
    ]
    one = r"^hangar_queries: 1 query was sent, at most 0 allowed\n"
    with pytest.raises(AssertionError, match=one), hangar_queries(at_most=0):
        await users.count_users(database)


async def test_a_query_inside_a_function_of_the_package_has_the_line_that_called_the_function(
    database: Database, user: User, hangar_queries: HangarQueries
) -> None:
    with hangar_queries() as sent:
        await session_cookies.import_session_cookies(database, [builders.session_cookie(user.id)])  # inside
    assert sent.report() == f"   1  session_cookies.insert_session_cookies  {place('inside')}"


async def test_statements_of_transactions_count_without_begin_commit_and_savepoints(
    database: Database, user: User, hangar_queries: HangarQueries
) -> None:
    with hangar_queries() as sent:
        async with database.transaction() as tx, tx.savepoint():
            await users.count_users(tx)
            await users.delete_user(tx, user.id)
    assert sent.names == ["users.count_users", "users.delete_user"]


@pytest.mark.parametrize("kind", ["database", "transaction"])
async def test_a_stream_is_one_statement_however_many_rows_it_has(
    database: Database, user: User, hangar_queries: HangarQueries, kind: str
) -> None:
    await session_cookies.import_session_cookies(
        database, [builders.session_cookie(user.id, platform=f"p{n}", cookies=[n]) for n in range(2100)]
    )

    async def read(db: Executor) -> None:
        session_cookies.stream_session_cookies(db, user.id)  # nobody reads it
        assert await read_all(session_cookies.stream_session_cookies(db, user.id)) == 2100

    with hangar_queries() as sent:
        if kind == "database":
            await read(database)
        else:
            async with database.transaction() as tx:
                await read(tx)
    assert sent.report() == f"   1  session_cookies.stream_session_cookies  {place('a stream')}"


async def test_all_tasks_count_each_with_the_line_that_made_it(
    database: Database, user: User, hangar_queries: HangarQueries
) -> None:
    async def count(db: Database) -> int:
        return await users.count_users(db)  # in a task

    with hangar_queries() as sent:
        await asyncio.gather(*(users.get_user(database, user.id) for _ in range(5)))  # gathered
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(count(database))
            tasks.create_task(users.count_users(database))  # alone
        await asyncio.wait_for(users.count_users(database), 60)  # waited for
    assert sent.report().splitlines() == [
        f"   5  users.get_user     {place('gathered')}",
        f"   2  users.count_users  {place('in a task')}",
        f"   1  users.count_users  {place('alone')}",
        f"   1  users.count_users  {place('waited for')}",
        loop_of("users.get_user", 5, "gathered"),
    ]


async def test_blocks_can_be_nested_and_overlap(database: Database, hangar_queries: HangarQueries) -> None:
    with pytest.raises(AssertionError, match=r"^hangar_queries: 3 queries"), hangar_queries(at_most=2) as outer:
        await users.count_users(database)
        with hangar_queries(at_most=1) as inner:
            await users.count_users(database)
        await users.count_users(database)
    assert (len(inner), len(outer)) == (1, 3)
    first, second = hangar_queries(), hangar_queries()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    await users.count_users(database)
    second.__exit__(None, None, None)
    assert (len(first), len(second)) == (0, 1)


async def test_an_exception_of_the_block_is_raised_as_it_is(database: Database, hangar_queries: HangarQueries) -> None:
    with pytest.raises(NotFound), hangar_queries(at_most=0) as sent:
        await users.get_user(database, uuid7())
    assert sent.names == ["users.get_user"]


async def test_no_value_is_in_the_message(database: Database, user: User, hangar_queries: HangarQueries) -> None:
    with pytest.raises(AssertionError) as caught, hangar_queries(at_most=1):
        for _ in range(3):
            await users.find_user_by_username(database, "a name of somebody")
        await users.update_user(database, user.id, display_name="a name of somebody else")
    assert "a name of somebody" not in str(caught.value)
    assert str(user.id) not in str(caught.value)


async def test_nothing_is_left_behind_after_the_last_block(database: Database, hangar_queries: HangarQueries) -> None:
    def state() -> tuple[Any, ...]:
        methods = Database.run, Transaction.run, Transaction._open_cursor
        return *methods, sys.get_coroutine_origin_tracking_depth()

    before = state()
    with pytest.raises(NotFound), hangar_queries(), hangar_queries():
        assert set(state()).isdisjoint(before)
        await users.get_user(database, uuid7())
    assert state() == before
