"""A PostgreSQL connection with one raw cursor for all statements. Implements `connection.Connection`.

`Driver` stops a statement on the server if its caller is cancelled. This module then checks the state of the
connection.
"""

import asyncio
import select
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus

from hangar_dal.database.connection import Borrower, Isolation
from hangar_dal.database.messages import READ_ONLY_SESSION
from hangar_dal.database.postgresql.cursors import OpenCursor, may_be_binary, row_cursor
from hangar_dal.database.postgresql.driver import SETTLE_SECONDS, Driver
from hangar_dal.database.postgresql.errors import DRIVER_ERRORS, is_stale_plan, translated
from hangar_dal.database.postgresql.reading import rows_with_gaps
from hangar_dal.database.postgresql.triggers import FIND_FUNCTIONS, Raised, raised_in, trigger_violation
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.errors import (
    CommitUnknown,
    ConnectionFailed,
    DatabaseClosed,
    HangarError,
    ReadOnlyTransaction,
    TransactionFailed,
    TriggerViolation,
    raise_alone,
)

# A cursor keeps its last result in memory. After more rows than this, a new cursor replaces it.
_KEPT_ROWS: Final = 1000

COMMIT: Final = Statement("", "COMMIT", writes=False)
_CHECK: Final = Statement("", "SELECT 1", writes=False)


class PostgresConnection:
    """A connection to PostgreSQL.

    `tick_limit` is the number of ticks that a statement may run; 0 means no limit. `check_seconds` is the limit for
    `check`.
    """

    def __init__(self, driver: Driver, *, tick_limit: int, check_seconds: float) -> None:
        self.driver = driver
        self.borrower: Borrower | None = None
        self.running = False
        self.elapsed_ticks = 0
        self.applied: bool | None = False
        self._pgconn = driver.pgconn
        self._poll = select.poll()
        self._poll.register(self._pgconn.socket, select.POLLIN)
        self._tick_limit = tick_limit
        self._allowed = 1  # how many statements may take so long: those of a batch run one after the other
        self._check_seconds = check_seconds
        self._stopped: asyncio.Event | None = None  # set when the statement that `close` stops has ended
        self._is_lent = False
        self._is_read_only = False  # whether the open transaction was begun as one
        self._cursors = 0
        self._cursor = row_cursor(driver)

    @property
    def ready(self) -> bool:
        return not self.running and self._pgconn.transaction_status == TransactionStatus.IDLE

    @property
    def in_transaction(self) -> bool:
        return self._pgconn.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}

    @property
    def lost(self) -> bool:
        """True if the server has closed the connection. It sends nothing else between two statements."""
        return self.driver.closed or (not self.running and not self._is_lent and bool(self._poll.poll(0)))

    async def run(self, statement: Statement, parameters: Parameters) -> Result:
        self.running = True
        self.elapsed_ticks = 0
        self.applied = False
        cursor = self._cursor
        try:
            # Do not prepare statements without a name: they are statements of this package, such as BEGIN.
            prepare = None if statement.name else False
            await cursor.execute(statement.text, parameters, prepare=prepare, binary=statement.is_binary)
            result = await self._result(cursor, statement, parameters)
        except DRIVER_ERRORS as error:
            if is_stale_plan(error) and self._pgconn.transaction_status == TransactionStatus.IDLE:
                return await self._run_replanned(statement, parameters)
            raise_alone(await self._failed(error, statement))
        self._ended()
        if len(result[0]) > _KEPT_ROWS:
            self._cursor = row_cursor(self.driver)
        return result

    async def _result(self, cursor: Any, statement: Statement, parameters: Parameters) -> Result:
        """Return the result of a statement that the cursor has run."""
        if statement.columns is None:
            self._learn(cursor, statement)
        if not statement.columns:
            return [], max(cursor.rowcount, 0)
        rows: list[Row] | None = None
        try:
            rows = await cursor.fetchall()
        except Exception:
            if self.driver.closed:
                raise
        if rows is None:  # not in the handler, whose error may contain a value
            if statement.is_binary and not may_be_binary(cursor):  # the columns had other types before
                statement.is_binary = False
                await cursor.execute(statement.text, parameters, prepare=None if statement.name else False)
            rows = self._with_gaps(cursor, statement)
        return rows, len(rows)

    def _learn(self, cursor: Any, statement: Statement) -> None:
        """Note what the first result of a statement says of its columns.

        Rows are asked for in the binary format only if the statement can be repeated in the other format.
        """
        statement.columns = tuple(column.name for column in cursor.description or ())
        statement.is_binary = not statement.writes and may_be_binary(cursor)

    def _with_gaps(self, cursor: Any, statement: Statement) -> list[Row]:
        """Return the rows of the cursor, in which the driver cannot read some values."""
        self._ended()  # the server has done its work
        return rows_with_gaps(cursor, statement)

    async def begin(self, isolation: Isolation | None, read_only: bool) -> None:
        self._is_read_only = read_only
        await self.run(_BEGINNINGS[isolation, read_only], ())

    async def commit(self) -> None:
        if self.lost:
            raise ConnectionFailed("the connection was lost before COMMIT was sent: the transaction was rolled back")
        try:
            await self.run(COMMIT, ())
        except (ConnectionFailed, DatabaseClosed) as error:
            if self.applied is False:
                raise
            message = "the connection was lost during COMMIT: check whether the work was saved before you repeat it"
            raise_alone(CommitUnknown(message, sqlstate=error.sqlstate))
        if self._cursor.statusmessage != "COMMIT":
            raise TransactionFailed("the server rolled the transaction back instead of committing it")

    async def open_cursor(self, statement: Statement, parameters: Parameters) -> OpenCursor:
        self._cursors += 1
        cursor = OpenCursor(f"hangar_{self._cursors}", statement)
        text = f"DECLARE {cursor.name} NO SCROLL CURSOR FOR {statement.text}"
        await self.run(Statement("", text, writes=False), parameters)
        return cursor

    async def fetch(self, cursor: OpenCursor, size: int) -> list[Row]:
        fetch = cursor.fetch(size)
        rows, _ = await self.run(fetch, ())
        cursor.statement.columns = fetch.columns
        return rows

    async def close_cursor(self, cursor: OpenCursor) -> None:
        await self.run(Statement("", f"CLOSE {cursor.name}", writes=False), ())

    async def check(self) -> None:
        deadline = asyncio.get_running_loop().call_later(self._check_seconds, self.driver.hang_up)
        try:
            await self.run(_CHECK, ())
        finally:
            deadline.cancel()
            self._ended()  # also after a cancellation: nobody calls `settle` after a check

    async def settle(self) -> bool:
        if self.running:  # its caller was cancelled
            self.applied = self._was_applied()
        deadline = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self.driver.hang_up)
        try:
            if self.in_transaction:
                await self._cursor.execute("ROLLBACK")
            if self.driver.reset and self._pgconn.transaction_status == TransactionStatus.IDLE:
                await self._cursor.execute(self.driver.reset)
        except (psycopg.Error, asyncio.CancelledError):  # cancelled when the event loop is shutting down
            self._pgconn.finish()
        finally:
            deadline.cancel()
        self._ended()
        if self.ready:
            return True
        self._pgconn.finish()
        return False

    def check_timeout(self) -> None:
        self.elapsed_ticks += not self._is_lent  # the server's own timeouts hold for a borrower
        if self.running and 0 < self._tick_limit * self._allowed < self.elapsed_ticks:
            self.driver.hang_up()

    async def close(self) -> None:
        if self._is_lent:  # its borrower may be waiting for the server, and closes it
            self.driver.hang_up()
            return
        if self.running:
            self._stopped = asyncio.Event()
            async with self.driver.stopping():
                await self._stopped.wait()
        await self.driver.close()

    def disown(self) -> None:
        self.driver.disown()

    async def _failed(self, error: Exception, statement: Statement) -> HangarError:
        """Record the end of a failed statement, and return the error to raise."""
        found = translated(error, statement, lost=self.driver.closed)
        if (raised := raised_in(error)) and (violation := await self._trigger_violation(raised)):
            violation.query = statement.name or None
            found = violation
        if isinstance(found, ReadOnlyTransaction) and not (self.in_transaction and self._is_read_only):
            found = ReadOnlyTransaction(READ_ONLY_SESSION, sqlstate=found.sqlstate)
            found.query = statement.name or None
        self.applied = None if isinstance(found, ConnectionFailed) else False
        is_stopped = self._stopped is not None
        self._ended()
        return DatabaseClosed("the database was closed while the statement ran") if is_stopped else found

    async def _trigger_violation(self, raised: Raised) -> TriggerViolation | None:
        """Return the error for a RAISE in a trigger; None if the RAISE was not in a trigger.

        Reads the definition of the function from the server.
        """
        try:
            if self.in_transaction:  # a failed transaction accepts no query before it is rolled back
                savepoint = self.borrower.savepoint_name if self.borrower else None
                undo = f"ROLLBACK TO SAVEPOINT {savepoint}" if savepoint else "ROLLBACK AND CHAIN"
                await self.driver.execute(undo.encode(), prepare=False)
            answer = await self.driver.execute(FIND_FUNCTIONS, [raised.running], prepare=False)
            return trigger_violation(raised, await answer.fetchall())
        except psycopg.Error:
            return None

    def _ended(self) -> None:
        self.running = False
        self.elapsed_ticks = 0
        if self._stopped:
            self._stopped.set()

    async def _run_replanned(self, statement: Statement, parameters: Parameters) -> Result:
        """Run a statement again after its tables have changed: discard the prepared statements first."""
        try:
            await self.driver.execute("DEALLOCATE ALL")  # not with `_cursor`: `_was_applied` reads its result
            await self._cursor.execute(statement.text, parameters, prepare=False)
            self._learn(self._cursor, statement)
            rows = self._with_gaps(self._cursor, statement) if statement.columns else []
        except DRIVER_ERRORS as error:
            raise_alone(await self._failed(error, statement))
        self._ended()
        return rows, len(rows) if statement.columns else max(self._cursor.rowcount, 0)

    def _was_applied(self) -> bool | None:
        """Whether a cancelled statement was applied; None if not known. psycopg keeps the result if one arrived."""
        return None if self.driver.closed else self._cursor.statusmessage is not None


def _begin(isolation: str | None, read_only: bool) -> Statement:
    level = f" ISOLATION LEVEL {isolation.upper()}" if isolation else ""
    return Statement("", f"BEGIN{level}{' READ ONLY' if read_only else ''}", writes=False)


_BEGINNINGS: Final = {
    (isolation, read_only): _begin(isolation, read_only)
    for isolation in (None, "read committed", "repeatable read", "serializable")
    for read_only in (False, True)
}
BEGIN: Final = _BEGINNINGS[None, False]
