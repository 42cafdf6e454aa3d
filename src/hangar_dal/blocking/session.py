"""A thread with an event loop and an open database. Other threads hand it coroutines, and wait for the results.

The thread is not anyio's portal: its context manager waits for ever when a forked child collects it, because the thread
does not exist there.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import copy_context
from threading import Lock, Thread, current_thread
from typing import Any, Final, Generic, TypeVar

from hangar_dal.database import Database
from hangar_dal.database.holder import holder, run_for
from hangar_dal.database.opening import Opening
from hangar_dal.errors import DatabaseClosed, ForkedDatabase, WrongEventLoop

T = TypeVar("T")

_ROWS_AT_ONCE: Final = 1000  # rows of a stream that the calling thread gets at once


class LeftBlock(Exception):
    """Stands in the event loop for a KeyboardInterrupt and the like, which would end the loop."""


class Session:
    """An open database, and the thread whose event loop it belongs to. Both stay in the process that made them."""

    def __init__(self, opening: Callable[[], Opening]) -> None:
        self._process = os.getpid()
        self._gate = Lock()
        self._is_ended = False
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._serve, name="hangar_dal.blocking", daemon=True)
        self._thread.start()
        try:
            self.database: Database = self.run(_opened(opening))
        except BaseException:
            self._end()
            raise

    @property
    def is_forked(self) -> bool:
        return self._process != os.getpid()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the thread, and return its result or raise its error.

        If the calling thread is interrupted, the coroutine is cancelled, and its end is waited for.
        """
        done, cancel = self.start(work)
        try:
            return done.result()
        except BaseException:
            if not done.done():
                cancel()
                done.exception()
            raise

    def start(self, work: Coroutine[Any, Any, T]) -> tuple[Future[T], Callable[[], object]]:
        """Start a coroutine in the thread. Return its future result, and a function that cancels it."""
        done: Future[T] = Future()
        context, tasks, thread = copy_context(), list[asyncio.Task[T]](), current_thread()

        def begin() -> None:
            tasks.append(self._loop.create_task(work, context=context))
            run_for(tasks[0], thread)
            tasks[0].add_done_callback(lambda task: _pass_on(task, done))

        def cancel() -> None:
            tasks[0].cancel()

        with self._gate:
            if reason := self._refusal():
                work.close()
                raise reason
            self._loop.call_soon_threadsafe(begin)
        return done, lambda: self._loop.call_soon_threadsafe(cancel)

    @contextmanager
    def entered(self, block: AbstractAsyncContextManager[T]) -> Generator[T]:
        """Enter an asynchronous block, and leave it at the end of this one."""
        held = self.run(_held(block))
        try:
            yield held.value
        except BaseException as error:
            passed = stand_in(error)
            try:
                self.run(held.left(passed))
            except BaseException as last:
                if last is not passed:
                    raise
            raise
        self.run(held.left(None))

    def rows(self, rows: AsyncIterator[T]) -> Iterator[T]:
        """Yield the rows. They come from the thread in lists."""
        while found := self.run(_some(rows)):
            yield from found

    def close(self, timeout: float | None) -> None:
        """Close the database and end the thread. Does nothing in a forked child."""
        if not self.is_forked:
            self.run(self.database.close(timeout))
            self._end()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(_end_all())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _end(self) -> None:
        with self._gate:
            self._is_ended = True
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _refusal(self) -> Exception | None:
        if self.is_forked:
            return ForkedDatabase(
                f"the block was opened in process {self._process} and is used in its child {os.getpid()}. End it "
                "before the fork, or open a new one in the child."
            )
        if current_thread() is self._thread:
            return WrongEventLoop("a function that runs in the thread of the database calls it. Await the query there.")
        return DatabaseClosed("the database is closed") if self._is_ended else None


class _Held(Generic[T]):
    """A block that a task has entered. The same task leaves it."""

    def __init__(self, block: AbstractAsyncContextManager[T]) -> None:
        loop = asyncio.get_running_loop()
        self.entered: asyncio.Future[T] = loop.create_future()
        self._leave: asyncio.Future[None] = loop.create_future()
        self.task = asyncio.create_task(self._hold(block))
        run_for(self.task, holder())

    @property
    def value(self) -> T:
        """The value of the block, which must have been entered."""
        return self.entered.result()

    async def _hold(self, block: AbstractAsyncContextManager[T]) -> None:
        async with block as value:
            self.entered.set_result(value)
            await self._leave

    async def left(self, error: Exception | None) -> None:
        """Leave the block, with this error if there is one, and raise the error that comes out of it."""
        if not self._leave.done():
            self._leave.set_exception(error) if error else self._leave.set_result(None)
        await self.task


async def _held(block: AbstractAsyncContextManager[T]) -> _Held[T]:
    """Enter a block. If the caller is cancelled, the block is left again."""
    held = _Held(block)
    try:
        futures: list[asyncio.Future[Any]] = [held.task, held.entered]
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        held.task.cancel()
        await asyncio.wait([held.task])
        raise
    if not held.entered.done():
        await held.task  # raises the error of entering
    return held


async def _end_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _opened(opening: Callable[[], Opening]) -> Database:
    return await opening()


async def _some(rows: AsyncIterator[T]) -> list[T]:
    found: list[T] = []
    async for row in rows:
        found.append(row)
        if len(found) == _ROWS_AT_ONCE:
            break
    return found


def stand_in(error: BaseException) -> Exception:
    """Return the error to raise in the event loop in place of this one."""
    return error if isinstance(error, Exception) and not isinstance(error, StopIteration) else LeftBlock()


def _pass_on(task: asyncio.Task[T], done: Future[T]) -> None:
    """Give the outcome of a task to the thread that waits for it."""
    if task.cancelled():
        done.set_exception(DatabaseClosed("the database was closed while the call ran"))
    elif (error := task.exception()) is not None:
        done.set_exception(error)
    else:
        done.set_result(task.result())
