"""Run work to its end even if the caller is cancelled: COMMIT, rollback, and releasing a connection.

Below everything else in this package.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# The event loop keeps only weak references. Without this set, a running task could be garbage collected.
_spawned: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start a task that continues if the caller is cancelled."""
    task = asyncio.get_running_loop().create_task(work)
    _spawned.add(task)
    task.add_done_callback(_spawned.discard)
    return task


async def wait_through_cancellation(task: asyncio.Task[Any]) -> asyncio.CancelledError | None:
    """Wait until the task has ended. If the caller is cancelled meanwhile, return its CancelledError."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as caught:
            cancelled = caught
    return cancelled


async def run_to_completion(work: Coroutine[Any, Any, T]) -> T:
    """Run work to its end and return its result. If the caller is cancelled, raise CancelledError after the end."""
    task = spawn(work)
    cancelled = await wait_through_cancellation(task)
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # retrieve it, so that asyncio does not report it
    raise cancelled
