"""Lend the connection of the driver for a block, and take it back clean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hangar_dal.database.connection import Connection
from hangar_dal.database.home import Home
from hangar_dal.database.pool import Pool
from hangar_dal.database.shielding import spawn, wait_through_cancellation


@asynccontextmanager
async def lent(home: Home, pool: Pool, *, read_only: bool) -> AsyncIterator[Any]:
    """Lend the driver's connection. What the block did not commit is rolled back.

    The connection is closed afterwards, because nobody can know what else was changed on it: its session, its
    adapters, its row factory. The pool opens another one when it needs it.
    """
    home.check()
    connection = pool.take() or await pool.acquire()
    try:
        yield await connection.lend(read_only=read_only)
    except BaseException as error:
        if home.is_forked:
            raise
        cancelled = await wait_through_cancellation(spawn(_taken_back(pool, connection)))
        if cancelled is not None and isinstance(error, Exception):
            raise cancelled from None
        raise
    cancelled = await wait_through_cancellation(spawn(_taken_back(pool, connection)))
    if cancelled is not None:
        raise cancelled


async def _taken_back(pool: Pool, connection: Connection) -> None:
    if await connection.take_back():
        pool.release(connection)
    else:
        await pool.retire(connection)
