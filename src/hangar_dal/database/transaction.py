"""A transaction: its statements, savepoints, streams and commit. Refuses use by two tasks at once.

The code is the same for both databases.
"""

import asyncio
from asyncio import _get_running_loop
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import copy
from datetime import datetime
from functools import partial
from types import CodeType
from typing import Any, Protocol

from hangar_dal.carrier import Opened
from hangar_dal.database.batch import Batch, Call, ReadAll, batch_name, batched
from hangar_dal.database.connection import COMMITTED, UNKNOWN, Connection
from hangar_dal.database.holder import holder
from hangar_dal.database.home import Home
from hangar_dal.database.shielding import run_to_completion, spawn, wait_through_cancellation
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.errors import (
    CommitUnknown,
    DatabaseError,
    TransactionBusy,
    TransactionClosed,
    TransactionError,
    TransactionFailed,
)
from hangar_dal.sealing import Keyring
from hangar_dal.sqlscan import Dialect

Place = tuple[CodeType, int]


class Owner(Protocol):
    """The part of a `Database` that its transactions use: catalogs, clock, keys, and the event loop it belongs to."""

    @property
    def home(self) -> Home: ...
    @property
    def dialect(self) -> Dialect: ...
    @property
    def opened(self) -> Opened: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def keyring(self) -> Keyring: ...
    def now(self) -> datetime: ...


class Transaction:
    """Statements that are applied together or not at all, for one task at a time.

    On both databases, the transaction fails if a statement fails: later statements raise `TransactionFailed`, and
    nothing is kept. If the statement fails in the block of `savepoint()`, only this block is undone. A cancelled
    statement or a lost connection ends the whole transaction, even in a savepoint.
    """

    def __init__(self, owner: Owner, connection: Connection, place: Place, *, read_only: bool) -> None:
        self.dialect: Dialect = owner.dialect
        self.opened = owner.opened
        self.clock = owner.clock
        self.keyring = owner.keyring
        self.now = owner.now
        self._home = owner.home
        self._connection = connection
        self._place = place
        self.holder = holder()
        self._read_only = read_only
        self._busy = False
        self._quiet: asyncio.Future[None] | None = None
        self._closed = False
        self._failure: BaseException | None = None
        self._beyond_repair = False
        self._expired: DatabaseError | None = None
        self._names = 0
        self.savepoint_name: str | None = None

    @property
    def place(self) -> str:
        """The place where the transaction was opened, as `file:line`."""
        code, line = self._place
        return f"{code.co_filename}:{line}"

    def expire(self, error: DatabaseError) -> None:
        """Refuse each later use with this error. The pool calls this before it takes the connection away."""
        self._expired = self._failure = error
        self._beyond_repair = True

    def run(self, statement: Statement, parameters: Parameters) -> Awaitable[Result]:
        """Run one statement. Return its rows, and the number of rows returned or affected."""
        return self._call(statement.name, self._connection.run, statement, parameters)

    def batch(self) -> AbstractAsyncContextManager[Batch]:
        """Collect queries, and send them together at the end of the block: PostgreSQL gets them in one round trip."""
        return batched(self, self._send)

    async def _send(self, calls: Sequence[Call], read: ReadAll) -> None:
        run = partial(self._connection.run_batch, begin=False, commit=False)
        read(await self._call(batch_name(calls), run, calls))

    def copy_in(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> Awaitable[None]:
        """Write many rows by one statement, as `Connection.copy_in` does."""
        return self._call(statement.name, self._connection.copy_in, statement, rows)

    @asynccontextmanager
    async def stream(
        self, statement: Statement, parameters: Parameters, *, chunk: int = 1000
    ) -> AsyncIterator[AsyncIterator[list[Row]]]:
        """Yield the rows in lists of `chunk` rows, fetched on demand. Other statements may run in between."""
        if statement.writes:  # neither database can stream the rows of a write
            rows, _ = await self.run(statement, parameters)
            yield slices(rows, chunk)
            return
        cursor = await self._open_cursor(statement, parameters)
        try:
            yield self._chunks(statement, cursor, chunk)
        finally:
            if self._failure is None and not self._closed:
                await self._call(statement.name, self._connection.close_cursor, cursor)

    def _open_cursor(self, statement: Statement, parameters: Parameters) -> Awaitable[Any]:
        """Open a cursor. The end of the transaction closes it if the caller does not."""
        return self._call(statement.name, self._connection.open_cursor, statement, parameters)

    def _chunks(self, statement: Statement, cursor: Any, size: int) -> AsyncIterator[list[Row]]:
        """Return an iterator over the rows of an open cursor, in lists of `size` rows."""
        return _Chunks(lambda: self._call(statement.name, self._connection.fetch, cursor, size), size)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator["Transaction"]:
        """Open a savepoint. If an error leaves its block, only the block is undone, and the transaction continues."""
        self._names += 1
        name = f"hangar_{self._names}"
        await self._command("SAVEPOINT", name)
        outer, self.savepoint_name = self.savepoint_name, name
        try:
            yield self
            if self._failure is not None:
                raise self._caught("in this savepoint", "the savepoint") from self._failure
        except BaseException:
            await self._heal(name)
            raise
        finally:
            self.savepoint_name = outer
        await self._command("RELEASE SAVEPOINT", name)

    def _command(self, verb: str, name: str) -> Awaitable[Result]:
        return self._call(verb, self._connection.run, Statement("", f"{verb} {name}", writes=False), ())

    async def _call(self, query: str, operation: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Call an operation of the connection. All calls of a transaction go through here, one at a time.

        Errors name `query`.
        """
        if _get_running_loop() is not self._home.loop:
            self._home.refuse(query)
        if self._busy or self._closed or self._failure is not None:
            self._refuse(query)
        if not self._connection.in_transaction:
            self._find_ended(query)
        self._busy = True
        try:
            return await operation(*arguments)
        except BaseException as error:
            if isinstance(error, DatabaseError):
                error.of(query)
            await self._fail(error)
            raise
        finally:
            self._busy = False
            if self._quiet is not None:
                self._quiet.set_result(None)
                self._quiet = None

    def _refuse(self, query: str) -> None:
        if self._expired is not None:
            raise copy(self._expired).of(query)
        if self._closed:
            raise TransactionClosed("the transaction's block has ended; the statement was not run").of(query)
        if self._busy:
            message = "another task is using this transaction; await one query of a transaction before the next"
            raise TransactionBusy(message).of(query)
        message = "an earlier statement of this transaction failed; let its error leave the block, or use a savepoint"
        raise TransactionFailed(message).of(query) from self._failure

    def _find_ended(self, query: str) -> None:
        """Fail if the database has ended the transaction: later statements would be committed one by one."""
        self._beyond_repair = True
        self._failure = TransactionFailed(
            "the transaction ended before its block did: one of its statements or the database ended it"
        ).of(query)
        raise self._failure

    def _caught(self, where: str, undone: str) -> TransactionFailed:
        """Return the error for a block that catches the error of its statement. Names the query of that statement."""
        message = f"a statement {where} failed and its error was caught inside the block: {undone} was rolled back"
        return TransactionFailed(message).of(getattr(self._failure, "query", None) or "")

    async def _fail(self, error: BaseException) -> None:
        self._failure = error
        if isinstance(error, Exception):
            self._beyond_repair = self._beyond_repair or not self._connection.in_transaction
        else:
            self._beyond_repair = True
            await run_to_completion(self._connection.settle())

    async def _heal(self, name: str) -> None:
        """Undo a savepoint. An error here is ignored, so that the caller raises the first error."""
        if self._beyond_repair or self._closed or self._busy:
            return
        self._failure = None
        try:
            await self._command("ROLLBACK TO SAVEPOINT", name)
            await self._command("RELEASE SAVEPOINT", name)
        except TransactionError:
            self._beyond_repair = True

    async def _end(self, query: str) -> None:
        """Commit at the end of the block. Raises an error if a statement in the block failed.

        Errors of the end name `query`.
        """
        self._home.check(query)
        if self._expired is not None:
            raise copy(self._expired).of(query)
        if self._busy:
            message = "the block ended while another task was using the transaction, which was rolled back"
            raise TransactionBusy(message).of(query)
        if self._failure is not None:
            raise self._caught("of this transaction", "the transaction") from self._failure
        if self._read_only and self._connection.lost:
            return  # all statements have returned their rows, and there is nothing to commit
        if not self._connection.in_transaction:
            self._find_ended(query)
        self._closed = True
        commit = spawn(self._connection.commit())
        cancelled = await wait_through_cancellation(commit)
        if commit.cancelled():  # the event loop is shutting down
            cancelled = cancelled or asyncio.CancelledError()
            cancelled.add_note(UNKNOWN)
            raise cancelled
        error = commit.exception()
        in_doubt = not isinstance(error, Exception | None) or isinstance(error, CommitUnknown)
        if cancelled is not None:
            if not self._read_only and (error is None or in_doubt):
                cancelled.add_note(UNKNOWN if in_doubt else COMMITTED)
            raise cancelled
        if error is not None and not (self._read_only and in_doubt):
            raise error.of(query) if isinstance(error, DatabaseError) else error

    async def _abandon(self) -> None:
        """Refuse later statements, and wait until the running statement has ended."""
        self._closed = True
        if self._busy:
            self._quiet = asyncio.get_running_loop().create_future()
            await self._quiet


class _Chunks:
    """An iterator over lists of rows.

    It is not a generator: if a loop ends early, the garbage collector would have to close the generator.
    """

    def __init__(self, fetch: Callable[[], Awaitable[list[Row]]], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._ended = False

    def __aiter__(self) -> "_Chunks":
        return self

    async def __anext__(self) -> list[Row]:
        rows = [] if self._ended else await self._fetch()
        self._ended = len(rows) < self._size
        if not rows:
            raise StopAsyncIteration
        return rows


def slices(rows: list[Row], size: int) -> AsyncIterator[list[Row]]:
    """Return rows that are already fetched as a stream of lists of `size` rows."""
    starts = iter(range(0, len(rows), size))

    async def fetch() -> list[Row]:
        start = next(starts, len(rows))
        return rows[start : start + size]

    return _Chunks(fetch, size)
