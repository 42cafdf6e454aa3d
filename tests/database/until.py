"""Waiting for a state that no event tells."""

import asyncio
from collections.abc import Callable


async def until(is_so: Callable[[], object]) -> None:
    """Let the event loop turn until it is so; a test that waits in vain runs into its own time limit."""
    while not is_so():  # noqa: ASYNC110 - what is waited for happens in a server or a thread
        await asyncio.sleep(0.001)
