"""Pools brought into a state that a test needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import TypeVar

from hangar_dal.database import Database
from hangar_dal.errors import ConnectionFailed
from tests.database.ledger import run

T = TypeVar("T")


@asynccontextmanager
async def held(block: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Let another task open a block, so that calls of this task wait for its connection and are not refused."""
    async with AsyncExitStack() as stack:
        yield await asyncio.create_task(stack.enter_async_context(block))


async def fill(db: Database, count: int) -> None:
    """Return when `count` connections are open and free.

    The tests have a short connect timeout. On a busy machine an opening may take longer, so it is tried again.
    """
    async with asyncio.timeout(60):
        while True:
            with suppress(ConnectionFailed):
                async with AsyncExitStack() as stack:
                    transactions = [await stack.enter_async_context(db.transaction()) for _ in range(count)]
                    await asyncio.gather(*(run(tx, "SELECT 1") for tx in transactions))
                return
