"""Tell observers what each connection has done: the log of slow statements, a function of the application, and spans.

A connection without observers is not changed, so calls have no overhead.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutinefunction
from time import perf_counter, time_ns
from typing import Any, Final, NamedTuple

from hangar_dal.database.batch import Call, batch_name
from hangar_dal.database.connection import Connection, Isolation
from hangar_dal.database.slow import log_slow
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.settings import Settings
from hangar_dal.sqlscan import Dialect

_log: Final = logging.getLogger("hangar_dal")


@dataclass(frozen=True, slots=True)
class StatementEvent:
    """A statement that has ended. It holds no value.

    `query` is the name of the query, BEGIN or COMMIT, or BATCH with the names of the queries that were sent together.
    `seconds` includes the wait for locks and for the rows, but not the wait for a connection. `rows` is the number of
    rows returned or affected. A stream has one event when it is opened, and one for each list of rows. `error` is the
    class of the error; None if there was none.
    """

    query: str
    dialect: Dialect
    seconds: float
    rows: int
    error: type[BaseException] | None


class Where(NamedTuple):
    """The database of a connection, for spans. `host` is a folder if the connection uses a Unix socket."""

    database: str
    host: str | None = None
    port: int | None = None


class Ended(NamedTuple):
    """An event, and what spans need besides. `text` is None for BEGIN and COMMIT. `began` is in nanoseconds."""

    event: StatementEvent
    text: str | None
    began: int
    sqlstate: str | None
    where: Where


Observer = Callable[[Ended], object]
OnStatement = Callable[[StatementEvent], object]


def observers_of(settings: Settings, on_statement: OnStatement | None) -> Sequence[Observer]:
    """Return the observers that the settings and the application ask for.

    Raises `NotInstalled` if spans are asked for and OpenTelemetry is not installed.
    """
    observers = list[Observer]()
    if settings.slow_statement:
        observers.append(log_slow(settings.slow_statement))
    if on_statement is not None:
        observers.append(_calling(on_statement))
    if settings.opentelemetry:
        from hangar_dal.database.spans import make_spans  # noqa: PLC0415 - an extra

        observers.append(make_spans())
    return observers


def check_on_statement(given: Any) -> None:
    """Raise `TypeError` unless it is a plain function or None."""
    if given is not None and (not callable(given) or iscoroutinefunction(given)):
        what = "a coroutine function" if callable(given) else type(given).__name__
        raise TypeError(f"open_database takes a function for on_statement, not {what}; write `def`, and do not await")


def _calling(on_statement: OnStatement) -> Observer:
    def call(ended: Ended) -> None:
        try:
            on_statement(ended.event)
        except Exception:  # the statement has ended, and its result must not be lost
            _log.exception("on_statement raised an error for %s", ended.event.query)

    return call


def observe(connection: Connection, dialect: Dialect, where: Where, observers: Sequence[Observer]) -> None:
    """Call the observers for each statement with a name, BEGIN and COMMIT of the connection, also if it fails."""
    if not observers:
        return
    run, begin, commit, copy_in = connection.run, connection.begin, connection.commit, connection.copy_in
    run_batch = connection.run_batch
    open_cursor, fetch = connection.open_cursor, connection.fetch
    streams: dict[int, Statement] = {}  # by the identity of their cursors, until the next transaction

    async def timed(
        query: str, text: str | None, count: Callable[[Any], int], call: Callable[..., Awaitable[Any]], *arguments: Any
    ) -> Any:
        began, wall = perf_counter(), time_ns()
        rows, failure, sqlstate = 0, None, None
        try:
            result = await call(*arguments)
            rows = count(result)
        except BaseException as error:
            failure, sqlstate = type(error), getattr(error, "sqlstate", None)
            raise
        finally:
            event = StatementEvent(query, dialect, perf_counter() - began, rows, failure)
            ended = Ended(event, text, wall, sqlstate, where)
            for observer in observers:
                observer(ended)
        return result

    async def observed_run(statement: Statement, parameters: Parameters) -> Result:
        if not statement.name:  # a part of `begin` or `commit`, or a savepoint
            return await run(statement, parameters)
        result: Result = await timed(statement.name, statement.text, _affected, run, statement, parameters)
        return result

    async def observed_run_batch(calls: Sequence[Call], *, begin: bool, commit: bool) -> list[Result]:
        text = "; ".join(call.statement.text for call in calls)
        run = partial(run_batch, begin=begin, commit=commit)
        results: list[Result] = await timed(batch_name(calls), text, _affected_by_all, run, calls)
        return results

    async def observed_copy_in(statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        await timed(statement.name, statement.text, lambda _: len(rows), copy_in, statement, rows)

    async def observed_open_cursor(statement: Statement, parameters: Parameters) -> Any:
        cursor = await timed(statement.name, statement.text, _none, open_cursor, statement, parameters)
        streams[id(cursor)] = statement
        return cursor

    async def observed_fetch(cursor: Any, size: int) -> list[Row]:
        statement = streams[id(cursor)]
        rows: list[Row] = await timed(statement.name, statement.text, len, fetch, cursor, size)
        return rows

    async def observed_begin(isolation: Isolation | None, read_only: bool) -> None:
        streams.clear()
        await timed("BEGIN", None, _none, begin, isolation, read_only)

    async def observed_commit() -> None:
        await timed("COMMIT", None, _none, commit)

    # Replaces the methods of this one object, so that other connections have no overhead.
    connection.run = observed_run  # type: ignore[method-assign]
    connection.run_batch = observed_run_batch  # type: ignore[method-assign]
    connection.copy_in = observed_copy_in  # type: ignore[method-assign]
    connection.open_cursor = observed_open_cursor  # type: ignore[method-assign]
    connection.fetch = observed_fetch  # type: ignore[method-assign]
    connection.begin = observed_begin  # type: ignore[method-assign]
    connection.commit = observed_commit  # type: ignore[method-assign]


def _affected(result: Result) -> int:
    return result[1]


def _affected_by_all(results: Sequence[Result]) -> int:
    return sum(count for _, count in results)


def _none(_: object) -> int:
    return 0
