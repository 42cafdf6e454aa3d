"""psycopg's connection with a limit to how long it may wait for a server that no longer answers.

Stands below `connection`.
"""

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from psycopg import AsyncConnection, Error
from psycopg.pq import TransactionStatus

from hangar_dal.database.owned import own, settled
from hangar_dal.database.statement import Row

# How long a cancelled caller waits for the server, and how long rolling back may take, before the connection is
# thrown away. psycopg alone would wait ten seconds on a frozen network.
SETTLE_SECONDS: Final = 2.0
# A request to stop that overtakes its statement on the way stops nothing: it is sent again.
_AGAIN_SECONDS: Final = 0.05


class Driver(AsyncConnection[Row]):
    """psycopg calls `cancel_safe` when a caller is cancelled, and then waits for the statement to end."""

    reset: str = ""  # brings the session's settings back to ours; empty behind a pooler
    _timers: tuple[asyncio.TimerHandle, ...] = ()
    _request: asyncio.Task[None] | None = None

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:
        loop = asyncio.get_running_loop()
        self._timers = (
            loop.call_later(SETTLE_SECONDS, self._give_up),
            *(loop.call_later(2**n * _AGAIN_SECONDS, self._cancel_again) for n in range(5)),
        )
        await super().cancel_safe(timeout=min(timeout, SETTLE_SECONDS))

    async def statement_ended(self) -> None:
        """To be awaited before the next statement, which no late request shall stop."""
        for timer in self._timers:
            timer.cancel()
        self._timers = ()
        if self._request is not None:
            await settled(self._request)
            self._request = None

    def hang_up(self) -> None:
        """Let whoever waits for the server see the end of the connection now; a frozen network never would."""
        if not self.closed:
            with socket.socket(fileno=os.dup(self.pgconn.socket)) as wire:
                wire.shutdown(socket.SHUT_RDWR)

    def disown(self) -> None:
        """Closing would end the parent's session: libpq says goodbye on the socket, so it is given another one."""
        if not self.closed:
            with Path(os.devnull).open("r+b") as nowhere:
                os.dup2(nowhere.fileno(), self.pgconn.socket)
            self.pgconn.finish()

    def _give_up(self) -> None:
        if self._is_busy():
            self.hang_up()

    def _cancel_again(self) -> None:
        if self._is_busy() and (self._request is None or self._request.done()):
            self._request = own(self._request_cancel())

    async def _request_cancel(self) -> None:
        with suppress(Error, OSError):
            await super().cancel_safe(timeout=SETTLE_SECONDS)

    def _is_busy(self) -> bool:
        return not self.closed and self.pgconn.transaction_status == TransactionStatus.ACTIVE
