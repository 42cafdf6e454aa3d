"""Open one connection within a time limit. Try again after an error that may be temporary."""

import asyncio
import random
from typing import Any, Final

import psycopg

from hangar_dal.database.postgresql.codec import adapt
from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.hosts import Hosts
from hangar_dal.database.postgresql.reasons import may_pass, unreachable
from hangar_dal.database.postgresql.session import Session
from hangar_dal.errors import ConnectionFailed, raise_alone
from hangar_dal.settings import PostgresTarget

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 1.0


async def open_driver(
    target: PostgresTarget, hosts: Hosts, session: Session, options: dict[str, Any], *, seconds: float
) -> Driver:
    """Open a connection and set it up. Raises `ConnectionFailed` with the reason, after `seconds` at the latest."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout_at(end):
                return await _opened(hosts, session, options)
        except TimeoutError:
            raise_alone(unreachable(target, "timeout"))
        except ConnectionFailed:  # no primary was found; a standby may be about to be promoted
            if loop.time() + pause >= end:
                raise
        except psycopg.Error as error:
            if not may_pass(str(error)) or loop.time() + pause >= end:
                raise_alone(unreachable(target, str(error)))
        await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - a pause is no secret
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _opened(hosts: Hosts, session: Session, options: dict[str, Any]) -> Driver:
    driver = await hosts.connect(**options)
    try:
        adapt(driver)
        await session.begin(driver)
    except BaseException:
        await driver.close()
        raise
    return driver
