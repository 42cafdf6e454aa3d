"""What a pool may do, and what it has done. Below `pool`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections, and times in seconds; 0 is no limit, except for `acquire` and `tick`."""

    size: int
    acquire: float
    idle_in_transaction: float
    tick: float  # how often the pool looks after its connections
    busy: str  # what a task is told that has waited for `acquire` seconds
    max_age: float = 0  # connections are replaced that are older, or were free for longer than max_idle
    max_idle: float = 0
    check_after: float = 0  # a connection that was free for longer is checked before it is lent


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
