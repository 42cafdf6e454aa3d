"""psycopg's connection with a limit to how long it may wait for a server that no longer answers.

Stands below `connection`.
"""

import asyncio
import os
import socket
from typing import Final

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from hangar_dal.database.statement import Row

# How long a cancelled caller waits for the server, and how long rolling back may take, before the connection is
# thrown away. psycopg alone would wait ten seconds on a frozen network.
SETTLE_SECONDS: Final = 2.0


class Driver(AsyncConnection[Row]):
    """psycopg calls `cancel_safe` when a caller is cancelled, and then waits for the statement to end."""

    _deadline: asyncio.TimerHandle | None = None

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:
        self._deadline = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._give_up)
        await super().cancel_safe(timeout=min(timeout, SETTLE_SECONDS))

    def stop_waiting(self) -> None:
        """The cancelled statement has ended, one way or the other."""
        if self._deadline is not None:
            self._deadline.cancel()

    def hang_up(self) -> None:
        """Let whoever waits for the server see the end of the connection now; a frozen network never would."""
        if not self.closed:
            with socket.socket(fileno=os.dup(self.pgconn.socket)) as wire:
                wire.shutdown(socket.SHUT_RDWR)

    def _give_up(self) -> None:
        if not self.closed and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
            self.hang_up()
