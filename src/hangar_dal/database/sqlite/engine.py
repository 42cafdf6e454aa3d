"""Open a SQLite database: check the version, open the file, and set up each connection."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath
from typing import Final

from hangar_dal import minimum_versions
from hangar_dal.database.engine import Engine
from hangar_dal.database.observing import Observer, Where, observe
from hangar_dal.database.pool import Pool
from hangar_dal.database.pool_limits import PoolLimits
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.database.sqlite.at_exit import stop_at_exit
from hangar_dal.database.sqlite.backup import SqliteBackups
from hangar_dal.database.sqlite.errors import is_busy
from hangar_dal.database.sqlite.lending import LendableConnection
from hangar_dal.database.sqlite.listening import NO_LISTENERS
from hangar_dal.database.sqlite.local_settings import applier
from hangar_dal.database.sqlite.raw import LOCK_WAIT
from hangar_dal.database.sqlite.watched import WatchedFile, watched
from hangar_dal.database.statement import Statement
from hangar_dal.errors import ConnectionFailed, DatabaseError, UnsupportedVersion
from hangar_dal.settings import Settings, SqliteTarget
from hangar_dal.urls import MEMORY

# trusted_schema stays on: without it, older versions of SQLite refuse json_valid() in a CHECK.
_EACH: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",  # NORMAL may lose the last commits when the power fails
    "PRAGMA secure_delete = ON",
    "PRAGMA schema_version",  # the first read creates the WAL files and keeps other processes from deleting them
)
_TRIES: Final = 100


async def open_engine(
    settings: Settings,
    target: SqliteTarget,
    *,
    observers: Sequence[Observer] = (),
    scripts: Sequence[str] = (),
    minimum: tuple[int, int, int] = minimum_versions.SQLITE,
) -> Engine:
    """Open the first connection, to report errors early, and return the engine. `scripts` create tables in `:memory:`.

    The observers see what the connections do.

    Raises `UnsupportedVersion` if SQLite is older than `minimum`.
    """
    if sqlite3.sqlite_version_info < minimum:
        needed = ".".join(map(str, minimum))
        raise UnsupportedVersion(
            f"SQLite {sqlite3.sqlite_version} is too old: {needed} or newer is needed; use a newer Python"
        )
    is_memory = target.path == MEMORY
    source = watched(target)
    set_up = partial(_set_up_memory, scripts) if is_memory else _set_up_writer
    writers = _pool("writer", settings, source, set_up, observers, size=1)
    try:
        writers.release(await writers.acquire())
    except BaseException:
        await writers.close(0)
        raise
    backups = SqliteBackups(source, lock_timeout=settings.lock_timeout)
    if is_memory:
        return Engine(
            "sqlite", writers, writers, None, backups, NO_LISTENERS, _NO_TABLE, _FORK_ADVICE, applier, _VERSION
        )
    readers, streams = (
        _pool(name, settings, source, _set_up_reader, observers, size=settings.sqlite_readers)
        for name in ("readers", "streams")
    )
    return Engine(
        "sqlite", writers, readers, streams, backups, NO_LISTENERS, _NO_TABLE, _FORK_ADVICE, applier, _VERSION
    )


_VERSION: Final = Statement("", "SELECT sqlite_version()", writes=False)
_NO_TABLE: Final = "SQLITE_ERROR"  # SQLite's code for all faults of a statement
_FORK_ADVICE: Final = "close the database before the fork, and open one in each process after it"
_EVERY: Final = {
    "writer": "SQLite's only writer",
    "readers": "all HANGAR_SQLITE_READERS",
    "streams": "all HANGAR_SQLITE_READERS for streams",
}
_BUSY: Final = (
    "could not be used for {seconds:g} seconds{where}; shorten the transactions, pass `tx` to each call in their "
    "blocks, or raise HANGAR_ACQUIRE_TIMEOUT"
)


def _pool(
    name: str,
    settings: Settings,
    source: WatchedFile,
    set_up: Callable[[sqlite3.Connection], None],
    observers: Sequence[Observer],
    *,
    size: int,
) -> Pool:
    """Return a pool. Its connections are neither checked nor replaced by age, because there is no network."""
    limits = PoolLimits.of(settings, size=size, busy=f"{_EVERY[name]} {_BUSY}", every=_EVERY[name])
    tick_limit = limits.ticks_in(settings.statement_timeout)

    def set_up_one(raw: sqlite3.Connection) -> None:
        set_up(raw)
        raw.execute(f"PRAGMA cache_size = -{1024 * settings.sqlite_cache}")  # negative: in KiB, not in pages

    async def open_one() -> LendableConnection:
        connection = LendableConnection(
            source,
            set_up_one,
            lock_timeout=settings.lock_timeout,
            tick_limit=tick_limit,
            restore=_restore_memory if source.uri == MEMORY else None,
        )
        stop_at_exit(connection)
        observe(connection, "sqlite", Where(PurePath(source.path).name or MEMORY), observers)
        opening = spawn(connection.open())
        cancelled = await wait_through_cancellation(opening)
        if cancelled is None or opening.cancelled() or opening.exception():
            opening.result()
            return connection
        await connection.close()
        raise cancelled

    return Pool(name, open_one, limits)


def _set_up_writer(raw: sqlite3.Connection) -> None:
    """Set up the writer. Switching to WAL needs an exclusive lock, for which SQLite does not wait: try repeatedly."""
    mode, tries_left = None, _TRIES
    while mode is None:
        try:
            mode = raw.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            tries_left -= 1
            if not is_busy(error) or not tries_left:
                raise
            time.sleep(LOCK_WAIT)
    if mode != "wal":
        raise ConnectionFailed("SQLite cannot keep a write-ahead log for this file: put it on a local, writable disk")
    _set_up_each(raw)
    raw.execute("PRAGMA busy_timeout = 0")  # `SqliteConnection` waits instead, because its wait can be cancelled


def _set_up_reader(raw: sqlite3.Connection) -> None:
    _set_up_each(raw)
    raw.execute("PRAGMA query_only = ON")


def _set_up_memory(scripts: Sequence[str], raw: sqlite3.Connection) -> None:
    _set_up_each(raw)
    for script in scripts:
        raw.executescript(script)


def _restore_memory(raw: sqlite3.Connection) -> None:
    """Set up the connection again after it was lent."""
    _set_up_each(raw)
    raw.execute("PRAGMA query_only = OFF")


def _set_up_each(raw: sqlite3.Connection) -> None:
    for pragma in _EACH:
        raw.execute(pragma)
    if not raw.execute("PRAGMA foreign_keys").fetchone()[0]:
        raise DatabaseError("this SQLite library was built without foreign keys; use another build")
