"""A psycopg connection that stops its statement on the server if the caller is cancelled, even repeatedly.

In psycopg, a second cancellation interrupts the handling of the first, and anyio cancels a scope repeatedly. The
connection would be closed while the server continues with the statement. Below `connection`.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from psycopg import AsyncConnection, Error
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.waiting import wait_async

from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.database.statement import Row

T = TypeVar("T")

# How long a cancelled caller waits for the server, and how long a rollback may take. After that the connection is
# closed.
SETTLE_SECONDS: Final = 2.0
# An interrupt that arrives before its statement has no effect, so it is sent again.
_AGAIN_SECONDS: Final = 0.05
# How often psycopg checks for Ctrl-C while it waits.
_INTERVAL: Final = 0.1


class Driver(AsyncConnection[Row]):
    """A connection of psycopg. psycopg calls `wait` for each wait except connecting."""

    reset: str = ""  # SQL that resets the settings of the session; empty behind a pooler
    _request: asyncio.Task[None] | None = None

    async def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Run a generator of psycopg. If the caller is cancelled, return only after the statement has ended."""
        limit = {} if timeout is None else {"timeout": timeout}  # psycopg before 3.3.5 has no `timeout`
        try:
            return await wait_async(gen, self.pgconn.socket, interval, **limit)
        except asyncio.CancelledError:
            if self._is_busy():
                await wait_through_cancellation(spawn(self._stop(gen, interval)))
            raise

    @asynccontextmanager
    async def stopping(self) -> AsyncIterator[None]:
        """Ask the server to stop the statement while the block waits for its end. Hang up if it does not stop."""
        loop = asyncio.get_running_loop()
        timers = [
            loop.call_later(SETTLE_SECONDS, self._give_up),
            *(loop.call_later(2**n * _AGAIN_SECONDS, self._request_stop) for n in range(5)),
        ]
        self._request_stop()
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()
            if self._request is not None:  # it must not stop the next statement
                await wait_through_cancellation(self._request)
                self._request = None

    def hang_up(self) -> None:
        """Shut the socket down, so that the waiting task fails at once. It would wait forever on a frozen network."""
        if not self.closed:
            with socket.socket(fileno=os.dup(self.pgconn.socket)) as wire:
                wire.shutdown(socket.SHUT_RDWR)

    def disown(self) -> None:
        """Drop the connection in a forked child without ending the parent's session.

        libpq sends a message when it closes a connection, so the socket is replaced with /dev/null first.
        """
        if not self.closed:
            with Path(os.devnull).open("r+b") as nowhere:
                os.dup2(nowhere.fileno(), self.pgconn.socket)
            self.pgconn.finish()

    async def _stop(self, gen: PQGen[T], interval: float) -> None:
        async with self.stopping():
            with suppress(Error):
                await wait_async(gen, self.pgconn.socket, interval=interval)

    def _request_stop(self) -> None:
        if self._is_busy() and (self._request is None or self._request.done()):
            self._request = spawn(self._send_request())

    async def _send_request(self) -> None:
        with suppress(Error, OSError):
            await self.cancel_safe(timeout=SETTLE_SECONDS)

    def _give_up(self) -> None:
        if self._is_busy():
            self.hang_up()

    def _is_busy(self) -> bool:
        return not self.closed and self.pgconn.transaction_status == TransactionStatus.ACTIVE
