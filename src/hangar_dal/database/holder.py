"""Who opened a block of a database: the task, or the thread that waits for this task. Below `transaction`."""

import asyncio
from typing import Any, Final
from weakref import WeakKeyDictionary

_threads: Final[WeakKeyDictionary[asyncio.Task[Any], object]] = WeakKeyDictionary()


def holder() -> object:
    """Return the running task, or the thread for which it runs. Tasks that it starts are different holders."""
    task = asyncio.current_task()
    return _threads.get(task, task) if task and _threads else task


def run_for(task: asyncio.Task[Any], thread: object) -> None:
    """Let the blocks that a task opens, and its calls, be those of a thread that waits for the task."""
    _threads[task] = thread
