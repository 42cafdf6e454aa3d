"""Pools brought into a state that a test needs."""

import asyncio
from contextlib import AsyncExitStack, suppress

from hangar_dal.database import Database
from hangar_dal.errors import ConnectionFailed
from tests.database.ledger import run


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
