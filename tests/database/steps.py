"""Cancels a coroutine at one chosen step: each time it gives way to the event loop is a step."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any


class Stepped:
    """Await it inside a task of its own. `cancels` maps a step to how the task is cancelled there."""

    def __init__(self, work: Coroutine[Any, Any, Any], cancels: dict[int, Callable[[Any], None]]) -> None:
        self._work = work
        self._cancels = cancels
        self.steps = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        work = self._work.__await__()
        resume: Callable[[], Any] = lambda: work.send(None)  # noqa: E731
        while True:
            try:
                waiting_for = resume()
            except StopIteration as ended:
                return ended.value
            self.steps += 1
            if cancel := self._cancels.get(self.steps):
                cancel(waiting_for)
            try:
                yield waiting_for
            except BaseException as error:
                resume = lambda error=error: work.throw(error)  # noqa: E731
            else:
                resume = lambda: work.send(None)  # noqa: E731


def while_waiting(waiting_for: Any) -> None:
    """The cancellation comes before what the task waits for."""
    _task().cancel()


def just_after(waiting_for: Any) -> None:
    """What the task waits for has come, and the cancellation comes before the task can look at it."""
    if isinstance(waiting_for, asyncio.Future):
        task = _task()
        waiting_for.add_done_callback(lambda _: task.cancel())
    else:
        _task().cancel()


def _task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task
    return task
