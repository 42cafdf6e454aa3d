"""Opens PostgreSQL: psycopg_pool makes and keeps the connections, our `Shelf` hands them out.

The pool's own waiting line is never used by a caller: a task that nobody cancels fetches each connection, once, and
from then on it lives on the shelf. Stands above `connection` and `server`.
"""

import asyncio
import math
from typing import Any, Final

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from hangar_dal.database.engine import Engine
from hangar_dal.database.owned import own, settled
from hangar_dal.database.postgresql.codec import adapt
from hangar_dal.database.postgresql.connection import PostgresConnection
from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.server import MINIMUM, greet, unreachable
from hangar_dal.database.shelf import Shelf
from hangar_dal.errors import raise_alone
from hangar_dal.settings import PostgresTarget, Settings

# How much longer than the server's own timeout its answer may take, before the network counts as frozen.
GRACE_SECONDS: Final = 5.0


async def open_engine(settings: Settings, target: PostgresTarget, *, minimum: int = MINIMUM) -> Engine:
    """Raises `ConnectionFailed`, or `UnsupportedVersion` for a server older than `minimum`."""
    options: dict[str, Any] = {
        "autocommit": True,
        "client_encoding": "utf8",
        "connect_timeout": max(1, math.ceil(settings.connect_timeout)),
    }
    session = await greet(settings, target, options, minimum=minimum)
    timeout = settings.statement_timeout
    tick = min(1.0, timeout / 4) if timeout else 1.0
    age_limit = math.ceil((timeout + GRACE_SECONDS) / tick) if timeout else 0

    async def configure(driver: Driver) -> None:
        adapt(driver)
        await session.begin(driver)

    pool = AsyncConnectionPool(
        target.conninfo,
        connection_class=Driver,
        kwargs=options,
        configure=configure,
        check=AsyncConnectionPool.check_connection,  # one that came back because its like were lost
        min_size=0,
        max_size=settings.pool_size,
        open=False,
        timeout=settings.connect_timeout,
        reconnect_timeout=settings.connect_timeout,
        name="hangar_dal",
    )

    async def open_one() -> PostgresConnection:
        try:
            driver = await pool.getconn()
        except (PoolTimeout, psycopg.Error) as error:
            raise_alone(unreachable(target, str(error)))
        return PostgresConnection(driver, put_back=pool.putconn, age_limit=age_limit)

    await pool.open()
    keeper = own(_closed_with_the_loop(pool))

    async def close() -> None:
        keeper.cancel()
        await settled(keeper)

    shelf = Shelf(
        open_one,
        maximum=settings.pool_size,
        timeout=settings.acquire_timeout,
        tick=tick,
        busy="all HANGAR_POOL_SIZE connections were busy for {seconds:g} seconds;"
        " shorten the transactions, or raise HANGAR_POOL_SIZE or HANGAR_ACQUIRE_TIMEOUT",
    )
    return Engine("postgresql", shelf, shelf, shelf, close)


async def _closed_with_the_loop(pool: AsyncConnectionPool[Driver]) -> None:
    """Close the pool when cancelled: by `close`, or by `asyncio.run` at its end if nobody has called that.

    `asyncio.run` waits for every task that it cancels, and a worker of the pool that is just connecting swallows its
    cancellation: it must be told to stop, or the process would hang.
    """
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await pool.close()
