"""A background task that fails ends the test that waits for it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.helpers.waiting import beside, until, until_set


async def fail() -> None:
    await asyncio.sleep(0)
    raise ZeroDivisionError


async def end() -> None:
    await asyncio.sleep(0)


async def never_set(task: asyncio.Task[None]) -> None:
    await until_set(asyncio.Event(), task)


async def never_so(task: asyncio.Task[None]) -> None:
    await until(lambda: False, task)


@pytest.mark.parametrize("wait", [never_set, never_so])
async def test_a_task_that_fails_ends_the_wait_with_its_error(wait: Callable[..., Awaitable[None]]) -> None:
    with pytest.raises(ZeroDivisionError):
        await wait(asyncio.create_task(fail()))


@pytest.mark.parametrize("wait", [never_set, never_so])
async def test_a_task_that_ends_too_early_ends_the_wait(wait: Callable[..., Awaitable[None]]) -> None:
    with pytest.raises(AssertionError, match="ended before"):
        await wait(asyncio.create_task(end()))


async def test_a_task_may_end_with_the_event_that_it_sets() -> None:
    event = asyncio.Event()

    async def work() -> None:
        event.set()

    task = asyncio.create_task(work())
    await until_set(event, task)
    await until(event.is_set, task)


async def test_work_that_fails_ends_the_block_beside_it() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with beside(fail()):
            await asyncio.Event().wait()
    assert caught.group_contains(ZeroDivisionError)


async def test_work_that_succeeds_leaves_its_result() -> None:
    async with beside(asyncio.sleep(0, "done")) as working:
        assert await working == "done"
