"""The health of an open database, for probes and dashboards."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from hangar_dal.database.pool_limits import PoolStats
from hangar_dal.database.statement import Parameters, Result, Statement
from hangar_dal.errors import (
    ConnectionFailed,
    DatabaseError,
    ForkedDatabase,
    TransactionError,
    WrongEventLoop,
    raise_alone,
)
from hangar_dal.sqlscan import Dialect


class Health(NamedTuple):
    """The answer of `db.health()`.

    `latency` is how many seconds the answer took, with the wait for a connection. `server_version` is the version of
    PostgreSQL or of the SQLite library. Both are None if the database is not reachable; `error` says why then.
    `pools` has the statistics of `db.pool_stats()`.
    """

    dialect: Dialect
    is_reachable: bool
    latency: float | None
    server_version: str | None
    error: DatabaseError | None
    pools: Mapping[str, PoolStats]


class Probed(Protocol):
    """The part of a `Database` that is asked."""

    @property
    def dialect(self) -> Dialect: ...
    async def run(self, statement: Statement, parameters: Parameters) -> Result: ...
    def pool_stats(self) -> dict[str, PoolStats]: ...


async def answer_of(database: Probed, version: Statement, timeout: float) -> str:
    """Run the statement that reads the version of the database, and return the version.

    Raises `ConnectionFailed` if there is no answer within `timeout` seconds.
    """
    try:
        async with asyncio.timeout(timeout):
            rows, _ = await database.run(version, ())
    except TimeoutError:
        raise_alone(
            ConnectionFailed(
                f"no answer within {timeout:g} seconds: the database does not answer, or all connections are in use"
            )
        )
    return str(rows[0][0])


async def health_of(database: Probed, statement: Statement, timeout: float) -> Health:
    """Report an unreachable, busy or closed database. Raises errors about the call itself."""
    now = asyncio.get_running_loop().time
    began, version, failure = now(), None, None
    try:
        version = await answer_of(database, statement, timeout)
    except (ForkedDatabase, WrongEventLoop, TransactionError):
        raise
    except DatabaseError as error:
        failure = error.with_traceback(None)
    latency = now() - began if version is not None else None
    return Health(database.dialect, version is not None, latency, version, failure, database.pool_stats())
