"""Log the statements that take long: their names and durations, never their values."""

import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final

from hangar_dal.database.connection import Connection, Isolation
from hangar_dal.database.statement import Parameters, Result, Statement

_log: Final = logging.getLogger("hangar_dal.slow")


def log_slow(connection: Connection, seconds: float) -> None:
    """Log each query, BEGIN and COMMIT of the connection that takes at least so long, also if it fails; 0 logs none.

    The record has the attributes `query`, `seconds` and `rows`. The time includes the wait for locks and for the rows.
    Streams are not timed. A connection whose statements are not logged is not changed.
    """
    if not seconds:
        return
    run, begin, commit = connection.run, connection.begin, connection.commit

    async def timed_run(statement: Statement, parameters: Parameters) -> Result:
        if not statement.name:  # a part of `begin` or `commit`, or a savepoint
            return await run(statement, parameters)
        result: Result = await _timed(statement.name, seconds, run, statement, parameters)
        return result

    async def timed_begin(isolation: Isolation | None, read_only: bool) -> None:
        await _timed("BEGIN", seconds, begin, isolation, read_only)

    async def timed_commit() -> None:
        await _timed("COMMIT", seconds, commit)

    # Replaces the methods of this one object, so that other connections have no overhead.
    connection.run = timed_run  # type: ignore[method-assign]
    connection.begin = timed_begin  # type: ignore[method-assign]
    connection.commit = timed_commit  # type: ignore[method-assign]


async def _timed(name: str, limit: float, call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    begun, rows, failure = perf_counter(), 0, ""
    try:
        result = await call(*arguments)
        rows = result[1] if result else 0
    except BaseException as error:
        failure = f", then {type(error).__name__}"
        raise
    finally:
        took = perf_counter() - begun
        if took >= limit:
            extra = {"query": name, "seconds": took, "rows": rows}
            _log.warning("slow statement %s: %.3f s, %d rows%s", name, took, rows, failure, extra=extra)
    return result
