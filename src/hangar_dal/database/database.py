"""The database: run single statements, and open transactions, streams, backups and listeners.

`open_database` creates it.
"""

import asyncio
import os
from asyncio import _get_running_loop
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from hangar_dal.carrier import Opened
from hangar_dal.database.autocommit import put_back
from hangar_dal.database.backup import Backup, Progress
from hangar_dal.database.batch import Batch, batched
from hangar_dal.database.batch_block import sender
from hangar_dal.database.block import beginning, caller, transaction_block
from hangar_dal.database.connection import Isolation
from hangar_dal.database.engine import Engine
from hangar_dal.database.health import Health, answer_of, health_of
from hangar_dal.database.home import Home, disown_after_fork
from hangar_dal.database.lending import lent
from hangar_dal.database.listening import Notifications
from hangar_dal.database.local_settings import Apply, LocalSettings, SettingValue
from hangar_dal.database.pool import Pool
from hangar_dal.database.pool_limits import PoolStats
from hangar_dal.database.retry import retried
from hangar_dal.database.shielding import run_to_completion
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.database.transaction import Place, Transaction, slices
from hangar_dal.errors import DatabaseError
from hangar_dal.sealing import Keyring
from hangar_dal.sqlscan import Dialect
from hangar_dal.values import check_instant

T = TypeVar("T")


class Database:
    """An open database. A query on it runs one statement and commits it. For several statements, use `transaction()`.

    A cancelled query is applied completely or not at all. If it was applied, the CancelledError has the note
    "transaction was committed". If the connection was lost too, the note says that the result is not known.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        opened: Opened,
        clock: Callable[[], datetime],
        keyring: Keyring,
        close_timeout: float,
    ) -> None:
        self.dialect: Dialect = engine.dialect
        self.opened = opened
        self.clock = clock
        self.keyring = keyring
        self.home = Home(engine.fork_advice)
        self._close_timeout = close_timeout
        self._engine = engine
        self._writers = engine.writers
        self._readers = engine.readers
        disown_after_fork(self)

    def now(self) -> datetime:
        """Return the time of the clock in UTC, the value of `:now`. Raises `InvalidValue` if it has no time zone."""
        return check_instant("clock", self.clock())

    async def run(self, statement: Statement, parameters: Parameters) -> Result:
        """Run one statement and commit it. Return its rows, and the number of rows returned or affected."""
        if _get_running_loop() is not self.home.loop:
            self.home.refuse(statement.name)
        pool = self._writers if statement.writes else self._readers
        try:
            connection = pool.take() or await pool.acquire()
        except DatabaseError as error:
            error.of(statement.name)
            raise
        try:
            result = await connection.run(statement, parameters)
        except BaseException as error:
            raise await put_back(pool, connection, error, statement.name, writes=statement.writes) from None
        pool.release(connection)
        return result

    async def ping(self, *, timeout: float = 5.0) -> None:
        """Return as soon as the database answers, for readiness probes.

        Raises `ConnectionFailed` after `timeout` seconds, even if the reason is that all connections were busy. Raises
        `DatabaseBusy` if no connection becomes free within HANGAR_ACQUIRE_TIMEOUT and that is shorter.
        """
        await answer_of(self, self._engine.version, timeout)

    async def health(self, *, timeout: float = 5.0) -> Health:
        """Ask the database for its version, and return how it is: the answer, the latency and the pools.

        Does not raise an error if the database is unreachable, busy or closed: `Health.error` has the error that `ping`
        would raise.
        """
        return await health_of(self, self._engine.version, timeout)

    def pool_stats(self) -> dict[str, PoolStats]:
        """Return the statistics of each pool by its name.

        PostgreSQL has one pool. SQLite has one pool each for writing, reading and streams.
        """
        return {pool.name: pool.stats() for pool in self._engine.pools}

    def stream(
        self, statement: Statement, parameters: Parameters, *, chunk: int = 1000
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Row]]]:
        """Yield the rows in lists of `chunk` rows, in constant memory. The block uses a separate connection.

        `:memory:` has one connection only. There all rows are fetched first, so that the block can run other queries.
        """
        if statement.writes or self._engine.streams is None:
            return self._stream_at_once(statement, parameters, chunk)
        return self._stream(self._engine.streams, caller(), statement, parameters, chunk)

    @asynccontextmanager
    async def _stream(
        self, pool: Pool, place: Place, statement: Statement, parameters: Parameters, chunk: int
    ) -> AsyncIterator[AsyncIterator[list[Row]]]:
        begin = beginning(read_only=True)
        block = transaction_block(self, pool, place, begin, read_only=True, query=statement.name)
        async with block as transaction:
            cursor = await transaction._open_cursor(statement, parameters)
            yield transaction._chunks(statement, cursor, chunk)

    @asynccontextmanager
    async def _stream_at_once(
        self, statement: Statement, parameters: Parameters, chunk: int
    ) -> AsyncIterator[AsyncIterator[list[Row]]]:
        rows, _ = await self.run(statement, parameters)
        yield slices(rows, chunk)

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool = False,
        settings: Mapping[str, SettingValue] | None = None,
        search_path: Sequence[str] | str | None = None,
        role: str | None = None,
    ) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction. It commits if the block ends without an error, otherwise it rolls back.

        `isolation` is for PostgreSQL, where the default is "read committed". SQLite's transactions are always
        serializable. On SQLite, a read-only transaction does not wait for the writer. COMMIT cannot be cancelled: a
        CancelledError that is raised after it has the note "transaction was committed".

        `settings` (such as `{"app.user_id": user_id}`, which policies read), `search_path` and `role` are for
        PostgreSQL too, and end with the transaction. On SQLite, they raise `InvalidValue`.
        """
        apply = self._applier(settings, search_path, role)
        pool = self._readers if read_only else self._writers
        begin = beginning(isolation, read_only=read_only, apply=apply)
        return transaction_block(self, pool, caller(), begin, read_only=read_only)

    def batch(self) -> AbstractAsyncContextManager[Batch]:
        """Collect queries, and send them together at the end of the block, in one transaction: all or none is applied.

        PostgreSQL gets all of them in one round trip, with COMMIT. If one query writes and one returns rows, COMMIT has
        a second round trip, after the rows were read: a missing row (`NotFound`) undoes the batch. No query can use the
        result of another one.
        """
        return batched(self, sender(self, self._writers, self._readers, caller()))

    def _applier(
        self,
        settings: Mapping[str, SettingValue] | None,
        search_path: Sequence[str] | str | None,
        role: str | None,
    ) -> Apply | None:
        local = LocalSettings(settings, search_path, role)
        return None if local.is_empty else self._engine.local_settings(local)

    def driver(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Any]:
        """Lend a connection of the driver: `async with db.driver() as connection: ...`.

        It is a `psycopg.AsyncConnection` in autocommit mode, or an `aiosqlite.Connection`: on SQLite the only writer,
        or a reader with `read_only`. The block gets the driver's own errors, and `HANGAR_STATEMENT_TIMEOUT` applies
        on PostgreSQL only. At the end, what was not committed is rolled back, and the connection is closed and
        replaced.
        """
        return lent(self.home, self._readers if read_only else self._writers, caller(), read_only=read_only)

    async def in_transaction(
        self,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        isolation: Isolation | None = None,
        deadline: float = 30.0,
        settings: Mapping[str, SettingValue] | None = None,
        search_path: Sequence[str] | str | None = None,
        role: str | None = None,
    ) -> T:
        """Run `work` in a transaction, commit, and return the result of `work`. Run it again after a conflict.

        `work` may run several times, so it must do nothing except use its transaction. It is run again after a
        conflict, a lock that was not free, or a connection that was lost before COMMIT. After `deadline` seconds the
        last error is raised, or `StatementTimeout` if there was no error. The deadline also ends running statements and
        the wait for a connection, but not a COMMIT. `work` is not run again after `CommitUnknown`. The other arguments
        are those of `transaction`.
        """
        if not callable(work):  # often the coroutine of a query, which can run only once
            given = type(work).__name__
            raise TypeError(f"in_transaction takes a function, not {given}; write `lambda tx: query(tx, ...)`")
        self.home.check()  # in a forked child, asyncio would only report that no event loop runs
        pool, place = self._writers, caller()
        begin = beginning(isolation, apply=self._applier(settings, search_path, role))

        async def once(limit: asyncio.Timeout) -> T:
            async with transaction_block(self, pool, place, begin) as transaction:
                result = await work(transaction)
                if limit.expired():
                    await asyncio.sleep(0)  # raises the cancellation that the deadline has requested
                limit.reschedule(None)  # do not interrupt COMMIT, so that its result is known
            return result

        return await retried(once, deadline)

    async def backup(
        self, path: str | os.PathLike[str], *, progress: Progress | None = None, accept_unopened: bool = False
    ) -> Backup:
        """Copy a consistent state of the SQLite database into a new file, while other tasks read and write.

        The copy has mode 0600. It gets its name only after it has passed all checks. If this raises an error or is
        cancelled, no file is left. The copy does not contain the keys, but each sealed value in it is opened with them.
        If a value cannot be opened, raises `BackupFailed`, or with `accept_unopened` reports it in the result. On
        PostgreSQL, always raises `BackupFailed`: use pg_dump.
        """
        self.home.check()
        return await self._engine.backups.make(path, self.keyring, progress=progress, accept_unopened=accept_unopened)

    def listen(self, channel: str) -> AbstractAsyncContextManager[Notifications]:
        """Listen to a channel: `async with db.listen("orders") as notifications: async for each in notifications: ...`.

        Each item is a `Notification`, or a `Gap` if notifications may be missing: after the connection was lost and
        opened again, or when 10,000 notifications were not read. Inside the block, no committed notification is missed
        without a `Gap`. Uses its own connection outside the pool. Raises `ListenNotSupported` on SQLite and behind a
        pooler.
        """
        self.home.check()
        return self._engine.listeners.listen(self.home, channel)

    async def close(self, timeout: float | None = None) -> None:
        """Wait until the running work ends, then close all connections.

        Tasks that wait for a connection get `DatabaseClosed` at once. After `timeout` seconds (HANGAR_CLOSE_TIMEOUT by
        default), running statements are stopped and raise `DatabaseClosed`, and open transactions are rolled back. Does
        nothing in a forked child, because the connections belong to the parent.
        """
        if self.home.is_forked:
            return
        self.home.check()
        seconds = self._close_timeout if timeout is None else timeout
        await run_to_completion(self._close(seconds))

    def disown(self) -> None:
        self.home.leave()
        for pool in self._engine.pools:
            pool.disown()
        self._engine.listeners.disown()

    async def _close(self, timeout: float) -> None:
        others = self._engine.backups.close(), self._engine.listeners.close()
        await asyncio.gather(*others, *(pool.close(timeout) for pool in self._engine.pools))
