"""The ways in which work is cancelled: by whom, and how often. Each starts the work and cancels it at a moment."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import anyio

Work = Callable[[], Coroutine[Any, Any, None]]
Moment = Callable[[], Awaitable[None]]
Way = Callable[[Work, Moment], Awaitable[None]]


class SiblingFailed(Exception):
    """What cancels the others in a task group."""


async def once(work: Work, moment: Moment) -> None:
    task = asyncio.create_task(work())
    await moment()
    task.cancel()
    await _ended(task)


async def twice(work: Work, moment: Moment) -> None:
    """The second time while the first is being dealt with."""
    task = asyncio.create_task(work())
    await moment()
    task.cancel()
    await asyncio.sleep(0.001)
    task.cancel()
    await _ended(task)


async def again_and_again(work: Work, moment: Moment) -> None:
    """In each turn of the event loop, until the work has ended."""
    task = asyncio.create_task(work())
    await moment()
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)
    await _ended(task)


async def cancel_scope(work: Work, moment: Moment) -> None:
    """anyio cancels again in each turn of the event loop."""
    scope = anyio.CancelScope()
    task = asyncio.create_task(_within(scope, work))
    await moment()
    scope.cancel()
    await task


async def move_on_after(work: Work, moment: Moment) -> None:
    scope = anyio.move_on_after(math.inf)
    task = asyncio.create_task(_within(scope, work))
    await moment()
    scope.deadline = anyio.current_time()
    await task


async def failed_sibling(work: Work, moment: Moment) -> None:
    async def fail() -> None:
        await moment()
        raise SiblingFailed

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work())
            group.create_task(fail())
    except* SiblingFailed:
        pass


async def timeout(work: Work, moment: Moment) -> None:
    limit = asyncio.timeout(None)

    async def limited() -> None:
        with suppress(TimeoutError):
            async with limit:
                await work()

    task = asyncio.create_task(limited())
    await asyncio.sleep(0)  # it has begun
    await moment()
    if not task.done():
        limit.reschedule(asyncio.get_running_loop().time())
    await task


async def wait_for(work: Work, moment: Moment) -> None:
    """Its time must be chosen before: the moment may be another one."""
    with suppress(TimeoutError):
        await asyncio.wait_for(work(), timeout=0.01)


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def _within(scope: anyio.CancelScope, work: Work) -> None:
    with scope:
        await work()


WAYS: Final = (once, twice, again_and_again, cancel_scope, move_on_after, failed_sibling, timeout, wait_for)
