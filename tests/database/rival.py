"""Another client of the same database. It holds locks that the others wait for, and reports what they left behind.

Its methods are synchronous. The event loop of the test does not run meanwhile, so that nothing can be cleaned up.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

import psycopg

from hangar_dal.settings import PostgresTarget, SqliteTarget, Target


class SqliteRival:
    """SQLite shows only locks. A running statement holds one, and so does a transaction."""

    endless_read: Final = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ledger.id FROM n, ledger WHERE n.i < 0"
    )
    slow_commits: Final = ()  # the COMMIT of a writer waits for nobody

    def __init__(self, path: str) -> None:
        self._holder, self._watcher = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
        self._watcher.execute("PRAGMA synchronous = OFF")  # what it writes may be lost when the power fails

    def hold(self) -> None:
        """Make others wait when they write."""
        self._holder.execute("BEGIN IMMEDIATE")

    def hold_commits(self) -> None: ...

    def release(self) -> None:
        if self._holder.in_transaction:
            self._holder.execute("ROLLBACK")

    def sees_work(self) -> bool:
        return self._holder.in_transaction or bool(self.under_way())  # a task that waits for a lock holds none

    def under_way(self) -> list[str]:
        """What others are doing. A reader, however old, keeps the checkpoint from finishing."""
        self.release()
        try:
            self._watcher.execute("UPDATE ledger SET note = hex(randomblob(8)) WHERE id = 1")
        except sqlite3.OperationalError:
            return ["a writer"]
        [(is_busy, _, _)] = self._watcher.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return ["a reader"] if is_busy else []

    def amount(self) -> int:
        """The row's amount, behind a lock of our own. Raises an error if anybody else holds one."""
        self._watcher.execute("BEGIN IMMEDIATE")
        [(amount,)] = self._watcher.execute("SELECT amount FROM ledger WHERE id = 1")
        self._watcher.execute("COMMIT")
        return int(amount)

    def close(self) -> None:
        self._holder.close()
        self._watcher.close()


class PostgresRival:
    """A session of PostgreSQL shows its state, its statement and what it waits for."""

    endless_read: Final = "SELECT id FROM ledger WHERE pg_sleep(3600) IS NULL"
    slow_commits: Final = (
        """CREATE FUNCTION wait_for_the_rival() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'""",
        """CREATE CONSTRAINT TRIGGER slow AFTER UPDATE OF amount ON ledger DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait_for_the_rival()""",
    )

    def __init__(self, conninfo: str) -> None:
        self._holder, self._watcher = (psycopg.connect(conninfo, autocommit=True) for _ in range(2))
        self._own = [each.info.backend_pid for each in (self._holder, self._watcher)]

    def hold(self) -> None:
        """Make others wait when they write."""
        self._holder.execute("BEGIN")
        self._holder.execute("SELECT id FROM ledger WHERE id = 1 FOR UPDATE")

    def hold_commits(self) -> None:
        """Make others wait when they commit."""
        self._holder.execute("BEGIN")
        self._holder.execute("SELECT pg_advisory_xact_lock(1)")

    def release(self) -> None:
        self._holder.rollback()

    def sees_work(self) -> bool:
        return any("active" in state for state in self.under_way())

    def under_way(self) -> list[str]:
        """What others are doing: every session that is not idle."""
        found = self._watcher.execute(
            "SELECT concat_ws(' ', state, wait_event, query) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> ALL (%s) AND state <> 'idle'",
            [self._own],
        )
        return [row[0] for row in found]

    def amount(self) -> int:
        """The row's amount, behind a lock of our own. Raises an error if anybody else holds one."""
        [(amount,)] = self._watcher.execute("SELECT amount FROM ledger WHERE id = 1 FOR UPDATE NOWAIT")
        return int(amount)

    def close(self) -> None:
        self._holder.close()
        self._watcher.close()


Rival = SqliteRival | PostgresRival


_RIVALS: Final[dict[type, Callable[[Any], Rival]]] = {
    SqliteTarget: lambda target: SqliteRival(target.path),
    PostgresTarget: lambda target: PostgresRival(target.conninfo),
}


def rival_of(target: Target) -> Rival:
    return _RIVALS[type(target)](target)
