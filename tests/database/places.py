"""Where a cancellation can arrive, and the look at the database when it has: before anything else runs."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from hangar_dal import ACCOUNTS
from hangar_dal.database import Database, open_database
from hangar_dal.settings import Settings
from tests.database.cancelling import Way
from tests.database.ledger import run, sql
from tests.database.pools import held
from tests.database.rival import Rival
from tests.database.storm import COMMITTED, UNKNOWN

T = TypeVar("T")

ADD: Final = "UPDATE ledger SET amount = amount + 1 WHERE id = 1"
IDS: Final = "SELECT id FROM ledger"


class Scene:
    """A database, its rival, and the amount that the first row of the ledger must have."""

    def __init__(self, db: Database, settings: Settings, rival: Rival, seed: int) -> None:
        self.db = db
        self.settings = settings
        self.rival = rival
        self.random = random.Random(seed)
        self.cancelled = self.told = self.reached = 0
        self._amount = rival.amount()
        self._adds = 0
        self._releasing: asyncio.Task[None] | None = None
        self._is_over = False

    async def play(self, place: "Place", way: Way) -> None:
        """Cancel what happens at the place, in this way."""

        async def work() -> None:
            try:
                await place.work(self)
            except asyncio.CancelledError as error:
                self.look(error)
                self._amount = self._after(error)
                self.cancelled += 1
                self.told += COMMITTED in _notes(error)
                raise
            self._amount += place.adds

        self._adds, self._is_over = place.adds, False
        place.hold(self.rival)
        await way(work, lambda: self._moment(place.reached))
        self._is_over = True
        if self._releasing is not None:
            await self._releasing
        self.rival.release()
        assert self.rival.amount() == self._amount

    async def seen(self, work: Awaitable[T]) -> T:
        """Look at the database as soon as this has raised a cancellation."""
        try:
            return await work
        except asyncio.CancelledError as error:
            self.look(error)
            raise

    def look(self, error: asyncio.CancelledError) -> None:
        """Nothing is under way any more, no lock is held, and the row is as the error says."""
        assert UNKNOWN not in _notes(error)
        assert self.rival.under_way() == []
        self.rival.release()
        assert self.rival.amount() == self._after(error)

    def release_when_cancelled(self) -> None:
        """Let the task that calls this wait for the rival until it has been cancelled, and a little longer.

        It may end uncancelled, and go on: from Python 3.12 on, `asyncio.wait_for` has no task of its own.
        """
        task = asyncio.current_task()
        assert task

        async def release() -> None:
            while not (task.cancelling() or task.done() or self._is_over):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.001)
            await asyncio.sleep(self.random.random() * 0.003)
            self.rival.release()

        self._releasing = asyncio.create_task(release())

    def _after(self, error: asyncio.CancelledError) -> int:
        return self._amount + self._adds * (COMMITTED in _notes(error))

    async def _moment(self, reached: Callable[["Scene"], bool] | None) -> None:
        """When the work has reached its place, or after a few turns of the event loop."""
        if reached is not None and self.random.random() < 0.7:
            while not reached(self):  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(0.001)  # asking again at once would keep a writer of SQLite out
            self.reached += 1
            return
        for _ in range(int(2 ** self.random.uniform(0, 8))):
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Place:
    """`reached` is for work that lasts until it is cancelled, `adds` is what it adds to the row if it is committed."""

    name: str
    work: Callable[[Scene], Coroutine[Any, Any, None]]
    hold: Callable[[Rival], None] = lambda rival: None
    reached: Callable[[Scene], bool] | None = None
    adds: int = 0
    repetitions: int = 2  # in the normal suite


async def write(scene: Scene) -> None:
    await run(scene.db, ADD)


async def read(scene: Scene) -> None:
    await run(scene.db, scene.rival.endless_read)


async def statement(scene: Scene) -> None:
    async with scene.db.transaction() as tx:
        await run(tx, ADD)
        await scene.seen(run(tx, scene.rival.endless_read))


async def savepoint(scene: Scene) -> None:
    async with scene.db.transaction() as tx, tx.savepoint():
        await run(tx, ADD)
        await scene.seen(run(tx, scene.rival.endless_read))


async def begin(scene: Scene) -> None:
    async with AsyncExitStack() as stack:
        await scene.seen(stack.enter_async_context(scene.db.transaction()))


async def commit(scene: Scene) -> None:
    async with scene.db.transaction() as tx:
        await run(tx, ADD)
        scene.release_when_cancelled()


async def open_stream(scene: Scene) -> None:
    async with AsyncExitStack() as stack:
        await scene.seen(stack.enter_async_context(scene.db.stream(*sql(scene.db, IDS), chunk=1)))


async def fetch(scene: Scene) -> None:
    async with scene.db.transaction() as tx:
        await run(tx, ADD)
        async with tx.stream(*sql(tx, scene.rival.endless_read)) as chunks:
            await scene.seen(anext(chunks))


async def close_stream(scene: Scene) -> None:
    async with AsyncExitStack() as stack:
        chunks = await stack.enter_async_context(scene.db.stream(*sql(scene.db, IDS), chunk=1))
        await anext(chunks)
        await scene.seen(stack.aclose())


def works(scene: Scene) -> bool:
    return any(pool.used for pool in scene.db.pool_stats().values()) and scene.rival.sees_work()


def stands_in_line(scene: Scene) -> bool:
    return any(pool.waiting for pool in scene.db.pool_stats().values())


async def full_pool(scene: Scene) -> None:
    """Those who hold the connections let go of them at about the same moment."""
    size = next(iter(scene.db.pool_stats().values())).size
    async with AsyncExitStack() as stack:
        for _ in range(size):
            await stack.enter_async_context(held(scene.db.transaction()))
        try:
            await run(scene.db, ADD)
        finally:
            assert not stands_in_line(scene)


async def open_a_database(scene: Scene) -> None:
    db = await scene.seen(open_database(scene.settings, catalog=ACCOUNTS))
    await db.close()


async def close_a_database(scene: Scene) -> None:
    """While one of its statements runs."""
    async with open_database(scene.settings, catalog=ACCOUNTS) as db:
        reading = asyncio.create_task(run(db, scene.rival.endless_read))
        reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        await scene.seen(db.close(timeout=0.002))


PLACES: Final = (
    Place("write", write, hold=lambda rival: rival.hold(), reached=works, adds=1),
    Place("read", read, reached=works),
    Place("statement", statement, reached=works),
    Place("savepoint", savepoint, reached=works),
    Place("begin", begin, hold=lambda rival: rival.hold()),
    Place("commit", commit, hold=lambda rival: rival.hold_commits(), adds=1),
    Place("open a stream", open_stream),
    Place("fetch", fetch, reached=works),
    Place("close a stream", close_stream),
    Place("full pool", full_pool, reached=stands_in_line),
    Place("open", open_a_database, repetitions=1),
    Place("close", close_a_database, repetitions=1),
)


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])
