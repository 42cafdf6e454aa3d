"""How much of the processors' time calls take, of this process and of PostgreSQL's.

On a machine that does other work, this varies less than the time on the clock. Calls take turns, and the median counts.
"""

import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Final

from hangar_dal import Database
from hangar_dal.database import Statement

WARM_UP: Final = 30
LONGEST: Final = 20.0  # seconds on the clock, for all turns together
PROCESSES: Final = Statement(
    "processes", "SELECT pid FROM pg_stat_activity WHERE datname = current_database()", writes=False
)


async def medians(
    calls: Sequence[Callable[[], Awaitable[object]]], databases: Sequence[Database], turns: int
) -> list[float]:
    """The median of each call, in seconds."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(WARM_UP):
        for call in calls:
            await call()
    begun = perf_counter()
    pids = [row[0] for db in databases if db.dialect == "postgresql" for row in (await db.run(PROCESSES, []))[0]]
    with _processor_time(pids) as clock:
        for _ in range(turns):
            for call, seconds in zip(calls, taken, strict=True):
                before = clock()
                await call()
                seconds.append(clock() - before)
            if perf_counter() - begun > LONGEST:
                break
    return [median(seconds) for seconds in taken]


@contextmanager
def _processor_time(pids: Sequence[int]) -> Iterator[Callable[[], float]]:
    """Linux counts it in nanoseconds for each process, if the server is on this machine."""
    with ExitStack() as stack:
        files = [stack.enter_context(Path(f"/proc/{pid}/schedstat").open("rb")).fileno() for pid in pids]
        yield lambda: process_time() + sum(int(os.pread(file, 30, 0).split()[0]) for file in files) / 1e9
