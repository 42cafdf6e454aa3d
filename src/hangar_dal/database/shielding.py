"""Work that ends whatever its caller does: for COMMIT, rollback and giving a connection back.

Below everything else in this package.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# The event loop keeps weak references only: a task that nobody holds may vanish half-way.
_spawned: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start a task that no cancelled caller takes down with it."""
    task = asyncio.get_running_loop().create_task(work)
    _spawned.add(task)
    task.add_done_callback(_spawned.discard)
    return task


async def wait_through_cancellation(task: asyncio.Task[Any]) -> asyncio.CancelledError | None:
    """Wait until the task has ended; the cancellation that came meanwhile, if any, is the caller's to raise."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as caught:
            cancelled = caught
    return cancelled


async def run_to_completion(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that runs to its end; a cancellation that came meanwhile is raised after it."""
    task = spawn(work)
    cancelled = await wait_through_cancellation(task)
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, so that asyncio does not report it as lost
    raise cancelled
