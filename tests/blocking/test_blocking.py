"""The same functions called from threads instead of tasks, on both databases."""

import _thread
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from uuid import uuid4

import pytest

from hangar_dal import ACCOUNTS, Database, Row, Settings, User, blocking, builders, bulk, session_cookies, users
from hangar_dal.blocking import BlockingDatabase, BlockingTransaction
from hangar_dal.database import Executor, Statement
from hangar_dal.errors import (
    DatabaseBusy,
    DatabaseClosed,
    NotFound,
    SchemaOutOfDate,
    TransactionClosed,
    TransactionFailed,
    UniqueViolation,
    WrongEventLoop,
)
from hangar_dal_pytest import HangarQueries
from tests.helpers.browser_sessions import sessions
from tests.helpers.clock import Clock

# Counts to a number that takes minutes, and can be interrupted.
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"
WAIT = 300  # seconds until a test fails that would wait for ever


@pytest.fixture
def db(settings: Settings, clock: Clock) -> Iterator[BlockingDatabase]:
    with blocking.open_database(settings, catalog=ACCOUNTS, clock=clock) as opened:
        yield opened


async def insert(db: Executor, number: int | None = None) -> User:
    """Insert a user. With a number, it is the user's name and character, so that forked processes choose others."""
    own = {} if number is None else {"display_name": str(number), "eve_character_id": 1_000_000 + number}
    return await users.insert_user(db, builders.eve_user(**own), hashed_password=None)


async def endless(db: Executor) -> None:
    await db.run(Statement("endless", ENDLESS, writes=False), ())


def used(db: BlockingDatabase) -> int:
    return sum(stats.used for stats in db.pool_stats().values())


def test_a_call_returns_what_the_function_returns(db: BlockingDatabase, clock: Clock) -> None:
    ada = db.call(insert)
    assert db.call(users.get_user, ada.id) == ada
    assert db.call(users.count_users, status=None) == 1
    assert (db.now(), db.dialect in ("sqlite", "postgresql")) == (clock.now, True)
    db.ping()


def test_a_call_raises_what_the_function_raises(db: BlockingDatabase) -> None:
    with pytest.raises(NotFound, match="get_user"):
        db.call(users.get_user, uuid4())
    with pytest.raises(TypeError, match="unexpected"):
        db.call(users.get_user, uuid4(), wrong=1)  # type: ignore[call-arg]
    assert db.call(users.count_users) == 0


class Lent(Row):
    n: int


async def make_table(db: Database) -> None:
    async with db.driver() as connection:
        await connection.execute("CREATE TABLE lent (n bigint)" if db.dialect == "postgresql" else TABLE)


TABLE = "CREATE TABLE lent (n integer) STRICT"


def test_bulk_copies_and_the_driver_are_called_like_functions(db: BlockingDatabase) -> None:
    db.call(make_table)
    assert db.call(bulk.copy_in, "lent", (Lent(n=n) for n in range(10))) == 10
    with db.transaction() as tx:
        assert tx.call(bulk.copy_in, "lent", [Lent(n=10)]) == 1
    with db.stream(bulk.copy_out, "lent", Lent) as rows:
        assert {row.n for row in rows} == set(range(11))


def test_threads_share_a_database(db: BlockingDatabase) -> None:
    def work(number: int) -> None:
        for turn in range(10):
            made = db.call(insert, 100 * number + turn)
            assert db.call(users.get_user, made.id).display_name == str(100 * number + turn)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert db.call(users.count_users) == 160


def test_a_transaction_commits_or_rolls_back(db: BlockingDatabase) -> None:
    with db.transaction() as tx:
        ada = tx.call(insert)
        assert tx.call(users.get_user, ada.id) == ada
    error = KeyError("own")
    with pytest.raises(KeyError) as caught, db.transaction() as tx:
        tx.call(insert)
        raise error
    assert caught.value is error
    assert db.call(users.count_users) == 1
    with pytest.raises(TransactionClosed):
        tx.call(users.count_users)


def test_a_transaction_whose_statement_failed_is_not_committed(db: BlockingDatabase) -> None:
    ada = db.call(insert)
    with pytest.raises(TransactionFailed), db.transaction() as tx:
        tx.call(insert)
        with pytest.raises(UniqueViolation):
            tx.call(users.insert_user, builders.eve_user(id=ada.id), hashed_password=None)
    assert db.call(users.count_users) == 1


def test_a_batch_is_sent_at_the_end_of_its_block(db: BlockingDatabase) -> None:
    with db.batch() as batch:
        inserted = batch.add(users.insert_user, builders.eve_user(), hashed_password=None)
    with db.transaction() as tx, tx.batch() as batch:
        found = batch.add(users.get_user, inserted.result().id)
    assert found.result() == inserted.result()


def test_a_savepoint_undoes_its_block_alone(db: BlockingDatabase) -> None:
    ada = db.call(insert)
    with db.transaction() as tx:
        tx.call(insert)
        with pytest.raises(UniqueViolation), tx.savepoint() as inner:
            inner.call(insert)
            inner.call(users.insert_user, builders.eve_user(id=ada.id), hashed_password=None)
    assert db.call(users.count_users) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration])
def test_an_exception_that_ends_loops_rolls_back_too(db: BlockingDatabase, error: type[BaseException]) -> None:
    with pytest.raises(error), db.transaction() as tx:
        tx.call(insert)
        raise error
    assert db.call(users.count_users) == 0


def test_a_stream_yields_all_rows_and_returns_its_connection(db: BlockingDatabase) -> None:
    user = db.call(insert)
    db.call(session_cookies.import_session_cookies, new := sessions(user.id, 2500))
    made = {each.id for each in new}
    with db.stream(session_cookies.stream_session_cookies, user.id) as rows:
        assert {each.id for each in rows} == made
    with db.stream(session_cookies.stream_session_cookies, user.id) as rows:
        assert next(rows).id in made
        assert db.call(users.count_users) == 1
    with db.transaction() as tx, tx.stream(session_cookies.stream_session_cookies, user.id) as rows:
        assert next(rows).id in made
        assert tx.call(users.count_users) == 1
    assert used(db) == 0


def test_a_stream_is_not_called(db: BlockingDatabase) -> None:
    with pytest.raises(TypeError, match=r"returns a stream; read it in `with db\.stream\(stream_session_cookies\) as"):
        db.call(session_cookies.stream_session_cookies, uuid4())  # type: ignore[arg-type]


def test_in_transaction_runs_again_in_the_same_thread(db: BlockingDatabase) -> None:
    seen: list[threading.Thread] = []

    def work(tx: BlockingTransaction) -> User:
        seen.append(threading.current_thread())
        made = tx.call(insert)
        if len(seen) < 3:
            raise DatabaseBusy("again")
        return made

    made = db.in_transaction(work)
    assert db.call(users.list_users) == [made]
    assert seen == [threading.current_thread()] * 3


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, StopIteration])
def test_in_transaction_raises_what_its_work_raises(db: BlockingDatabase, error: type[BaseException]) -> None:
    def work(tx: BlockingTransaction) -> None:
        tx.call(insert)
        raise error

    with pytest.raises(error):
        db.in_transaction(work)
    assert (db.call(users.count_users), used(db)) == (0, 0)


def test_an_interrupt_stops_the_statement(db: BlockingDatabase) -> None:
    def interrupt() -> None:
        while not used(db):
            sleep(0.01)
        _thread.interrupt_main()

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        db.call(endless)
    helper.join()
    assert (used(db), db.call(users.count_users)) == (0, 0)


def test_a_closed_database_refuses_calls_and_ends_those_that_run(settings: Settings) -> None:
    db = blocking.open_database(settings, catalog=ACCOUNTS)
    failed: list[BaseException] = []

    def call() -> None:
        try:
            db.call(endless)
        except DatabaseClosed as error:
            failed.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    while not used(db):
        sleep(0.01)
    before = threading.active_count()
    db.close(timeout=0)
    caller.join(WAIT)
    assert len(failed) == 1
    assert threading.active_count() < before
    db.close()
    for use in (lambda: db.call(users.count_users), db.ping, db.now, db.transaction().__enter__):
        with pytest.raises(DatabaseClosed, match="is closed"):
            use()


def test_a_database_that_cannot_be_opened_leaves_no_thread(empty_database_url: str, sealing_key: str) -> None:
    before = threading.active_count()
    with pytest.raises(SchemaOutOfDate):
        blocking.open_database(Settings(database_url=empty_database_url, sealing_keys=sealing_key), catalog=ACCOUNTS)
    assert threading.active_count() == before


async def test_it_works_where_an_event_loop_runs_as_in_a_notebook(db: BlockingDatabase) -> None:
    assert db.call(insert, 7).display_name == "7"


def test_a_call_from_its_own_thread_is_refused(db: BlockingDatabase) -> None:
    async def calls_again(inner: Executor) -> None:
        db.call(users.count_users)

    with pytest.raises(WrongEventLoop, match="Await the query there"):
        db.call(calls_again)


def test_context_variables_reach_the_function(db: BlockingDatabase, hangar_queries: HangarQueries) -> None:
    with hangar_queries() as sent, db.transaction() as tx:
        tx.call(users.count_users)
    assert sent.names == ["users.count_users"]
