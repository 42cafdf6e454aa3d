"""Open the first connection to a server: check its version, and set up the session.

An unreachable server is reported at once. For later connections, `opening` tries again.
"""

from typing import Any

import psycopg

from hangar_dal.database.postgresql.codec import adapt
from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.hosts import Hosts
from hangar_dal.database.postgresql.reasons import unreachable
from hangar_dal.database.postgresql.session import Session, session_for
from hangar_dal.errors import UnsupportedVersion, raise_alone
from hangar_dal.minimum_versions import POSTGRESQL
from hangar_dal.settings import PostgresTarget, Settings


async def greet(
    settings: Settings,
    target: PostgresTarget,
    hosts: Hosts,
    options: dict[str, Any],
    *,
    minimum: int = POSTGRESQL,
) -> tuple[Session, Driver]:
    """Connect and check the version. Return the settings for all sessions, and the first connection.

    Raises `ConnectionFailed`, `SettingsError`, or `UnsupportedVersion` if the major version is lower than `minimum`.
    """
    try:
        driver = await hosts.connect(**options)
    except psycopg.Error as error:
        raise_alone(unreachable(target, str(error)))
    try:
        version = driver.info.server_version // 10_000
        if version < minimum:
            raise UnsupportedVersion(
                f"PostgreSQL {version} at {target.where} is too old: {minimum} or newer is needed; upgrade the server"
            )
        session = await session_for(driver, settings, target)
        adapt(driver)
        await session.begin(driver)
    except BaseException as error:
        await driver.close()
        if isinstance(error, psycopg.Error):
            raise_alone(unreachable(target, str(error)))
        raise
    return session, driver
