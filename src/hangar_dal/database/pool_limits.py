"""The limits and the statistics of a pool. Below `pool`."""

import math
import random
from collections.abc import Collection
from typing import Final, NamedTuple, Self

from hangar_dal.database.connection import Connection
from hangar_dal.database.holder import holder
from hangar_dal.errors import ConnectionFailed, DatabaseBusy, DatabaseError, TransactionError
from hangar_dal.settings import Settings

# Each connection lives up to this fraction longer or shorter, so that connections are not all replaced at once.
JITTER: Final = 0.1
_PLACES: Final = 3  # in a message


class Life(NamedTuple):
    """The time at which a connection was opened, by the clock of the event loop, and a factor for its maximum ages."""

    opened: float
    jitter: float

    @classmethod
    def beginning(cls, now: float) -> Self:
        return cls(now, random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret


class PoolLimits(NamedTuple):
    """The size of a pool, and its times in seconds. 0 means no limit, except for `acquire` and `tick_interval`."""

    size: int
    acquire: float
    idle_in_transaction: float
    tick_interval: float  # how often the pool checks its connections
    busy: str  # the message of `DatabaseBusy`, with `{seconds}` for `acquire` and `{where}` for the blocks
    every: str  # what all connections are called in messages
    max_age: float = 0  # replace connections that are older, or were idle for longer than max_idle
    max_idle: float = 0
    check_after: float = 0  # check a connection that was idle for longer before its next use

    @classmethod
    def of(cls, settings: Settings, *, size: int, busy: str, every: str) -> Self:
        """Return the limits that both databases have. A short statement timeout shortens the tick interval."""
        timeout = settings.statement_timeout
        tick = min(1.0, timeout / 4) if timeout else 1.0
        return cls(
            size=size,
            acquire=settings.acquire_timeout,
            idle_in_transaction=settings.idle_in_transaction_timeout,
            tick_interval=tick,
            busy=busy,
            every=every,
        )

    def ticks_in(self, seconds: float) -> int:
        """Return how many ticks pass in a number of seconds, rounded up."""
        return math.ceil(seconds / self.tick_interval)

    def given_up(self, connections: Collection[Connection], *, is_opening: bool) -> DatabaseError:
        """Return the error for a task that has waited for `acquire` seconds.

        If a connection is being opened or checked, the database does not answer. Otherwise the pool is busy.
        """
        if is_opening:
            return ConnectionFailed(f"no connection could be opened within {self.acquire:g} seconds")
        places = sorted({each.borrower.place for each in connections if each.borrower})
        where = f", by blocks opened at {', '.join(places[:_PLACES])}" if places else ""
        return DatabaseBusy(self.busy.format(seconds=self.acquire, where=where))

    def refuse_own(self, connections: Collection[Connection]) -> None:
        """Raise `TransactionError` if blocks of the caller hold all connections: it would wait for itself."""
        caller = holder()
        own = [each.borrower for each in connections if each.borrower and each.borrower.holder is caller]
        if len(own) == self.size:
            raise TransactionError(
                f"the call would wait for itself: blocks of this task hold {self.every}, the last one opened at "
                f"{own[-1].place}",
                "pass the transaction of the block, `tx`, in place of `db`. Use tx.savepoint() for a transaction in it",
            )


class PoolStats(NamedTuple):
    """The current state of a pool (`used`, `idle`, `waiting`), and its counters since it was opened.

    `opened` and `lost` count connections. `waits` counts tasks that waited for a connection, and `waited` is the sum of
    their waiting times in seconds.
    """

    size: int
    used: int
    idle: int
    waiting: int
    opened: int
    lost: int
    waits: int
    waited: float
