"""Cancels requests at random moments, whatever way they use the database, and lists the damage.

A request reads, or writes two rows together. It is cancelled once to three times, or by a scope of anyio. The note on
its CancelledError must agree with the rows in the database.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import anyio

COMMITTED = "transaction was committed"
UNKNOWN = "it is not known whether the transaction was committed"

Request = Callable[[int], Awaitable[None]]


@dataclass(slots=True)
class Storm:
    """`writes` insert the rows (batch, 1) and (batch, 2); `reads` insert nothing, like requests that fail."""

    seed: int
    writes: list[Request]
    reads: list[Request]
    cancellations: int
    at_once: int = 8
    seen: Counter[str] = field(default_factory=Counter)
    # By batch: whether its rows must be there; None if the note says that this is not known.
    expected: dict[int, bool | None] = field(default_factory=dict)
    damage: list[str] = field(default_factory=list)
    _random: random.Random = field(init=False)
    _batch: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    async def rage(self) -> None:
        await asyncio.gather(*(self._one_after_the_other() for _ in range(self.at_once)))

    def compare(self, rows: Iterable[tuple[int, int]]) -> None:
        """Compare the rows with what the callers learned about them."""
        found = Counter(batch for batch, _ in rows)
        for batch, count in found.items():
            if count != 2:
                self.damage.append(f"batch {batch} is half applied")
            elif self.expected.get(batch) is False:
                self.damage.append(f"batch {batch} was committed, but its caller has no note of it")
        for batch, must_be_there in self.expected.items():
            if must_be_there and batch not in found:
                self.damage.append(f"batch {batch} is lost")

    async def _one_after_the_other(self) -> None:
        while self.seen["cancelled"] + len(self.damage) < self.cancellations:
            self._batch += 1
            await self._one(self._batch)

    async def _one(self, batch: int) -> None:
        writes = self._random.random() < 0.7
        request = self._random.choice(self.writes if writes else self.reads)
        is_scoped = self._random.random() < 0.3
        scope = anyio.CancelScope()
        task = asyncio.ensure_future(_in_scope(scope, request(batch)) if is_scoped else request(batch))
        cancels = 0
        await self._wait_a_moment()
        if is_scoped:
            scope.cancel()  # which leaves a task alone that is about to continue
        for _ in range(0 if is_scoped else self._random.choice((1, 1, 1, 2, 3))):
            cancels += task.cancel()
            await self._wait_a_moment()
        if await _too_slow(task):
            self.damage.append(f"batch {batch} hung after {cancels} cancellations")
            return
        self._judge(batch, task, writes=writes, cancels=cancels)

    def _judge(self, batch: int, task: asyncio.Future[None], *, writes: bool, cancels: int) -> None:
        notes: list[str] = []
        if task.cancelled():
            self.seen["cancelled"] += 1
            try:
                task.result()
            except asyncio.CancelledError as error:
                notes = getattr(error, "__notes__", [])
        elif error := task.exception():
            self.damage.append(f"batch {batch} failed with {error!r}")
            return
        elif cancels:
            self.damage.append(f"batch {batch} swallowed its cancellation")
        told: bool | None = False
        if writes:
            told = None if UNKNOWN in notes else COMMITTED in notes or not task.cancelled()
            self.seen["told of their commit"] += COMMITTED in notes
            self.seen[{None: "unknown", True: "applied", False: "not applied"}[told]] += 1
        self.expected[batch] = told

    async def _wait_a_moment(self) -> None:
        if self._random.random() < 0.4:
            for _ in range(self._random.randrange(12)):
                await asyncio.sleep(0)
        else:
            await asyncio.sleep(self._random.random() * 0.006)


async def _in_scope(scope: anyio.CancelScope, request: Awaitable[None]) -> None:
    """Await the request in a scope of anyio, which cancels it again and again. Raise what the scope catches."""
    cancelled: asyncio.CancelledError | None = None
    with scope:
        try:
            await request
        except asyncio.CancelledError as error:
            cancelled = error
            raise
    if cancelled is not None:
        raise cancelled


async def _too_slow(task: asyncio.Future[None]) -> bool:
    await asyncio.wait({task}, timeout=300)
    return not task.done()
