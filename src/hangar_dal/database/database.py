"""The database: statements that stand alone, and the doors to transactions.

Stands above `transaction` and `engine`; `open_database` makes it.
"""

import asyncio
from asyncio import _get_running_loop
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import TypeVar

from hangar_dal.database.connection import COMMITTED, UNKNOWN, Connection, Isolation
from hangar_dal.database.engine import Engine
from hangar_dal.database.home import Home, disown_after_fork
from hangar_dal.database.owned import see_out
from hangar_dal.database.retry import retried
from hangar_dal.database.shelf import Shelf
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.database.transaction import Transaction, slices, transaction_block
from hangar_dal.errors import CommitUnknown, ConnectionFailed
from hangar_dal.sealing import Keyring
from hangar_dal.sqlscan import Dialect
from hangar_dal.values import check_instant

T = TypeVar("T")


class Database:
    """An open database. A query on it is one statement that commits at once; for more, `transaction()`.

    A cancelled query leaves nothing half done. If its statement had been applied all the same, the CancelledError
    carries the note "transaction was committed"; if the connection was lost with it, a note that nobody knows.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime], keyring: Keyring) -> None:
        self.dialect: Dialect = engine.dialect
        self.clock = clock
        self.keyring = keyring
        self.home = Home()
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
        shelf = self._writers if statement.writes else self._readers
        connection = shelf.free.pop() if shelf.free else await shelf.take()
        try:
            result = await connection.run(statement, parameters)
        except BaseException as error:
            raise await _put_back(shelf, connection, statement, error) from None
        shelf.give(connection)
        return result

    def stream(
        self, statement: Statement, parameters: Parameters, *, chunk: int = 1000
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Row]]]:
        """Rows in lists of `chunk`, in constant memory, on a connection of their own until the block is left.

        `:memory:` has one connection only: there the rows are fetched at once, so that the block may use it.
        """
        if statement.writes or self._engine.streams is None:
            return self._stream_at_once(statement, parameters, chunk)
        return self._stream(self._engine.streams, statement, parameters, chunk)

    @asynccontextmanager
    async def _stream(
        self, shelf: Shelf, statement: Statement, parameters: Parameters, chunk: int
    ) -> AsyncIterator[AsyncIterator[list[Row]]]:
        async with (
            transaction_block(self, shelf, isolation=None, read_only=True) as transaction,
            transaction.stream(statement, parameters, chunk=chunk) as chunks,
        ):
            yield chunks

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
        shelf = self._readers if read_only else self._writers
        return transaction_block(self, shelf, isolation=isolation, read_only=read_only)

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
        error is raised. `CommitUnknown` is never tried again.
        """

        self.home.check()

        async def once() -> T:
            async with self.transaction(isolation=isolation) as transaction:
                return await work(transaction)

        return await retried(once, deadline)

    async def close(self) -> None:
        """Let the work under way end, then close every connection; waiting tasks get `DatabaseClosed`.

        Does nothing in a forked child, which has nothing to close.
        """
        if self.home.is_forked:
            return
        self.home.check()
        await see_out(self._close())

    def disown(self) -> None:
        self.home.leave()
        for shelf in self._engine.shelves:
            shelf.disown()

    async def _close(self) -> None:
        await asyncio.gather(*(shelf.close() for shelf in self._engine.shelves))
        await self._engine.close()


async def _put_back(shelf: Shelf, connection: Connection, statement: Statement, error: BaseException) -> BaseException:
    """After a statement did not return: its connection mended and back on the shelf, the error to raise."""
    error, applied = await shelf.mend(connection, error)
    if not statement.writes or applied is False:
        return error
    if isinstance(error, ConnectionFailed):
        message = (
            "the connection was lost while the statement ran: look up whether it was applied before running it again"
        )
        error = CommitUnknown(message, sqlstate=error.sqlstate)
        error.query = statement.name
    elif not isinstance(error, Exception):
        error.add_note(COMMITTED if applied else UNKNOWN)
    return error
