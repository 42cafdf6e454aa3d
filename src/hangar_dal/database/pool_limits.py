"""What a pool may do, and what it has done. Below `pool`."""

import math
import random
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from hangar_dal.errors import ConnectionFailed, DatabaseBusy, DatabaseError
from hangar_dal.settings import Settings

# Connections that were opened together are not replaced together: each lives this part of its time longer or shorter.
JITTER: Final = 0.1


class Life(NamedTuple):
    """When a connection was opened, in seconds of the loop, and the factor for the times after which it is replaced."""

    opened: float
    jitter: float

    @classmethod
    def beginning(cls, now: float) -> Self:
        return cls(now, random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections, and times in seconds; 0 is no limit, except for `acquire` and `tick_interval`."""

    size: int
    acquire: float
    idle_in_transaction: float
    tick_interval: float  # how often the pool looks after its connections
    busy: str  # the message of `DatabaseBusy`, with `{seconds}` for `acquire`
    max_age: float = 0  # connections are replaced that are older, or were free for longer than max_idle
    max_idle: float = 0
    check_after: float = 0  # a connection that was free for longer is checked before it is lent

    @classmethod
    def of(cls, settings: Settings, *, size: int, busy: str) -> Self:
        """The limits that both databases have. A short statement timeout makes the pool look more often."""
        timeout = settings.statement_timeout
        tick = min(1.0, timeout / 4) if timeout else 1.0
        return cls(
            size=size,
            acquire=settings.acquire_timeout,
            idle_in_transaction=settings.idle_in_transaction_timeout,
            tick_interval=tick,
            busy=busy,
        )

    def ticks_in(self, seconds: float) -> int:
        """How many ticks pass in so many seconds."""
        return math.ceil(seconds / self.tick_interval)

    def given_up(self, *, is_opening: bool) -> DatabaseError:
        """For a task that has waited for `acquire` seconds: the pool is busy, or the database does not answer."""
        if is_opening:
            return ConnectionFailed(f"no connection could be opened within {self.acquire:g} seconds")
        return DatabaseBusy(self.busy.format(seconds=self.acquire))


@dataclass(frozen=True, slots=True)
class PoolStats:
    """A pool as it is now (`used`, `idle`, `waiting`), and what it has counted since it was opened.

    `lost` connections were found dead. `waits` tasks have waited for a connection, `waited` seconds together.
    """

    size: int
    used: int
    idle: int
    waiting: int
    opened: int
    lost: int
    waits: int
    waited: float
