"""The differences between yoyo's backends and both backends of this package.

- A migration and its row in the history are written in one transaction: a crash in between leaves neither.
- The lock is released after an error, and when its process ends. An error other than a held lock is raised at once.
- A COMMIT that fails is rolled back.
- `--force` is refused: it would mark a failed migration as applied.
- An empty list of migrations is refused: yoyo finds an empty list when it runs in the wrong folder.
- The log keeps the digest of the SQL that was applied.
"""

import getpass
import logging
import os
import socket
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from yoyo.backends.base import DatabaseBackend
from yoyo.migrations import Migration, MigrationList

from hangar_dal.errors import DatabaseBusy, MigrationError
from hangar_dal.migrations.scripts import read_script
from hangar_dal.migrations.targets import MigrationTarget
from hangar_dal.sqlscan import Dialect

logger = logging.getLogger("yoyo.migrations")

_POLL = 0.1


class CommonBackend(DatabaseBackend):
    """A mixin that comes before yoyo's backend of the database in the list of base classes."""

    dialect: ClassVar[Dialect]
    lock_wait: ClassVar[float] = 60.0  # seconds
    holder_kind: ClassVar[str]  # what a negative `pid` in the lock table identifies

    uri: MigrationTarget
    create_lock_table_sql = DatabaseBackend.create_lock_table_sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
    log_migration_sql = DatabaseBackend.log_migration_sql.replace(
        "{quoted.created_at_utc})", "{quoted.created_at_utc}, {quoted.comment})"
    ).replace(":created_at_utc)", ":created_at_utc, :comment)")

    _sources_were_found = False

    def init_database(self) -> None:
        """Create the lock table only. yoyo's probe table is not needed, because both databases can roll back DDL."""
        self.create_lock_table()

    def to_apply(self, migrations: MigrationList) -> MigrationList:
        self._refuse_no_sources(migrations)
        return super().to_apply(migrations)

    def to_rollback(self, migrations: MigrationList) -> MigrationList:
        self._refuse_no_sources(migrations)
        return super().to_rollback(migrations)

    def _refuse_no_sources(self, migrations: MigrationList) -> None:
        """Raise `MigrationError` if the first list is empty. Later lists may be what is left of the first."""
        if not (self._sources_were_found or migrations):
            raise MigrationError(
                "no migration was found, or none matches; run yoyo in the folder of its yoyo.ini, "
                "which is the root of the repository"
            )
        self._sources_were_found = True

    def apply_migrations(self, migrations: MigrationList, force: bool = False) -> None:
        _refuse_force(force)
        super().apply_migrations(migrations)

    def rollback_migrations(self, migrations: MigrationList, force: bool = False) -> None:
        _refuse_force(force)
        super().rollback_migrations(migrations)

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:
        logger.info("Applying %s", migration.id)
        self.try_with_lock_limits(lambda lock_limit: self._apply(migration, lock_limit, mark=mark))

    def rollback_one(self, migration: Migration, force: bool = False) -> None:
        logger.info("Rolling back %s", migration.id)
        self.try_with_lock_limits(lambda lock_limit: self._roll_back(migration, lock_limit))

    def try_with_lock_limits(self, work: Callable[[float | None], None]) -> None:
        """Call `work` with the seconds that it may wait for a lock; None means the limit of the settings."""
        work(None)

    def limit_lock_waits(self, seconds: float) -> None:
        raise NotImplementedError

    def _apply(self, migration: Migration, lock_limit: float | None, *, mark: bool) -> None:
        with self._one(migration, "apply", lock_limit) as own:
            if mark:
                own.mark_one(migration, log=False)

    def _roll_back(self, migration: Migration, lock_limit: float | None) -> None:
        with self._one(migration, "rollback", lock_limit) as own:
            own.unmark_one(migration, log=False)

    @contextmanager
    def _one(self, migration: Migration, direction: str, lock_limit: float | None) -> Generator[Any]:
        migration.load()
        self.ensure_internal_schema_updated()
        with self.fresh_session() as own:
            own._internal_schema_updated = True
            if lock_limit is not None:
                own.limit_lock_waits(lock_limit)
            if not migration.use_transactions:
                migration.process_steps(own, direction)
            with own.transaction():
                if migration.use_transactions:
                    migration.process_steps(own, direction)
                own.log_migration(migration, direction)
                yield own

    def fresh_session(self) -> AbstractContextManager[Any]:
        """Return a session for one migration, because a script may change session settings (`SET`, `PRAGMA`)."""
        copied: AbstractContextManager[Any] = self.copy()
        return copied

    def get_log_data(self, migration: Migration | None = None, operation: str = "apply") -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": _user()[:255],
            "hostname": socket.gethostname()[:255],
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
            "comment": self._digest(migration) if migration and operation in {"apply", "mark"} else None,
        }

    def _digest(self, migration: Migration) -> str | None:
        path = Path(migration.path)
        with suppress(MigrationError):  # a migration written in plain yoyo has no such SQL file
            return read_script(path.parent, path.stem, self.dialect, "apply").digest
        return None

    def begin(self) -> None:
        """Begin a transaction. If the target is a scratch database, check that the connection leads to it."""
        super().begin()
        self.uri.prove(self.connection)

    @contextmanager
    def disable_transactions(self) -> Generator[None]:
        """Run statements outside a transaction. A scratch database is checked just before, on the same session."""
        with super().disable_transactions():
            self.uri.prove(self.connection)
            yield

    def commit(self) -> None:
        try:
            super().commit()
        except BaseException:
            self.rollback()
            raise

    def savepoint_rollback(self, id: str) -> None:  # noqa: A002 - yoyo's name
        """Roll back to the savepoint. Ignore an error here: it would hide the error that caused the rollback."""
        with suppress(self.DatabaseError):
            super().savepoint_rollback(id)

    @contextmanager
    def lock(self, timeout: float | None = None) -> Generator[None]:
        """Hold the lock of the migrations during the block. A nested use does nothing.

        Raises `DatabaseBusy` if another process keeps the lock for `timeout` seconds.
        """
        if self._is_locked:
            yield
            return
        self._take_lock(self.lock_wait if timeout is None else timeout)
        self._is_locked = True
        try:
            yield
        except BaseException:
            with suppress(self.DatabaseError):  # the connection may be lost
                self._release_lock()
            raise
        finally:
            self._is_locked = False
        self._release_lock()

    def _take_lock(self, timeout: float) -> None:
        """Wait for the lock. The limit of `timeout` seconds starts again with each new holder of the lock.

        Otherwise the last of many waiting processes would give up while the others take their turns.
        """
        holder, deadline = None, time.monotonic() + timeout
        while not self._try_lock():
            current, now = self._lock_row(), time.monotonic()
            if current != holder:
                holder, deadline = current, now + timeout
            if now >= deadline:
                raise DatabaseBusy(f"{self.uri.location.where}: {self._described(holder)}")
            time.sleep(_POLL)

    def _lock_row(self) -> tuple[int, Any] | None:
        """Return the holder of the lock and the time when it took the lock.

        None if nobody holds the lock, or if the row cannot be read now.
        """
        row: tuple[int, Any] | None = None
        with suppress(self.DatabaseError):
            row = self.execute("SELECT pid, ctime FROM yoyo_lock").fetchone()
        return row

    def _release_lock(self) -> None:
        with self.transaction():
            self.execute("DELETE FROM yoyo_lock WHERE pid = :pid", {"pid": self._lock_pid()})

    def _described(self, holder: tuple[int, Any] | None) -> str:
        """Return a sentence that names the holder of the lock and says what to do.

        A negative number was written by this package, whose locks end with their process.
        """
        if holder is None or holder[0] < 0:
            who = f"{self.holder_kind} {-holder[0]}" if holder else "another process"
            return f"{who} is migrating this database; wait until it has finished, and try again"
        return (
            f"process {holder[0]} is migrating this database with plain yoyo; wait until it has finished. If it is "
            "dead, remove its lock with `yoyo break-lock` or `hangar-dal migrations break-lock`"
        )

    def _try_lock(self) -> bool:
        raise NotImplementedError

    def _lock_pid(self) -> int:
        raise NotImplementedError


def _refuse_force(force: bool) -> None:
    if force:
        raise MigrationError(
            "--force would mark a migration that failed as applied; correct the migration, or use `yoyo mark`"
        )


def _user() -> str:
    """Return the user's name for the log, or the uid if it has no name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}"
