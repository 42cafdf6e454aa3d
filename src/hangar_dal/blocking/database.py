"""`BlockingDatabase` and `BlockingTransaction`: the database and its transactions for code that is not asynchronous."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from threading import Lock
from types import TracebackType
from typing import Concatenate, Final, ParamSpec, Self, TypeVar
from weakref import WeakSet

from hangar_dal.blocking.session import Session, stand_in
from hangar_dal.blocking.transaction import BlockingTransaction, called
from hangar_dal.carrier import Carrier
from hangar_dal.database import Database, Health, Transaction
from hangar_dal.database import open_database as open_asynchronously
from hangar_dal.database.batch import Batch
from hangar_dal.database.connection import Isolation
from hangar_dal.database.local_settings import SettingValue
from hangar_dal.database.observing import OnStatement
from hangar_dal.database.opening import Opening
from hangar_dal.database.pool_limits import PoolStats
from hangar_dal.errors import DatabaseClosed
from hangar_dal.keyring import Keys
from hangar_dal.query import Stream
from hangar_dal.settings import Settings
from hangar_dal.sqlscan import Dialect

P = ParamSpec("P")
T = TypeVar("T")


def open_database(
    settings: Settings | None = None,
    *,
    catalog: Carrier | None = None,
    clock: Callable[[], datetime] | None = None,
    keys: Keys | None = None,
    check_schema: bool = True,
    on_statement: OnStatement | None = None,
) -> "BlockingDatabase":
    """Open a database for code that is not asynchronous. The arguments and errors are those of the other one.

    Use it as `with blocking.open_database(...) as db:`, or call `db.close()` later.
    """
    opening = partial(open_asynchronously, settings, catalog=catalog, clock=clock, keys=keys)
    return BlockingDatabase(partial(opening, check_schema=check_schema, on_statement=on_statement))


class BlockingDatabase:
    """A database for code that is not asynchronous. Threads may share it."""

    def __init__(self, opening: Callable[[], Opening]) -> None:
        self._opening = opening
        self._lock = Lock()
        self._users = 0  # calls and blocks that are running
        self._is_closed = False
        self._session: Session | None = Session(opening)
        _open.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def dialect(self) -> Dialect:
        """Which database it is: "sqlite" or "postgresql"."""
        with self._used() as session:
            return session.database.dialect

    def call(
        self, function: Callable[Concatenate[Database, P], Awaitable[T]], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Call a function that takes a database, and return its result: `db.call(users.get_user, user_id)`."""
        with self._used() as session:
            return session.run(called(function, session.database, *arguments, **named))

    @contextmanager
    def stream(
        self, function: Callable[Concatenate[Database, P], Stream[T]], /, *arguments: P.args, **named: P.kwargs
    ) -> Generator[Iterator[T]]:
        """Read the rows of a stream one by one: `with db.stream(users.stream_users) as rows: for user in rows: ...`."""
        with self._used() as session, session.entered(function(session.database, *arguments, **named)) as rows:
            yield session.rows(rows)

    @contextmanager
    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool = False,
        settings: Mapping[str, SettingValue] | None = None,
        search_path: Sequence[str] | str | None = None,
        role: str | None = None,
    ) -> Generator[BlockingTransaction]:
        """Open a transaction. It commits if the block ends without an error, otherwise it rolls back.

        The arguments are those of `Database.transaction`.
        """
        with self._used() as session:
            block = session.database.transaction(
                isolation=isolation, read_only=read_only, settings=settings, search_path=search_path, role=role
            )
            with session.entered(block) as transaction:
                yield BlockingTransaction(session, transaction)

    @contextmanager
    def batch(self) -> Generator[Batch]:
        """Collect queries, and send them together at the end of the block, as `Database.batch` does."""
        with self._used() as session, session.entered(session.database.batch()) as batch:
            yield batch

    def in_transaction(
        self,
        work: Callable[[BlockingTransaction], T],
        *,
        isolation: Isolation | None = None,
        deadline: float = 30.0,
        settings: Mapping[str, SettingValue] | None = None,
        search_path: Sequence[str] | str | None = None,
        role: str | None = None,
    ) -> T:
        """Run `work` in a transaction, in the calling thread, and commit. Run it again after a conflict.

        The rules are those of `Database.in_transaction`.
        """
        asked: SimpleQueue[tuple[Transaction, Future[T]] | None] = SimpleQueue()

        async def ask(transaction: Transaction) -> T:
            answer: Future[T] = Future()
            asked.put((transaction, answer))
            return await asyncio.wrap_future(answer)

        async def run(database: Database) -> T:
            try:
                return await database.in_transaction(
                    ask, isolation=isolation, deadline=deadline, settings=settings, search_path=search_path, role=role
                )
            finally:
                asked.put(None)

        with self._used() as session:
            done, cancel = session.start(run(session.database))
            try:
                while (request := asked.get()) is not None:
                    transaction, answer = request
                    _answer(answer, work, BlockingTransaction(session, transaction))
            except BaseException:
                cancel()
                done.exception()
                raise
            return done.result()

    def now(self) -> datetime:
        """Return the time of the clock in UTC, the value of `:now`."""
        with self._used() as session:
            return session.database.now()

    def ping(self, *, timeout: float = 5.0) -> None:
        """Return as soon as the database answers. The errors are those of `Database.ping`."""
        with self._used() as session:
            session.run(session.database.ping(timeout=timeout))

    def health(self, *, timeout: float = 5.0) -> Health:
        """Return how the database is, as `Database.health` does."""
        with self._used() as session:
            return session.run(session.database.health(timeout=timeout))

    def pool_stats(self) -> dict[str, PoolStats]:
        """Return the statistics of each pool by its name."""
        with self._used() as session:
            return session.database.pool_stats()

    def close(self, timeout: float | None = None) -> None:
        """Close the database as `Database.close` does, and end its thread. Later calls raise `DatabaseClosed`."""
        with self._lock:
            session, self._session = self._session, None
            self._is_closed = True
        if session is not None:
            session.close(timeout)

    @contextmanager
    def _used(self) -> Generator[Session]:
        """Lend the session of this process. Opens one if there is none since a fork."""
        with self._lock:
            if self._is_closed:
                raise DatabaseClosed("the database is closed")
            if self._session is None or self._session.is_forked:
                if self._session is not None:
                    _of_parents.append(self._session)  # collecting it would close what the parent still uses
                self._session = Session(self._opening)
                self._users = 0
            session = self._session
            self._users += 1
        try:
            yield session
        finally:
            with self._lock:
                self._users -= session is self._session

    def before_fork(self) -> None:
        """Keep other threads out, and close a SQLite file, because a child cannot safely open it otherwise.

        The next call opens it again, in either process. If a call is running, the file stays open.
        """
        self._lock.acquire()
        session = self._session
        if session and not session.is_forked and not self._users and session.database.dialect == "sqlite":
            self._session = None
            session.close(None)

    def after_fork(self, *, in_child: bool) -> None:
        """Let other threads in again."""
        if in_child:
            self._lock = Lock()
        else:
            self._lock.release()


def _answer(answer: Future[T], work: Callable[[BlockingTransaction], T], transaction: BlockingTransaction) -> None:
    """Run the work and give its outcome to the event loop, which may have stopped waiting for it."""
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(work(transaction))
    except BaseException as error:
        passed = stand_in(error)
        answer.set_exception(passed)
        if passed is not error:
            raise


_open: Final[WeakSet[BlockingDatabase]] = WeakSet()
_of_parents: Final[list[Session]] = []


def _before_fork() -> None:
    for database in _open:
        database.before_fork()


def _after_fork(*, in_child: bool) -> None:
    for database in _open:
        database.after_fork(in_child=in_child)


os.register_at_fork(
    before=_before_fork,
    after_in_parent=lambda: _after_fork(in_child=False),
    after_in_child=lambda: _after_fork(in_child=True),
)
