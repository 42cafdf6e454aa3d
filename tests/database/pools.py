"""Pools brought into a state that a test needs."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from database.ledger import run
from hangar_dal.database import Database


async def fill(db: Database, count: int) -> None:
    """Return when `count` connections are open and free."""
    async with AsyncExitStack() as stack:
        transactions = [await stack.enter_async_context(db.transaction()) for _ in range(count)]
        await asyncio.gather(*(run(tx, "SELECT 1") for tx in transactions))


async def until(state: Callable[[], bool]) -> None:
    while not state():  # noqa: ASYNC110 - the package announces no such state
        await asyncio.sleep(0.01)
