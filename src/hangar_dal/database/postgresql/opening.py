"""Opens one connection: within a time limit, again after a failure that may pass, on the server that is ahead.

Above `server` and `hosts`, below `engine`.
"""

import asyncio
import random
from typing import Any, Final

import psycopg

from hangar_dal.database.postgresql.codec import adapt
from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.hosts import Hosts
from hangar_dal.database.postgresql.server import may_pass, unreachable
from hangar_dal.database.postgresql.session import Session
from hangar_dal.errors import ConnectionFailed, raise_alone
from hangar_dal.settings import PostgresTarget

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 1.0


async def open_driver(
    target: PostgresTarget, hosts: Hosts, session: Session, options: dict[str, Any], *, seconds: float
) -> Driver:
    """A connection, set up. After `seconds` for each host of the URL, `ConnectionFailed` says why there is none."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds * len(hosts)
    pause = _FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout_at(end):
                return await _opened(target, hosts, session, options)
        except TimeoutError:
            raise_alone(unreachable(target, "timeout"))
        except psycopg.Error as error:
            if not may_pass(str(error)) or loop.time() + pause >= end:
                raise_alone(unreachable(target, str(error)))
        await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - a pause is no secret
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _opened(target: PostgresTarget, hosts: Hosts, session: Session, options: dict[str, Any]) -> Driver:
    """On the first host that lets us in and that no other one has overtaken."""
    failure: Exception = ConnectionFailed(
        f"PostgreSQL at {target.where}: only a server is left that another one has overtaken. After a failover the old "
        "primary must not be written to: stop it, or make it a standby of the new one."
    )
    for conninfo in hosts.in_order():
        try:
            driver = await Driver.connect(conninfo, **options)
        except psycopg.Error as error:
            failure = error
            continue
        try:
            adapt(driver)
            await session.begin(driver)
            if await hosts.accepts(driver, conninfo):
                return driver
        except BaseException:
            await driver.close()
            raise
        await driver.close()
    raise failure
