"""A database to migrate: where it is, how long to wait for it, and how to connect to it for migrations.

Stands above `settings`. Imports psycopg for a PostgreSQL server alone.
"""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.errors import ConnectionFailed, MigrationError, UnsupportedVersion
from hangar_dal.settings import PostgresTarget, Settings, SqliteTarget, Target

if TYPE_CHECKING:
    from psycopg import Connection

OLDEST_SQLITE: Final = (3, 37)
OLDEST_POSTGRESQL: Final = 14


@dataclass(frozen=True, slots=True)
class Place:
    """Timeouts are in seconds."""

    target: Target
    lock_timeout: float
    connect_timeout: float


def place_of(url: str | None) -> Place:
    """Where `url` leads, else the settings' own database. `:memory:` is refused: it lives in one connection only."""
    settings = Settings() if url is None else Settings(database_url=url)
    if settings.target == SqliteTarget(":memory:"):
        raise MigrationError(":memory: migrates itself when it is opened; there is nothing to migrate from outside")
    return Place(settings.target, settings.lock_timeout, settings.connect_timeout)


def connect_sqlite(target: SqliteTarget, place: Place, *, read_only: bool = False) -> sqlite3.Connection:
    """In autocommit. A file that does not exist yet is made, readable by its owner alone, unless `read_only`."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise UnsupportedVersion(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed")
    path = Path(target.path).absolute()
    try:
        if read_only:
            source = f"{path.as_uri()}?mode=ro"
            return sqlite3.connect(source, uri=True, timeout=place.lock_timeout, isolation_level=None)
        _make_private(path)
        connection = sqlite3.connect(path, timeout=place.lock_timeout, isolation_level=None)
    except (OSError, sqlite3.Error):
        raise ConnectionFailed(f"{target.where} cannot be opened; its directory must exist and be writable") from None
    # Some builds turn them on. A table that is rebuilt must not take the rows that refer to it along.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _make_private(path: Path) -> None:
    """Only a new file is opened here: closing a database's file would drop the locks that this process has on it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def connect_postgresql(target: PostgresTarget, place: Place) -> "Connection[Any]":
    """In autocommit, waiting for locks no longer than the settings allow."""
    import psycopg  # noqa: PLC0415 - a SQLite user need not have libpq

    try:
        connection = psycopg.connect(
            target.conninfo, autocommit=True, connect_timeout=max(1, round(place.connect_timeout))
        )
    except psycopg.Error as error:
        # libpq names the user and the database here, and never the password.
        reason = str(error).strip().rpartition("\n")[2].rpartition("failed: ")[2]
        raise ConnectionFailed(
            f"PostgreSQL at {target.where}: {reason}; check that it runs and that DATABASE_URL is right"
        ) from None
    version = connection.info.server_version
    if version < OLDEST_POSTGRESQL * 10_000:
        connection.close()
        raise UnsupportedVersion(f"PostgreSQL {version // 10_000} is too old; {OLDEST_POSTGRESQL} or newer is needed")
    return connection
