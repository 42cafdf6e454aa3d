"""A connection pool: free connections, connections in use, and tasks that wait for a connection.

A free connection is taken from a list without an await, so a cancellation cannot interrupt this. Connections are
checked, opened, repaired and closed in tasks that no caller can cancel. The first waiting task gets the next free
connection.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import copy
from typing import Final

from hangar_dal.database.connection import Borrower, Connection
from hangar_dal.database.pool_limits import Life, PoolLimits, PoolStats
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.errors import ConnectionFailed, DatabaseClosed, DatabaseError, TransactionExpired

_Waiter = asyncio.Future[Connection]
_log: Final = logging.getLogger("hangar_dal")


class Pool:
    """At most `limits.size` connections, opened on demand. The connection that was used last is taken first."""

    def __init__(self, name: str, open_one: Callable[[], Awaitable[Connection]], limits: PoolLimits) -> None:
        self.name = name
        self._open_one = open_one
        self._limits = limits
        self._all: dict[Connection, Life] = {}
        self._free: list[Connection] = []
        self._stale: list[Connection] = []  # free, but must be checked before use
        self._worn: set[Connection] = set()  # in use, and closed when they are released
        self._line: deque[_Waiter] = deque()
        self._checking = self._opening = 0
        self._preparing: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Future[None] | None = None  # done when no connection is in use
        self._opened = self._lost = self._waits = 0
        self._waited = 0.0

    def take(self) -> Connection | None:
        """Return a free connection; None if there is none. The caller must pass it to `release` or `recover` later."""
        while self._free:
            connection = self._free.pop()
            if not connection.lost:
                return connection
            self._drop(connection, lost=True)
        return None

    async def acquire(self) -> Connection:
        """Return a connection as `take` does, but wait for one. Raises `DatabaseBusy` if none becomes free in time."""
        if connection := self.take():
            return connection
        if self._closing is not None:
            raise DatabaseClosed("the database was closed; use it inside `async with open_database(...)`")
        self._limits.refuse_own(self._all)
        loop = asyncio.get_running_loop()
        began = loop.time()
        waiter: _Waiter = loop.create_future()
        self._line.append(waiter)
        self._prepare()
        timer = loop.call_later(self._limits.acquire, self._give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            # The connection was handed over and the task cancelled in the same loop iteration: return the connection.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.release(waiter.result())
            raise
        finally:
            timer.cancel()
            self._waits += 1
            self._waited += loop.time() - began

    def add(self, connection: Connection) -> None:
        """Add a connection that was just opened to the pool."""
        loop = asyncio.get_running_loop()
        self._all[connection] = Life.beginning(loop.time())
        self._opened += 1
        if self._timer is None:
            self._timer = loop.call_later(self._limits.tick_interval, self._tick)
        self.release(connection)

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool. It must be `ready`."""
        if self._line or self._worn or self._closing is not None:
            self._pass_on(connection)
        else:
            self._free.append(connection)

    async def recover(self, connection: Connection, error: BaseException) -> tuple[BaseException, bool | None]:
        """Return a connection to the pool after an error, and end its transaction.

        Returns the error to raise, and whether the last statement was applied (None if that is not known). If the
        caller is cancelled meanwhile, the CancelledError replaces an ordinary error.
        """
        if connection.ready:
            applied = connection.applied
            self.release(connection)
            return error, applied
        if isinstance(error, ConnectionFailed):  # the free connections may be lost for the same reason
            self._stale += self._free
            self._free.clear()
        repairing = spawn(self._repair(connection))
        cancelled = await wait_through_cancellation(repairing)
        if cancelled is not None and isinstance(error, Exception):
            error = cancelled
        return error, None if repairing.cancelled() else repairing.result()

    async def retire(self, connection: Connection) -> None:
        """Close a connection that was taken. The pool opens another one when it needs it."""
        await self._drop(connection)

    def stats(self) -> PoolStats:
        idle = len(self._free) + len(self._stale)
        waiting = sum(not waiter.done() for waiter in self._line)
        counted = self._opened, self._lost, self._waits, self._waited
        return PoolStats(self._limits.size, len(self._all) - idle, idle, waiting, *counted)

    async def close(self, timeout: float) -> None:
        """Refuse new work, wait up to `timeout` seconds for running work, then stop it with `DatabaseClosed`."""
        if self._closing is not None:
            return
        self._closing = asyncio.get_running_loop().create_future()
        self._fail_line(DatabaseClosed("the database was closed while the call waited for a connection"))
        for task in self._preparing:
            task.cancel()
        self._stale += self._free  # so that `take` returns none of them
        self._free.clear()
        self._note_drained()
        await asyncio.wait({self._closing}, timeout=timeout)
        await asyncio.gather(*self._preparing, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._all):
            if connection.borrower is not None and not connection.running:
                connection.borrower.expire(DatabaseClosed("the database was closed while the transaction was open"))
            self._drop(connection)
        await asyncio.gather(*self._ending)

    def disown(self) -> None:
        """In a forked child, forget all connections and all waiting tasks: they belong to the parent."""
        for connection in self._all:
            connection.disown()
        for each in (self._all, self._free, self._stale, self._line):
            each.clear()

    # Below: handle connections that are released, are missing, or have been free for long.

    def _pass_on(self, connection: Connection) -> None:
        if connection not in self._all:  # it was closed meanwhile
            return
        if connection in self._worn:
            self._drop(connection)
            return
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        (self._free if self._closing is None else self._stale).append(connection)
        self._note_drained()

    async def _repair(self, connection: Connection) -> bool | None:
        usable = False
        try:
            usable = await connection.settle()
            return connection.applied  # read this before another task gets the connection
        finally:
            if usable:
                self.release(connection)
            else:
                await self._drop(connection, lost=True)

    def _drop(self, connection: Connection, *, lost: bool = False) -> "asyncio.Task[None]":
        """Forget a connection and close it."""
        self._lost += lost and connection in self._all
        self._all.pop(connection, None)
        self._worn.discard(connection)
        for idle in (self._free, self._stale):
            if connection in idle:
                idle.remove(connection)
        ending = spawn(_close(connection))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        self._prepare()
        self._note_drained()
        return ending

    def _note_drained(self) -> None:
        if self._closing is not None and not self._closing.done():
            lent = self._all.keys() - {*self._free, *self._stale}
            if all(connection.lost for connection in lent):  # a lost connection may never be released
                self._closing.set_result(None)

    def _give_up(self, waiter: _Waiter) -> None:
        if not waiter.done():
            waiter.set_exception(self._limits.given_up(self._all, is_opening=self._opening + self._checking > 0))

    def _fail_line(self, error: Exception, last: _Waiter | None = None, *, first_only: bool = False) -> None:
        """Raise the error in the waiting tasks, up to `last` if it is given, or in the first one with `first_only`."""
        while self._line and (last is None or last in self._line):
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_exception(copy(error))
                if first_only:
                    return

    def _prepare(self) -> None:
        """Start to check stale connections or to open new ones, until each waiting task has one in preparation."""
        while self._checking + self._opening < len(self._line):
            if self._stale:
                self._checking += 1
                preparing = spawn(self._check(self._stale.pop()))
            elif len(self._all) + self._opening < self._limits.size:
                self._opening += 1
                preparing = spawn(self._open(self._line[-1]))
            else:
                return
            self._preparing.add(preparing)
            preparing.add_done_callback(self._preparing.discard)

    async def _check(self, connection: Connection) -> None:
        alive = False
        try:
            with suppress(DatabaseError):
                await connection.check()
                alive = True
        finally:
            self._checking -= 1
            if alive:
                self.release(connection)
            else:  # drop the other stale connections unchecked: they are probably lost, and checks take long
                dead, self._stale = [connection, *self._stale], []
                for each in dead:
                    self._drop(each, lost=True)

    async def _open(self, last: _Waiter) -> None:
        """Open a connection. If this fails, fail the waiting tasks up to `last`; later ones get another attempt."""
        connection: Connection | None = None
        failure: tuple[Exception, _Waiter | None] = DatabaseClosed("the event loop is shutting down"), None
        try:
            connection = await self._open_one()
        except Exception as caught:
            failure = caught, last
        finally:
            self._opening -= 1
            if connection is None:
                # If the pool has connections, only one task fails: the others can still get a connection.
                self._fail_line(*failure, first_only=bool(self._all))
                self._prepare()
            else:
                self.add(connection)

    def _tick(self) -> None:
        """Replace old connections, close idle ones, and end statements and transactions that exceed their limits."""
        loop, limits = asyncio.get_running_loop(), self._limits
        self._timer = loop.call_later(limits.tick_interval, self._tick)
        for connection, life in self._all.items():
            connection.check_timeout()
            if 0 < limits.max_age * life.jitter < loop.time() - life.opened:
                self._worn.add(connection)
        for connection in [*self._stale, *self._free]:
            is_lost, jitter = connection.lost, self._all[connection].jitter
            if is_lost or connection in self._worn or 0 < limits.max_idle * jitter < self._idle(connection):
                self._drop(connection, lost=is_lost)
        self._stale += [each for each in self._free if 0 < limits.check_after < self._idle(each)]
        self._free = [each for each in self._free if each not in self._stale]
        for connection in self._all:
            borrower = connection.borrower
            if borrower and not connection.running and 0 < limits.idle_in_transaction < self._idle(connection):
                self._end_forgotten(connection, borrower)
        self._note_drained()

    def _idle(self, connection: Connection) -> float:
        """Return for how many seconds the connection has been idle."""
        return connection.elapsed_ticks * self._limits.tick_interval

    def _end_forgotten(self, connection: Connection, borrower: Borrower) -> None:
        error = TransactionExpired(
            f"the transaction opened at {borrower.place} ran no statement for longer than "
            f"HANGAR_IDLE_IN_TRANSACTION_TIMEOUT ({self._limits.idle_in_transaction:g} seconds): it was rolled back"
        )
        _log.warning("%s", error)
        connection.borrower = None
        borrower.expire(error)
        spawn(self._repair(connection))


async def _close(connection: Connection) -> None:
    """Close a connection. An error is only logged, so that the other connections are closed too."""
    try:
        await connection.close()
    except Exception as error:  # a driver may raise any error here
        _log.warning("a connection could not be closed: %s", type(error).__name__)
