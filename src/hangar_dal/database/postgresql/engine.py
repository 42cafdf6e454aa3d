"""Opens PostgreSQL: reaches the server, checks its version, has psycopg_pool make and keep the connections.

The pool's own waiting line is never used by callers: one of our tasks fetches each connection, once, and nobody
cancels it; from then on the connection lives on our `Shelf`. Stands above `connection`.
"""

import math
from collections.abc import Awaitable
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic_core import from_json

from hangar_dal.database.engine import Engine
from hangar_dal.database.postgresql.connection import PostgresConnection
from hangar_dal.database.shelf import Shelf
from hangar_dal.database.statement import Row
from hangar_dal.errors import ConnectionFailed, UnsupportedVersion
from hangar_dal.settings import PostgresTarget, Settings

MINIMUM: Final = 14
# How much longer than the server's own timeout we wait for its answer, before the network counts as frozen.
_GRACE: Final = 5.0
_MILLISECONDS: Final = 1000

# libpq's words for why it could not connect, and what to do. Nothing else of its message is passed on.
_REASONS: Final = (
    ("password authentication failed", "the user or the password is wrong"),
    ("no password supplied", "the server asks for a password"),
    ("no pg_hba.conf entry", "the server does not let this user in from here (pg_hba.conf)"),
    ("Peer authentication failed", "the server wants the operating system's user of that name"),
    ("role", "the user does not exist"),
    ("does not exist", "the database does not exist"),
    ("Connection refused", "nothing listens there"),
    ("No such file or directory", "no server's socket is there"),
    ("could not translate host name", "the host is unknown"),
    ("resolve", "the host is unknown"),
    ("certificate", "the server's certificate was not accepted"),
    ("SSL", "TLS could not be agreed on"),
    ("too many", "the server has too many connections already"),
    ("timeout", "no answer in time; see HANGAR_CONNECT_TIMEOUT"),
    ("starting up", "the server is starting up"),
    ("shutting down", "the server is shutting down"),
)


async def open_engine(settings: Settings, target: PostgresTarget, *, minimum: int = MINIMUM) -> Engine:
    """The first connection is made without the pool, which would hide why it fails and try again."""
    options: dict[str, Any] = {
        "autocommit": True,
        "client_encoding": "utf8",
        "connect_timeout": max(1, math.ceil(settings.connect_timeout)),
    }
    await _check_server(target, options, minimum)
    session = _session(settings)
    pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
        target.conninfo,
        kwargs=options,
        configure=_Configure(session),
        min_size=0,
        max_size=settings.pool_size,
        open=False,
        timeout=settings.connect_timeout,
        reconnect_timeout=settings.connect_timeout,
        name="hangar_dal",
    )
    timeout = settings.statement_timeout
    tick = min(1.0, timeout / 4) if timeout else 1.0

    async def open_one() -> PostgresConnection:
        try:
            driver = await pool.getconn()
        except (PoolTimeout, psycopg.Error):
            raise ConnectionFailed(f"PostgreSQL at {target.where} cannot be reached") from None
        age_limit = math.ceil((timeout + _GRACE) / tick) if timeout else 0
        return _Pooled(driver, reset=_RESET + session, age_limit=age_limit, pool=pool)

    await pool.open()
    shelf = Shelf(
        open_one,
        maximum=settings.pool_size,
        timeout=settings.acquire_timeout,
        tick=tick,
        busy="all HANGAR_POOL_SIZE connections were busy for {seconds:g} seconds;"
        " shorten the transactions, or raise HANGAR_POOL_SIZE or HANGAR_ACQUIRE_TIMEOUT",
    )
    return Engine("postgresql", shelf, shelf, shelf, pool.close)


class _Pooled(PostgresConnection):
    """A connection that goes back to psycopg's pool, which makes a new one for one that was lost."""

    def __init__(
        self,
        driver: AsyncConnection[Row],
        *,
        reset: str,
        age_limit: int,
        pool: AsyncConnectionPool[AsyncConnection[Row]],
    ) -> None:
        super().__init__(driver, reset=reset, age_limit=age_limit)
        self._pool = pool

    async def close(self) -> None:
        await self._pool.putconn(self.driver)


async def _check_server(target: PostgresTarget, options: dict[str, Any], minimum: int) -> None:
    try:
        connection = await AsyncConnection.connect(target.conninfo, **options)
    except psycopg.Error as error:
        said = str(error)
        reason = next((reason for words, reason in _REASONS if words in said), "the connection failed")
        raise ConnectionFailed(f"PostgreSQL at {target.where} cannot be reached: {reason}") from None
    version = connection.info.server_version
    await connection.close()
    if version < minimum * 10_000:
        raise UnsupportedVersion(
            f"PostgreSQL {version // 10_000} at {target.where} is too old: {minimum} or newer is needed"
        )


_RESET: Final = "RESET SESSION AUTHORIZATION; RESET ALL; SELECT pg_advisory_unlock_all(); "


def _session(settings: Settings) -> str:
    """Set by statement: PgBouncer refuses them in the connection string."""
    lock = round(settings.lock_timeout * _MILLISECONDS)
    idle = round(settings.idle_in_transaction_timeout * _MILLISECONDS)
    statement = round(settings.statement_timeout * _MILLISECONDS)
    return (
        f"SET TimeZone = 'UTC'; SET statement_timeout = {statement}; SET lock_timeout = {lock};"
        f" SET idle_in_transaction_session_timeout = {idle}; SET client_connection_check_interval = 1000"
    )


class _Configure:
    """What psycopg_pool does to each new connection. Nothing is registered for the whole process."""

    def __init__(self, session: str) -> None:
        self._session = session

    def __call__(self, connection: AsyncConnection[Row]) -> Awaitable[None]:
        return self._configure(connection)

    async def _configure(self, connection: AsyncConnection[Row]) -> None:
        set_json_loads(from_json, connection)
        await connection.execute(self._session.encode())
