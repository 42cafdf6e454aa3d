"""The database: statements that stand alone, and the doors to transactions.

`open_database` makes it. Builds on `block` and `engine`.
"""

import asyncio
import os
from asyncio import _get_running_loop
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Final, TypeVar

from hangar_dal.carrier import Opened
from hangar_dal.database.backup import Backup, Progress
from hangar_dal.database.block import caller, transaction_block
from hangar_dal.database.connection import COMMITTED, UNKNOWN, Connection, Isolation
from hangar_dal.database.engine import Engine
from hangar_dal.database.home import Home, disown_after_fork
from hangar_dal.database.listening import Notifications
from hangar_dal.database.pool import Pool
from hangar_dal.database.pool_limits import PoolStats
from hangar_dal.database.retry import retried
from hangar_dal.database.shielding import run_to_completion
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.database.transaction import Place, Transaction, slices
from hangar_dal.errors import CommitUnknown, ConnectionFailed, DatabaseClosed, raise_alone
from hangar_dal.sealing import Keyring
from hangar_dal.sqlscan import Dialect
from hangar_dal.values import check_instant

T = TypeVar("T")

_PING: Final = Statement("", "SELECT 1", writes=False)


class Database:
    """An open database. A query on it is one statement that commits at once; for more, `transaction()`.

    A cancelled query leaves nothing half done. If its statement had been applied all the same, the CancelledError
    carries the note "transaction was committed"; if the connection was lost with it, a note that nobody knows.
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
        self.home = Home()
        self._close_timeout = close_timeout
        self._engine = engine
        self._writers = engine.writers
        self._readers = engine.readers
        disown_after_fork(self)

    def now(self) -> datetime:
        """The clock's time in UTC: what `:now` is bound to. A clock that is naive raises `InvalidValue`."""
        return check_instant("clock", self.clock())

    async def run(self, statement: Statement, parameters: Parameters) -> Result:
        """Run one statement and commit it: its rows, and the number of rows returned or affected."""
        if _get_running_loop() is not self.home.loop:
            self.home.refuse()
        pool = self._writers if statement.writes else self._readers
        connection = pool.take() or await pool.acquire()
        try:
            result = await connection.run(statement, parameters)
        except BaseException as error:
            raise await _put_back(pool, connection, statement, error) from None
        pool.release(connection)
        return result

    async def ping(self, *, timeout: float = 5.0) -> None:
        """Return when the database has answered: for readiness probes.

        Raises `ConnectionFailed` after `timeout` seconds, also if all connections were busy for that long. Raises
        `DatabaseBusy` if HANGAR_ACQUIRE_TIMEOUT passes earlier.
        """
        try:
            async with asyncio.timeout(timeout):
                await self.run(_PING, ())
        except TimeoutError:
            raise_alone(
                ConnectionFailed(
                    f"there was no answer within {timeout:g} seconds: the database does not answer, or all connections "
                    "are busy"
                )
            )

    def pool_stats(self) -> dict[str, PoolStats]:
        """How each pool of connections is used: PostgreSQL has one, SQLite one each for writing, reading, streams."""
        return {pool.name: pool.stats() for pool in self._engine.pools}

    def stream(
        self, statement: Statement, parameters: Parameters, *, chunk: int = 1000
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Row]]]:
        """Rows in lists of `chunk`, in constant memory, on a connection of their own until the block is left.

        `:memory:` has one connection only: there the rows are fetched at once, so that the block may use it.
        """
        if statement.writes or self._engine.streams is None:
            return self._stream_at_once(statement, parameters, chunk)
        return self._stream(self._engine.streams, caller(), statement, parameters, chunk)

    @asynccontextmanager
    async def _stream(
        self, pool: Pool, place: Place, statement: Statement, parameters: Parameters, chunk: int
    ) -> AsyncIterator[AsyncIterator[list[Row]]]:
        async with transaction_block(self, pool, place, isolation=None, read_only=True) as transaction:
            cursor = await transaction._open_cursor(statement, parameters)
            yield transaction._chunks(statement, cursor, chunk)

    @asynccontextmanager
    async def _stream_at_once(
        self, statement: Statement, parameters: Parameters, chunk: int
    ) -> AsyncIterator[AsyncIterator[list[Row]]]:
        rows, _ = await self.run(statement, parameters)
        yield slices(rows, chunk)

    def transaction(
        self, *, isolation: Isolation | None = None, read_only: bool = False
    ) -> AbstractAsyncContextManager[Transaction]:
        """Commits when its block is left without an error, else rolls back.

        `isolation` is PostgreSQL's, "read committed" unless said otherwise; SQLite's transactions are serializable
        always. A read-only transaction does not wait for SQLite's writer. COMMIT cannot be cancelled: a
        CancelledError raised after it carries the note "transaction was committed".
        """
        pool = self._readers if read_only else self._writers
        return transaction_block(self, pool, caller(), isolation=isolation, read_only=read_only)

    async def in_transaction(
        self,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        isolation: Isolation | None = None,
        deadline: float = 30.0,
    ) -> T:
        """What `work` returns, its transaction committed; run again, whole, after a conflict.

        `work` may run several times: it must do nothing but use its transaction. Conflicts, locks that were not
        free and connections lost before COMMIT are tried again until `deadline` seconds have passed; then the last
        error is raised, or `StatementTimeout` if there was none yet. The deadline ends waiting for a connection and
        running statements too, but not a COMMIT. `CommitUnknown` is never tried again.
        """
        if not callable(work):  # often the coroutine of a query, which could run only once
            given = type(work).__name__
            raise TypeError(f"in_transaction takes a function, not {given}; write `lambda tx: query(tx, ...)`")
        self.home.check()  # in a forked child asyncio itself says only that no loop runs
        pool, place = self._writers, caller()

        async def once(limit: asyncio.Timeout) -> T:
            async with transaction_block(self, pool, place, isolation=isolation, read_only=False) as transaction:
                result = await work(transaction)
                if limit.expired():
                    await asyncio.sleep(0)  # where the cancellation arrives that the deadline has caused
                limit.reschedule(None)  # COMMIT is not cut short: what it did has to be known
            return result

        return await retried(once, deadline)

    async def backup(
        self, path: str | os.PathLike[str], *, progress: Progress | None = None, accept_unopened: bool = False
    ) -> Backup:
        """Copy the SQLite database into a new file, as it is at one moment, while others read and write.

        The copy has mode 0600. It gets its name only after it has passed its checks: if this raises or is cancelled,
        nothing of it is left. The keys are not in it, but every sealed value is opened with them. If one does not
        open, raises `BackupFailed`, or with `accept_unopened` reports it in the result. On PostgreSQL, always raises
        `BackupFailed`: use pg_dump.
        """
        self.home.check()
        return await self._engine.backups.make(path, self.keyring, progress=progress, accept_unopened=accept_unopened)

    def listen(self, channel: str) -> AbstractAsyncContextManager[Notifications]:
        """`async with db.listen("orders") as notifications: async for each in notifications: ...`, on PostgreSQL.

        Each is a `Notification`, or a `Gap` where some may be missing: after the connection was lost and opened again,
        or when 10,000 were not read. Inside the block, nothing that is committed is missed without a `Gap`. The
        connection is the listener's own, outside the pool. `ListenNotSupported` on SQLite and behind a pooler.
        """
        self.home.check()
        return self._engine.listeners.listen(self.home, channel)

    async def close(self, timeout: float | None = None) -> None:
        """Let the work under way end, then close every connection; waiting tasks get `DatabaseClosed` at once.

        After `timeout` seconds (by default HANGAR_CLOSE_TIMEOUT) running statements are stopped and raise
        `DatabaseClosed` too; transactions that are still open are rolled back. Does nothing in a forked child, which
        has nothing to close.
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


async def _put_back(pool: Pool, connection: Connection, statement: Statement, error: BaseException) -> BaseException:
    """After a statement did not return: put its connection back, and return the error to raise."""
    error, applied = await pool.recover(connection, error)
    if not statement.writes or applied is False:
        return error
    if isinstance(error, ConnectionFailed | DatabaseClosed):
        message = (
            "the connection was lost while the statement ran: look up whether it was applied before running it again"
        )
        error = CommitUnknown(message, sqlstate=error.sqlstate)
        error.query = statement.name
    elif not isinstance(error, Exception):
        error.add_note(COMMITTED if applied else UNKNOWN)
    return error
