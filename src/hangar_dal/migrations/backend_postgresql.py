"""yoyo's psycopg backend, with a lock that ends with the session that holds it."""

import logging
import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend

from hangar_dal.database.postgresql.meanings import SET_MEANINGS
from hangar_dal.database.postgresql.planted import no_schema
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
    """The backend for PostgreSQL. libpq parses the URL."""

    dialect = "postgresql"
    holder_kind = "server process"

    _second: "PostgresBackend | None" = None  # the session in which all migrations of this run are applied

    @contextmanager
    def lock(self, timeout: float | None = None) -> Generator[None]:
        """Hold the lock of the migrations, and close the second session before the lock is released."""
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
        """Use one session for all migrations and reset it after each. A new session costs as much as a migration."""
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
        if connection.execute("SELECT current_schema()").fetchone() == (None,):
            connection.close()
            raise no_schema()
        connection.prepare_threshold = None  # `DISCARD ALL` also discards prepared statements
        return connection

    def init_connection(self, connection: "psycopg.Connection[Any]") -> None:
        """Set the lock timeout of the settings, and no limit for statements, because an index can take long."""
        connection.execute("SELECT set_config('lock_timeout', %s, FALSE)", [_milliseconds(self.uri.lock_timeout)])
        connection.execute(SET_MEANINGS)
        connection.execute(_NO_LIMITS)
        with suppress(psycopg.errors.InvalidParameterValue):  # some platforms cannot detect a lost client
            # Without this check, the server goes on after the client was killed, and keeps the locks.
            connection.execute("SET client_connection_check_interval = '1s'")

    def try_with_lock_limits(self, work: Callable[[float | None], None]) -> None:
        """Call `work` with a short lock timeout. Repeat it with longer timeouts and pauses, up to the settings' limit.

        While a migration waits for a table, all other sessions that need the table wait behind it, so a long wait
        would stop the application. The last attempts wait longer than `deadlock_timeout` (one second): then the server
        cancels an autovacuum that holds the lock.
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
        """Run statements outside a transaction, without a lock timeout.

        CREATE INDEX CONCURRENTLY waits for older transactions, and blocks no other session while it waits.
        """
        with super().disable_transactions():
            self.execute("SET lock_timeout = 0")
            yield

    def list_tables(self, **_: Any) -> list[str]:
        rows = self.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()")
        return [name for (name,) in rows]

    def commit(self) -> None:
        """Commit, and raise `MigrationError` if the server rolled back instead.

        PostgreSQL answers COMMIT in a failed transaction with ROLLBACK, and the driver does not treat it as an error.
        """
        try:
            answer = self.execute("COMMIT").statusmessage
        finally:
            self._in_transaction = False
        if answer != "COMMIT":
            raise MigrationError("a statement failed and the error was ignored: the transaction was rolled back")

    def rollback(self) -> None:
        """Roll back, unless the connection is closed: then the server has already rolled back."""
        self._in_transaction = False
        if not self.connection.closed:
            self.execute("ROLLBACK")
            self.init_connection(self.connection)

    def _try_lock(self) -> bool:
        """Insert the lock row and return True, or return False if another session holds the lock.

        The row has the negative id of the server process, because plain yoyo writes only positive ids.
        """
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
        """Delete a lock row whose session has ended, even if a newer session now has the same id.

        Returns True if a row was deleted.
        """
        removed = self.execute(
            "DELETE FROM yoyo_lock AS held WHERE held.pid < 0 AND NOT EXISTS ("
            "SELECT FROM pg_catalog.pg_stat_activity AS session WHERE session.pid = -held.pid "
            "AND coalesce(timezone('UTC', session.backend_start) <= held.ctime, TRUE))"
        )
        return bool(removed.rowcount)

    def _lock_pid(self) -> int:
        return -int(self.connection.info.backend_pid)


def _milliseconds(seconds: float) -> str:
    """Return the value of a timeout setting, at least 1 ms, because 0 means no limit in PostgreSQL."""
    return f"{max(1, round(seconds * 1000))}ms"
