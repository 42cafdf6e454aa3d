"""yoyo's psycopg backend, with a lock that ends with the session that took it.

Builds on `backend_common`.
"""

import logging
import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend

from hangar_dal.errors import MigrationBlocked, MigrationError, raise_alone
from hangar_dal.migrations.backend_common import CommonBackend
from hangar_dal.migrations.running import explain_history
from hangar_dal.migrations.targets import PostgresMigrationTarget

logger = logging.getLogger("yoyo.migrations")

_FIRST_LOCK_LIMIT: Final = 0.2  # seconds
_LONGEST_LOCK_LIMIT: Final = 2.0
_NO_LIMITS: Final = (
    "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0"
)


class PostgresBackend(CommonBackend, PostgresqlPsycopgBackend):
    """PostgreSQL, by libpq's own reading of the URL."""

    dialect = "postgresql"
    holder_kind = "server process"

    _second: "PostgresBackend | None" = None  # what the migrations of this run use, one after the other

    @contextmanager
    def lock(self, timeout: float | None = None) -> Generator[None]:
        """One migrator at a time, with at most one second session, which ends before the lock is released."""
        is_outermost = not self._is_locked
        with super().lock(timeout):
            try:
                yield
            finally:
                if is_outermost and self._second is not None:
                    self._second.connection.close()
                    self._second = None

    @contextmanager
    def fresh_session(self) -> Generator["PostgresBackend"]:
        """One session for all migrations, reset after each: a new one would cost as much as a small migration."""
        session, self._second = self._second or self.copy(), None
        try:
            yield session
            session.connection.execute("DISCARD ALL")
            session.init_connection(session.connection)
        except BaseException:
            session.connection.close()
            raise
        self._second = session

    def connect(self, dburi: PostgresMigrationTarget) -> "psycopg.Connection[Any]":
        connection = dburi.connect()
        connection.prepare_threshold = None  # `DISCARD ALL` would take the prepared statements along
        return connection

    def init_connection(self, connection: "psycopg.Connection[Any]") -> None:
        """Locks are waited for as long as the settings say; an index may take as long as it needs."""
        connection.execute("SELECT set_config('lock_timeout', %s, FALSE)", [_milliseconds(self.uri.lock_timeout)])
        connection.execute(_NO_LIMITS)
        with suppress(psycopg.errors.InvalidParameterValue):  # some platforms cannot look after their clients
            # A server works on for a client that was killed, and keeps its locks, unless it looks.
            connection.execute("SET client_connection_check_interval = '1s'")

    def try_with_lock_limits(self, work: Callable[[float | None], None]) -> None:
        """Try with a short lock timeout, repeatedly, with growing pauses, until the settings' limit.

        Other sessions that need a table for which a migration waits queue behind the migration. A long wait would
        stop the application. The last tries are longer than `deadlock_timeout` (one second), after which the server
        cancels an autovacuum that is in the way.
        """
        limit, deadline = _FIRST_LOCK_LIMIT, time.monotonic() + self.uri.lock_timeout
        while True:
            try:
                return work(min(limit, self.uri.lock_timeout))
            except MigrationBlocked:
                if time.monotonic() + limit >= deadline:
                    raise
            logger.info("Another session holds a lock that the migration needs; trying again")
            time.sleep(limit * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret
            limit = min(2 * limit, _LONGEST_LOCK_LIMIT)

    def limit_lock_waits(self, seconds: float) -> None:
        self.execute("SELECT set_config('lock_timeout', :limit, FALSE)", {"limit": _milliseconds(seconds)})

    @contextmanager
    def disable_transactions(self) -> Generator[None]:
        """An index that is built concurrently waits for older transactions, and blocks no other session meanwhile."""
        with super().disable_transactions():
            self.execute("SET lock_timeout = 0")
            yield

    def list_tables(self, **_: Any) -> list[str]:
        rows = self.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()")
        return [name for (name,) in rows]

    def commit(self) -> None:
        """PostgreSQL answers COMMIT in a failed transaction with a ROLLBACK, which is no error to the driver."""
        try:
            answer = self.execute("COMMIT").statusmessage
        finally:
            self._in_transaction = False
        if answer != "COMMIT":
            raise MigrationError("a statement failed and the error was ignored: the transaction was rolled back")

    def rollback(self) -> None:
        """On a connection that is lost the server has rolled back already."""
        self._in_transaction = False
        if not self.connection.closed:
            self.execute("ROLLBACK")
            self.init_connection(self.connection)

    def _try_lock(self) -> bool:
        """The row holds the negative of the server process's id, which no row of plain yoyo can be taken for."""
        try:
            return self._insert_lock() or (self._remove_dead_lock() and self._insert_lock())
        except psycopg.errors.LockNotAvailable:
            return False
        except psycopg.Error as error:
            raise_alone(
                MigrationError(f"{self.uri.location.where}: the lock of the migrations: {explain_history(error)}")
            )

    def _insert_lock(self) -> bool:
        inserted = self.execute(
            "INSERT INTO yoyo_lock (locked, ctime, pid) "
            "VALUES (1, timezone('UTC', clock_timestamp()), :pid) ON CONFLICT DO NOTHING",
            {"pid": self._lock_pid()},
        )
        return bool(inserted.rowcount)

    def _remove_dead_lock(self) -> bool:
        """Whose session is gone, or whose id has since been given to a younger one."""
        removed = self.execute(
            "DELETE FROM yoyo_lock AS held WHERE held.pid < 0 AND NOT EXISTS ("
            "SELECT FROM pg_catalog.pg_stat_activity AS session WHERE session.pid = -held.pid "
            "AND coalesce(timezone('UTC', session.backend_start) <= held.ctime, TRUE))"
        )
        return bool(removed.rowcount)

    def _lock_pid(self) -> int:
        return -int(self.connection.info.backend_pid)


def _milliseconds(seconds: float) -> str:
    """At least one: PostgreSQL takes 0 for no limit."""
    return f"{max(1, round(seconds * 1000))}ms"
