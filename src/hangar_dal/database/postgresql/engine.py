"""Open a PostgreSQL database, with one pool for all purposes."""

import asyncio
import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hangar_dal.database.engine import Engine
from hangar_dal.database.observing import Observer, Where, observe
from hangar_dal.database.pool import Pool
from hangar_dal.database.pool_limits import PoolLimits
from hangar_dal.database.postgresql.backup import NO_BACKUPS
from hangar_dal.database.postgresql.comments import send_comments
from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.hosts import Hosts
from hangar_dal.database.postgresql.lending import LendableConnection
from hangar_dal.database.postgresql.listening import PostgresListeners
from hangar_dal.database.postgresql.local_settings import applier
from hangar_dal.database.postgresql.opening import open_driver
from hangar_dal.database.postgresql.planted import no_schema
from hangar_dal.database.postgresql.reasons import unreachable
from hangar_dal.database.postgresql.server import greet
from hangar_dal.database.statement import Statement
from hangar_dal.errors import raise_alone
from hangar_dal.minimum_versions import POSTGRESQL
from hangar_dal.settings import PostgresTarget, Settings

# How long to wait for an answer after the server's own statement timeout. After that the connection counts as lost.
GRACE_SECONDS: Final = 5.0
_VERSION: Final = Statement("", "SELECT current_setting('server_version')", writes=False)
_NO_TABLE: Final = "42P01"  # undefined_table
_FORK_ADVICE: Final = "open a database in each process after the fork"
_EVERY: Final = "all HANGAR_POOL_SIZE connections"
_BUSY: Final = (
    f"{_EVERY} could not be used for {{seconds:g}} seconds{{where}}; shorten the transactions, pass `tx` to each call "
    "in their blocks, or raise HANGAR_POOL_SIZE or HANGAR_ACQUIRE_TIMEOUT"
)


async def open_engine(
    settings: Settings, target: PostgresTarget, *, observers: Sequence[Observer] = (), minimum: int = POSTGRESQL
) -> Engine:
    """Connect and return the engine. The observers see what its connections do.

    Raises `ConnectionFailed`, or `UnsupportedVersion` if the server's major version is lower than `minimum`.
    """
    options: dict[str, Any] = {
        "autocommit": True,
        "client_encoding": "utf8",
        "connect_timeout": max(1, math.ceil(settings.connect_timeout)),
        "fallback_application_name": "hangar_dal",
    }
    target = PostgresTarget(_with_tcp(settings, target.conninfo), target.where)
    hosts = Hosts(target.conninfo)
    try:
        async with asyncio.timeout(settings.connect_timeout):
            session, first = await greet(settings, target, hosts, options, minimum=minimum)
    except TimeoutError:
        raise_alone(unreachable(target, "timeout"))
    limits = PoolLimits.of(settings, size=settings.pool_size, busy=_BUSY, every=_EVERY)._replace(
        max_age=settings.connection_max_age,
        max_idle=settings.connection_max_idle,
        check_after=settings.connection_check_after,
    )
    connect = partial(open_driver, target, hosts, session, options, seconds=settings.connect_timeout)
    timeout = settings.statement_timeout
    tick_limit = limits.ticks_in(timeout + GRACE_SECONDS) if timeout else 0

    def connection(driver: Driver) -> LendableConnection:
        made = LendableConnection(driver, tick_limit=tick_limit, check_seconds=settings.connect_timeout)
        if settings.query_comments:
            send_comments(made)
        observe(made, "postgresql", Where(driver.info.dbname, driver.info.host, driver.info.port), observers)
        return made

    async def open_one() -> LendableConnection:
        return connection(await connect())

    pool = Pool("connections", open_one, limits)
    pool.add(connection(first))
    missing = no_schema() if session.lacks_schema else None
    return Engine(
        "postgresql",
        pool,
        pool,
        pool,
        NO_BACKUPS,
        PostgresListeners(connect),
        _NO_TABLE,
        _FORK_ADVICE,
        applier,
        _VERSION,
        missing,
    )


def _with_tcp(settings: Settings, conninfo: str) -> str:
    """Add the TCP timeouts of the settings to the conninfo. Values in the URL take precedence.

    They decide when the kernel closes a connection whose server no longer answers.
    """
    wanted: dict[str, Any] = {}
    if settings.tcp_keepalive:
        wanted |= {"keepalives_idle": settings.tcp_keepalive, "keepalives_interval": 5, "keepalives_count": 3}
    if settings.tcp_user_timeout:
        wanted["tcp_user_timeout"] = settings.tcp_user_timeout * 1000
    given: dict[str, Any] = conninfo_to_dict(conninfo)
    return make_conninfo(**{**wanted, **given})
