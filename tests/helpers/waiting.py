"""Wait for a state, beside background tasks: a task that fails ends the test, which would otherwise wait forever."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")
Task = asyncio.Task[Any]


async def until(is_so: Callable[[], object], *tasks: Task) -> None:
    """Let the event loop turn until it is so. Raises the error of a task that ends before, or says that it ended."""
    while not is_so():
        check_running(*tasks)
        await asyncio.sleep(0.001)


async def until_set(event: asyncio.Event, *tasks: Task) -> None:
    """Wait for an event that one of the tasks sets. Raises as `until` does."""
    waiting = asyncio.create_task(event.wait())
    try:
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if not event.is_set():
            check_running(*tasks)
    finally:
        waiting.cancel()


def check_running(*tasks: Task) -> None:
    """Raise the error of a task that has ended, or an AssertionError that names it."""
    for task in tasks:
        if task.done():
            task.result()
            raise AssertionError(f"{task.get_coro()} ended before what the test waits for")


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, Result]) -> AsyncIterator[asyncio.Task[Result]]:
    """Run a coroutine during the block. If it fails, the block is cancelled, and the error is raised in a group."""
    async with asyncio.TaskGroup() as tasks:
        yield tasks.create_task(work)
