"""Opens and closes the driver's own connections to a watched file, in the thread that will use them.

Builds on `watched` and `errors`, below `connection`.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

from hangar_dal.database.sqlite.errors import DRIVER_ERRORS, translated
from hangar_dal.database.sqlite.watched import Identities, WatchedFile
from hangar_dal.errors import ConnectionFailed, raise_alone
from hangar_dal.urls import MEMORY

# SQLite's own wait for a lock cannot be interrupted, so it is short.
LOCK_WAIT: Final = 0.1


def open_raw(
    source: WatchedFile, set_up: Callable[[sqlite3.Connection], None]
) -> tuple[sqlite3.Connection, Identities]:
    """A connection that `set_up` has prepared, and the files that it has opened."""
    try:
        raw = sqlite3.connect(
            source.uri,
            uri=source.uri != MEMORY,
            timeout=LOCK_WAIT,
            isolation_level=None,
            check_same_thread=False,  # another thread closes it if opening it is given up
        )
    except sqlite3.Error:
        failed = ConnectionFailed("SQLite cannot open the database file. Check that it still exists.")
        raise_alone(source.find(source.first) or failed)
    try:
        if error := source.find(source.first):  # before it reads: it would apply our log to another file
            raise error
        set_up(raw)
        return raw, source.opened()
    except BaseException as error:
        close_raw(source, raw)
        if isinstance(error, DRIVER_ERRORS):
            raise_alone(source.find(source.first) or translated(error, None, raw))
        raise


def close_raw(source: WatchedFile, raw: sqlite3.Connection) -> None:
    """Close one at a time: the last one saves the log into the database file.

    Two that close at once both find the other still open, and neither saves it. The log of an open database may have
    been deleted, so the next process might not find it.
    """
    with source.closing:
        raw.close()
