"""Lend the connection of the driver for a block, and take it back clean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hangar_dal.database.connection import Connection
from hangar_dal.database.holder import holder
from hangar_dal.database.home import Home
from hangar_dal.database.pool import Pool
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.database.transaction import Place
from hangar_dal.errors import DatabaseError


@asynccontextmanager
async def lent(home: Home, pool: Pool, place: Place, *, read_only: bool) -> AsyncIterator[Any]:
    """Lend the driver's connection. What the block did not commit is rolled back.

    The connection is closed afterwards, because nobody can know what else was changed on it: its session, its
    adapters, its row factory. The pool opens another one when it needs it.
    """
    home.check()
    connection = pool.take() or await pool.acquire()
    connection.borrower = _Loan(place)
    try:
        yield await connection.lend(read_only=read_only)
        home.check()
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


class _Loan:
    """The block that has the connection, for the messages of the pool."""

    savepoint_name = None

    def __init__(self, place: Place) -> None:
        code, line = place
        self.place = f"{code.co_filename}:{line}"
        self.holder = holder()

    def expire(self, error: DatabaseError) -> None:
        """Do nothing: the driver raises its own error when the connection is closed."""


async def _taken_back(pool: Pool, connection: Connection) -> None:
    connection.borrower = None
    if await connection.take_back():
        pool.release(connection)
    else:
        await pool.retire(connection)
