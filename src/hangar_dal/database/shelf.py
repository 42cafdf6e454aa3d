"""The free connections of one kind, and the line of tasks that wait for one.

A free connection is popped from a list, with no await, so that no cancellation can come between. A task that has
to wait waits on a future of its own: connections are opened, mended and closed by tasks that nobody cancels, and
whoever is first in line gets what comes free. Stands above `connection` and `owned`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from hangar_dal.database.connection import Connection
from hangar_dal.database.owned import own, settled
from hangar_dal.errors import ConnectionFailed, DatabaseBusy, DatabaseClosed

# How long `close` waits for work under way before it closes the connections under it.
DRAIN_SECONDS: Final = 10.0


class Shelf:
    """At most `maximum` connections, opened when they are first needed."""

    def __init__(
        self,
        open_one: Callable[[], Awaitable[Connection]],
        *,
        maximum: int,
        timeout: float,
        tick: float,
        busy: str,
    ) -> None:
        self.free: list[Connection] = []
        self._everyone: set[Connection] = set()
        self._line: deque[asyncio.Future[Connection]] = deque()
        self._open_one = open_one
        self._maximum = maximum
        self._opening = 0
        self._timeout = timeout
        self._busy = busy
        self._tick_seconds = tick
        self._timer: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None

    async def take(self) -> Connection:
        """A connection of one's own, to be handed to `give` or `mend`. `DatabaseBusy` if none comes free in time."""
        if self.free:
            return self.free.pop()
        if self._drained is not None:
            raise DatabaseClosed("the database was closed; use it inside `async with open_database(...)`")
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Connection] = loop.create_future()
        self._line.append(waiter)
        self._grow()
        timer = loop.call_later(self._timeout, self._give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            # Handed over and cancelled in the same turn of the loop: nobody else knows that it is ours.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.give(waiter.result())
            raise
        finally:
            timer.cancel()

    def give(self, connection: Connection) -> None:
        """Put back a connection that is `ready`."""
        if self._line or self._drained is not None:
            self._pass_on(connection)
        else:
            self.free.append(connection)

    async def mend(self, connection: Connection, error: BaseException) -> tuple[BaseException, bool | None]:
        """Put back a connection after an error; when this returns, its transaction is no more.

        Gives the error to raise, since a cancellation that came meanwhile goes before an ordinary one, and whether
        the last statement had been applied.
        """
        if connection.ready:
            applied = connection.applied
            self.give(connection)
            return error, applied
        if isinstance(error, ConnectionFailed):
            self._distrust()
        mending = own(self._mend(connection))
        cancelled = await settled(mending)
        if cancelled is not None and isinstance(error, Exception):
            error = cancelled
        return error, None if mending.cancelled() else mending.result()

    async def close(self) -> None:
        """Refuse new work, let the work under way end, close every connection."""
        if self._drained is not None:
            return
        self._drained = asyncio.get_running_loop().create_future()
        for waiter in self._line:
            if not waiter.done():
                waiter.set_exception(DatabaseClosed("the database was closed while this waited for a connection"))
        self._line.clear()
        self._note_drained()
        await asyncio.wait({self._drained}, timeout=DRAIN_SECONDS)
        if self._timer is not None:
            self._timer.cancel()
        self.free.clear()
        # One that cannot be closed in order shall not keep the others open.
        await asyncio.gather(*(connection.close() for connection in self._everyone), return_exceptions=True)
        self._everyone.clear()

    def disown(self) -> None:
        """In a forked child: forget every connection. Those who wait here are the parent's tasks."""
        for connection in self._everyone:
            connection.disown()
        self.free.clear()
        self._everyone.clear()
        self._line.clear()

    def _pass_on(self, connection: Connection) -> None:
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self.free.append(connection)
        self._note_drained()

    def _note_drained(self) -> None:
        at_rest = not self._opening and len(self.free) == len(self._everyone)
        if self._drained is not None and at_rest and not self._drained.done():
            self._drained.set_result(None)

    def _give_up(self, waiter: asyncio.Future[Connection]) -> None:
        if not waiter.done():
            waiter.set_exception(DatabaseBusy(self._busy.format(seconds=self._timeout)))

    def _grow(self) -> None:
        while self._opening < len(self._line) and len(self._everyone) + self._opening < self._maximum:
            self._opening += 1
            own(self._open())

    async def _open(self) -> None:
        try:
            connection = await self._open_one()
        except BaseException as error:
            self._opening -= 1
            self._fail_first(error)
            self._grow()
            self._note_drained()
            if not isinstance(error, Exception):
                raise
            return
        self._opening -= 1
        self._everyone.add(connection)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._tick_seconds, self._tick)
        self.give(connection)

    def _fail_first(self, error: BaseException) -> None:
        """A connection that cannot be opened is the first waiter's bad luck; the others have tries of their own."""
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                shutting_down = DatabaseClosed("the event loop is shutting down")
                waiter.set_exception(error if isinstance(error, Exception) else shutting_down)
                return

    async def _mend(self, connection: Connection) -> bool | None:
        usable = False
        try:
            usable = await connection.settle()
            return connection.applied  # before the next task has it
        finally:
            if usable:
                self.give(connection)
            else:
                await self._discard(connection)

    async def _discard(self, connection: Connection) -> None:
        self._everyone.discard(connection)
        self._grow()
        self._note_drained()
        await connection.close()

    def _distrust(self) -> None:
        """What has taken one connection has likely taken the idle ones too: the next task shall not run into one."""
        for connection in self.free:
            own(self._discard(connection))
        self.free.clear()

    def _tick(self) -> None:
        for connection in self._everyone:
            connection.tick()
        if any(connection.lost for connection in self.free):
            self._distrust()
        self._timer = asyncio.get_running_loop().call_later(self._tick_seconds, self._tick)
