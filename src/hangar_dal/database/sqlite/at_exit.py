"""Lets the process end although somebody forgot `close()`.

aiosqlite's threads are not daemons: Python waits for them before it calls `atexit`. So a daemon thread waits for
the main thread to end, and then tells each connection to close, which also brings its WAL to a clean end.
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
    """Have `stop` called when the main thread has ended, if the connection is still there."""
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
        # Whatever state one is in, the others are to be stopped.
        with suppress(Exception):
            connection.stop()


def _forget_parent() -> None:
    """In a forked child: its parent's connections are not its own, and the thread that watched does not exist."""
    global _lock, _watch
    _open.clear()
    _lock, _watch = threading.Lock(), None


os.register_at_fork(after_in_child=_forget_parent)
