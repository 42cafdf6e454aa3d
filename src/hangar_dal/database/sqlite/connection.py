"""A SQLite connection and its thread. Only `call` uses aiosqlite's private method `_execute`.

Each statement switches to the thread once. With aiosqlite's public methods, rows and row count would need two switches,
and the thread could not decide after its queued work whether to roll back. Implements `connection.Connection`.
"""

import asyncio
import ctypes
import logging
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import aiosqlite

from hangar_dal.database.connection import Borrower, Isolation
from hangar_dal.database.shielding import spawn
from hangar_dal.database.sqlite.errors import DRIVER_ERRORS, is_busy, translated
from hangar_dal.database.sqlite.raw import close_raw, open_raw
from hangar_dal.database.sqlite.watched import WatchedFile
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.errors import DatabaseClosed, DatabaseFileLost, HangarError, raise_alone
from hangar_dal.urls import MEMORY

T = TypeVar("T")

_NUDGE: Final = 0.02
_LONGEST_PAUSE: Final = 0.025  # between two attempts to get a lock

_BEGIN: Final = Statement("", "BEGIN", writes=False)
_BEGIN_IMMEDIATE: Final = Statement("", "BEGIN IMMEDIATE", writes=True)
_COMMIT: Final = Statement("", "COMMIT", writes=True)
_END_READING: Final = Statement("", "COMMIT", writes=False)

# On level DEBUG, aiosqlite logs the parameters of each call.
logging.getLogger("aiosqlite").addFilter(lambda record: record.levelno > logging.DEBUG)


class SqliteConnection:
    """`set_up` prepares the new connection. `tick_limit` is the limit for a statement in ticks; 0 means no limit."""

    def __init__(
        self, source: WatchedFile, set_up: Callable[[sqlite3.Connection], None], *, lock_timeout: float, tick_limit: int
    ) -> None:
        self.borrower: Borrower | None = None
        self.running = False
        self.elapsed_ticks = 0
        self.applied: bool | None = False
        self.lost = False
        self._source = source
        self._files = source.first
        self._commit_statement = _COMMIT
        self._set_up = set_up
        self._lock_timeout = lock_timeout
        self._tick_limit = tick_limit
        self._abandoned = threading.Event()  # set if the caller was cancelled: do not wait for locks
        self._is_lent = False
        self._is_only_one = source.uri == MEMORY  # `:memory:` has one connection, which also reads
        self._cursors: set[sqlite3.Cursor] = set()
        self._thread: threading.Thread | None = None
        self._connected = threading.Event()  # set by the thread after it has opened the file or failed
        self._driver = aiosqlite.Connection(self._connect, iter_chunk_size=1)

    async def open(self) -> "SqliteConnection":
        try:
            await self._driver
        except BaseException as error:  # the driver has stopped its thread, which may have opened a connection
            self.lost = True
            if not isinstance(error, Exception):  # cancelled: the thread may still be opening the file
                self._connected.wait()
            self._join()
            with suppress(AttributeError):  # it could not be opened
                self._close()
            raise
        return self

    def call(self, function: Callable[..., T], *arguments: Any) -> Awaitable[T]:
        """Run a function in the connection's thread, after the calls that are queued there."""
        # The docstring of the module says why this is a private method. A test checks that it has not changed.
        hop: Awaitable[T] = self._driver._execute(function, *arguments)  # type: ignore[no-untyped-call]  # no annotations
        return hop

    @property
    def ready(self) -> bool:
        return not (self.running or self.lost or self._raw.in_transaction)

    @property
    def in_transaction(self) -> bool:
        return not self.lost and self._raw.in_transaction

    async def run(self, statement: Statement, parameters: Parameters) -> Result:
        return await self._timed(self._run, statement, parameters)

    async def begin(self, isolation: Isolation | None, read_only: bool) -> None:
        await self._timed(self._begin, read_only)

    async def commit(self) -> None:
        await self._timed(self._commit)

    async def open_cursor(self, statement: Statement, parameters: Parameters) -> sqlite3.Cursor:
        return await self._timed(self._open_cursor, statement, parameters)

    async def fetch(self, cursor: sqlite3.Cursor, size: int) -> list[Row]:
        return await self._timed(self._fetch, cursor, size)

    async def close_cursor(self, cursor: sqlite3.Cursor) -> None:
        await self._timed(self._close_cursor, cursor)

    async def settle(self) -> bool:
        if self.lost:
            return False
        self._abandoned.set()
        cleaning = spawn(self._cleaned())
        while not cleaning.done() and not self.lost:
            self._interrupt()
            await asyncio.wait({cleaning}, timeout=_NUDGE)
        self._ended()
        return not self.lost

    async def check(self) -> None:
        """Do nothing: there is no network that could lose the connection."""

    def check_timeout(self) -> None:
        self.elapsed_ticks += 1
        self._source.find(self._files)
        if self._overdue:
            self._raw.interrupt()

    async def close(self) -> None:
        if self.lost:
            return
        self.lost = True
        self._abandoned.set()
        closing = spawn(self._closed())
        while not closing.done():
            if self.running or self._is_lent:
                self._interrupt()
            await asyncio.wait({closing}, timeout=_NUDGE)
        self._join()

    def disown(self) -> None:
        """Keep the connection from being garbage collected: SQLite forbids even closing it in a forked child.

        https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_across_a_fork_
        """
        self.lost = True
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._driver))

    def stop(self) -> None:
        """Close the connection from another thread, at the end of the process. It may be only partly opened."""
        if self.lost:
            return
        self._abandoned.set()
        self._driver.stop()
        while self._thread is not None and self._thread.is_alive():
            self._interrupt()
            self._thread.join(_NUDGE)

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _interrupt(self) -> None:
        """Interrupt the running statement. This has no effect before the statement starts, so callers repeat it."""
        with suppress(AttributeError, sqlite3.ProgrammingError):  # not open yet, or closed meanwhile
            self._raw.interrupt()

    @property
    def _overdue(self) -> bool:
        return self.running and 0 < self._tick_limit < self.elapsed_ticks

    async def _timed(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function in the thread. After a cancellation, `running` stays True: the function may still run."""
        if self._source.lost is not None:
            raise DatabaseFileLost(self._source.lost)
        self.running = True
        self.elapsed_ticks = 0
        try:
            result = await self.call(function, *arguments)
        except Exception as error:
            self._ended()
            if isinstance(error, HangarError) and not self.lost:
                raise
            raise_alone(DatabaseClosed("the database was closed while the statement ran"))
        self._ended()
        return result

    def _ended(self) -> None:
        self.running = False
        self.elapsed_ticks = 0

    async def _cleaned(self) -> None:
        with suppress(ValueError):  # closed already
            while True:
                with suppress(asyncio.CancelledError):  # the loop is shutting down, but the thread still works
                    return await self.call(self._clean)

    async def _closed(self) -> None:
        try:
            with suppress(ValueError):  # a borrower closed it
                await self.call(self._close)
        finally:  # also if the event loop shuts down and cancels this task
            await self._driver.close()

    # The following methods run in the connection's thread.

    def _connect(self) -> sqlite3.Connection:
        self._thread = threading.current_thread()
        try:
            self._raw, self._files = open_raw(self._source, self._set_up)
            return self._raw
        finally:
            self._connected.set()

    def _close(self) -> None:
        close_raw(self._source, self._raw)

    def _run(self, statement: Statement, parameters: Parameters) -> Result:
        self.applied = False
        began = 0.0  # when the wait for a lock began
        while True:
            try:
                cursor = self._raw.execute(statement.text, parameters)
                rows = cursor.fetchall()
                break
            except DRIVER_ERRORS as error:
                began = began or time.monotonic()
                waited = time.monotonic() - began
                if not self._may_try_again(error, waited):
                    # An open cursor would not survive the second run, which finds the constraint.
                    raise_alone(self._explained(error, statement, None if self._cursors else parameters))
                self._abandoned.wait(min(0.001 + waited / 2, _LONGEST_PAUSE))
        self.applied = True
        if statement.writes and not self._raw.in_transaction:
            self._source.committed()
        if statement.columns is None:
            statement.columns = tuple(column[0] for column in cursor.description or ())
        return (rows, len(rows)) if statement.columns else (rows, max(cursor.rowcount, 0))

    def _begin(self, read_only: bool) -> None:
        if read_only and self._is_only_one:
            self._raw.execute("PRAGMA query_only = ON")
        self._commit_statement = _END_READING if read_only else _COMMIT
        self._run(_BEGIN if read_only else _BEGIN_IMMEDIATE, ())

    def _commit(self) -> None:
        self._close_cursors()
        self._run(self._commit_statement, ())
        self._end_block()

    def _explained(self, error: Exception, statement: Statement | None, again: Parameters | None = None) -> HangarError:
        """Return the error to raise. A lost file causes many different errors, so check for it first."""
        return self._source.find(self._files) or translated(error, statement, self._raw, again)

    def _may_try_again(self, error: Exception, waited: float) -> bool:
        """Whether to repeat a statement that found a lock. Outside a transaction it did nothing, so this is safe."""
        if not is_busy(error) or waited >= self._lock_timeout:
            return False
        return not (self._raw.in_transaction or self._overdue or self._abandoned.is_set())

    def _open_cursor(self, statement: Statement, parameters: Parameters) -> sqlite3.Cursor:
        try:
            cursor = self._raw.execute(statement.text, parameters)
        except DRIVER_ERRORS as error:
            raise_alone(self._explained(error, statement))
        self._cursors.add(cursor)
        if statement.columns is None:
            statement.columns = tuple(column[0] for column in cursor.description or ())
        return cursor

    def _fetch(self, cursor: sqlite3.Cursor, size: int) -> list[Row]:
        try:
            return cursor.fetchmany(size)
        except DRIVER_ERRORS as error:
            raise_alone(self._explained(error, None))

    def _close_cursor(self, cursor: sqlite3.Cursor) -> None:
        self._cursors.discard(cursor)
        cursor.close()

    def _clean(self) -> None:
        self._close_cursors()  # first: an interrupt stays active while a cursor is open
        self._abandoned.clear()
        while self._raw.in_transaction:
            try:
                self._raw.execute("ROLLBACK")
            except sqlite3.OperationalError:  # a late interrupt has stopped the ROLLBACK
                continue
        self._end_block()

    def _close_cursors(self) -> None:
        while self._cursors:
            self._cursors.pop().close()

    def _end_block(self) -> None:
        if self._is_only_one:
            self._raw.execute("PRAGMA query_only = OFF")
