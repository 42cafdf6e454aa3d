"""Close open connections at the end of the process if the application did not call `close()`.

aiosqlite's threads are not daemons, so Python waits for them before it calls `atexit`. Therefore a daemon thread waits
for the main thread to end, and then closes each connection. This also merges the WAL into the database file.
"""

import os
import threading
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet


class Stoppable(Protocol):
    def stop(self) -> None: ...


_open: WeakSet[Stoppable] = WeakSet()
_lock = threading.Lock()
_watch: threading.Thread | None = None


def stop_at_exit(connection: Stoppable) -> None:
    """Call `stop` after the main thread has ended, if the connection still exists."""
    global _watch  # noqa: PLW0603 - one for the process
    with _lock:
        _open.add(connection)
        if _watch is None:
            _watch = threading.Thread(target=_stop_all, name="hangar_dal: close SQLite at exit", daemon=True)
            _watch.start()


def _stop_all() -> None:
    threading.main_thread().join()
    with _lock:
        left = list(_open)
    for connection in left:
        # An error in one connection must not prevent stopping the others.
        with suppress(Exception):
            connection.stop()


def _forget_parent() -> None:
    """In a forked child, forget the connections of the parent, and the watching thread, which a fork does not copy."""
    global _lock, _watch
    _open.clear()
    _lock, _watch = threading.Lock(), None


os.register_at_fork(after_in_child=_forget_parent)
