"""yoyo's SQLite backend, without effects on the rest of the process: no shared cache, no process-wide adapters."""

import os
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from yoyo.backends.base import DatabaseBackend
from yoyo.backends.core.sqlite3 import SQLiteBackend

from hangar_dal.database.sqlite.watched import WatchedFile
from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations import file_lock
from hangar_dal.migrations.backend_common import CommonBackend
from hangar_dal.migrations.running import explain
from hangar_dal.migrations.targets import SqliteMigrationTarget

_IN_USE: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class SqliteBackend(CommonBackend, SQLiteBackend):
    """The backend for a SQLite file."""

    dialect = "sqlite"
    holder_kind = "process"

    _lock_file: int | None = None

    def connect(self, dburi: SqliteMigrationTarget) -> sqlite3.Connection:
        connection = dburi.connect()
        self._file = WatchedFile("", os.path.abspath(dburi.location.path))  # noqa: PTH100 - resolve() follows links
        return connection

    def copy(self) -> "SqliteBackend":
        """Open a new connection to the same file. Raises an error if another file now has its name."""
        own: SqliteBackend = super().copy()
        own._file = self._file
        try:
            own._refuse_lost_file()
        except BaseException:
            own.connection.close()
            raise
        return own

    # In yoyo's backend, these methods replace sqlite3's adapters in the whole process, and restore them at the end.
    __enter__ = DatabaseBackend.__enter__
    __exit__ = DatabaseBackend.__exit__

    def list_tables(self, **_: Any) -> list[str]:
        return [name for (name,) in self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> sqlite3.Cursor:
        """Execute a statement. A datetime is stored as ISO text, as yoyo's adapter does."""
        bound = {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in (params or {}).items()
        }
        cursor: sqlite3.Cursor = self.connection.execute(sql, bound)
        return cursor

    def begin(self) -> None:
        """Begin as a writer (BEGIN IMMEDIATE).

        A transaction that begins as a reader fails at once, without waiting, if it writes while another one writes.
        """
        self._refuse_lost_file()
        self.execute("BEGIN IMMEDIATE")
        self._in_transaction = True
        self.uri.prove(self.connection)

    def commit(self) -> None:
        super().commit()
        self._file.committed()

    def rollback(self) -> None:
        """Roll back. This also works after an error for which SQLite has already rolled back."""
        self.connection.rollback()
        self._in_transaction = False

    def _refuse_lost_file(self) -> None:
        if error := self._file.find(self._file.first):
            raise error

    def _take_lock(self, timeout: float) -> None:
        try:
            super()._take_lock(timeout)
        except BaseException:
            self._unlock_file()
            raise

    def _release_lock(self) -> None:
        try:
            if self._file.lost is None:  # if the file is lost, the lock row is lost too
                super()._release_lock()
        finally:
            self._unlock_file()

    def _try_lock(self) -> bool:
        """Lock the lock file, then insert the row in yoyo's lock table; return whether both succeeded.

        The row keeps plain yoyo out. A row that plain yoyo has written keeps this process out.
        """
        where = self.uri.location.where
        try:
            self._lock_file = self._lock_file or file_lock.take(self._lock_path)
        except OSError as error:
            raise_alone(MigrationError(f"{self._lock_path}: the lock of the migrations: {error.strerror}"))
        if self._lock_file is None:
            return False
        try:
            with self.transaction():
                self.execute("DELETE FROM yoyo_lock WHERE pid < 0")  # its writer held the lock file, so it has ended
                self.execute(
                    "INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, :now, :pid)",
                    {"now": datetime.now(UTC).replace(tzinfo=None), "pid": self._lock_pid()},
                )
        except sqlite3.IntegrityError:
            return False
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF in _IN_USE:
                return False
            raise_alone(MigrationError(f"{where}: the lock of the migrations: {explain(error)}"))
        return True

    def _unlock_file(self) -> None:
        if self._lock_file is not None:
            file_lock.release(self._lock_path, self._lock_file)
            self._lock_file = None

    @property
    def _lock_path(self) -> Path:
        """The path of the lock file: next to the real database file, even if the database is opened through a link."""
        return Path(f"{os.path.realpath(self.uri.location.where)}-migrating")

    def _lock_pid(self) -> int:
        return -os.getpid()
