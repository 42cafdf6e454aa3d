"""Open and close sqlite3 connections to a watched file, in the thread that uses them."""

import sqlite3
from collections.abc import Callable
from typing import Final

from hangar_dal.database.sqlite.errors import DRIVER_ERRORS, translated
from hangar_dal.database.sqlite.opened_files import FileConnection
from hangar_dal.database.sqlite.watched import Identities, WatchedFile
from hangar_dal.errors import ConnectionFailed, raise_alone
from hangar_dal.urls import MEMORY

# Seconds that SQLite itself waits for a lock. This wait cannot be interrupted, so it is short.
LOCK_WAIT: Final = 0.1


def open_raw(
    source: WatchedFile, set_up: Callable[[sqlite3.Connection], None]
) -> tuple[sqlite3.Connection, Identities]:
    """Open a connection and call `set_up` with it. Return it, and the identities of the files that it has opened."""
    try:
        raw = _connect(source)
    except sqlite3.Error:
        failed = ConnectionFailed("SQLite cannot open the database file. Check that it still exists.")
        raise_alone(source.find(source.first) or failed)
    try:
        if error := source.find(source.first):  # before the first read, which could apply our WAL to another file
            raise error
        set_up(raw)
        return raw, source.opened()
    except BaseException as error:
        close_raw(source, raw)
        if isinstance(error, DRIVER_ERRORS):
            raise_alone(source.find(source.first) or translated(error, None, raw))
        raise


def _connect(source: WatchedFile) -> sqlite3.Connection:
    # Another thread closes the connection if the caller is cancelled.
    if source.uri == MEMORY:
        return sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
    return FileConnection(source.uri, source.path, timeout=LOCK_WAIT, check_same_thread=False)


def close_raw(source: WatchedFile, raw: sqlite3.Connection) -> None:
    """Close a connection while no other one is being closed. The last connection merges the WAL into the database file.

    If two connections closed at the same time, each would see the other one open, and neither would merge the WAL. The
    next process might not find the WAL if the file was deleted while the database was open.
    """
    with source.closing:
        raw.close()
