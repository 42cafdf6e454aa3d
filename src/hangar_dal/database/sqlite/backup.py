"""Back up a SQLite database from the event loop. `copying` copies the file in a thread."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Final

from hangar_dal.database.backup import Backup, Progress
from hangar_dal.database.sqlite.file import file_uri
from hangar_dal.database.sqlite.watched import WatchedFile
from hangar_dal.errors import BackupFailed, ConnectionFailed, DatabaseClosed
from hangar_dal.sealing import Keyring
from hangar_dal.urls import MEMORY, SqliteTarget

_MEMORY: Final = (
    ":memory: cannot be backed up, because its one connection would be busy and its key is not stored. "
    "Use a database in a file."
)


class SqliteBackups:
    """The backups of one open database. Implements `backup.Backups`."""

    def __init__(self, source: WatchedFile, *, lock_timeout: float) -> None:
        self._source = source
        self._lock_timeout = lock_timeout
        self._running: dict[asyncio.Future[Backup], threading.Event] = {}
        self._is_closed = False

    async def make(
        self,
        path: str | os.PathLike[str],
        keyring: Keyring | None,
        *,
        progress: Progress | None,
        accept_unopened: bool,
    ) -> Backup:
        """Make a backup. When this returns or raises, the thread has ended. If it raises, no file is left."""
        if self._is_closed:
            raise DatabaseClosed("the database was closed")
        if self._source.uri == MEMORY:
            raise BackupFailed(_MEMORY)
        from hangar_dal.database.sqlite.copying import Copying  # noqa: PLC0415 - only a backup needs it

        loop = asyncio.get_running_loop()
        stop = threading.Event()
        refused: list[BaseException] = []

        def show(done: int, total: int) -> None:
            if progress is None or refused:
                return
            try:
                progress(done, total)
            except BaseException as error:
                refused.append(error)
                stop.set()

        copying = Copying(
            source=self._source,
            path=_absolute(path),
            keyring=keyring,
            lock_timeout=self._lock_timeout,
            accept_unopened=accept_unopened,
            stop=stop,
            progress=lambda done, total: loop.call_soon_threadsafe(show, done, total),
        )
        thread = loop.run_in_executor(None, copying.run)
        self._running[thread] = stop
        cancelled = await _ended(thread, stop)
        del self._running[thread]
        if cancelled is not None:
            refused.insert(0, cancelled)
        elif self._is_closed:
            refused.append(DatabaseClosed("the database was closed during the backup; no copy remains"))
        if not refused:
            return thread.result()
        if thread.exception() is None:  # it was stopped too late
            copying.undo()
        raise refused[0]

    async def close(self) -> None:
        self._is_closed = True
        for stop in self._running.values():
            stop.set()
        if self._running:
            await asyncio.wait(set(self._running))


def backups_of(target: SqliteTarget, *, lock_timeout: float) -> SqliteBackups:
    """Return the backups of a database that is not open. Raises `ConnectionFailed` if the file does not exist."""
    if target.path == MEMORY:
        return SqliteBackups(WatchedFile(MEMORY, None), lock_timeout=lock_timeout)
    uri = file_uri(target, create=False)
    if not os.path.exists(target.path):  # noqa: PTH110 - Path.exists() may raise PermissionError
        raise ConnectionFailed(f"{target.where}: there is no such database file. Check the URL of the database.")
    source = WatchedFile(uri, os.path.abspath(target.path))  # noqa: PTH100 - resolve() follows links
    return SqliteBackups(source, lock_timeout=lock_timeout)


def _absolute(path: str | os.PathLike[str]) -> Path:
    """Return the absolute path, so that the working directory may change later. Does not resolve symbolic links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links


async def _ended(thread: asyncio.Future[Backup], stop: threading.Event) -> asyncio.CancelledError | None:
    """Wait until the thread has ended, and stop it if the caller is cancelled. Return the cancellation."""
    cancelled = None
    while not thread.done():
        try:
            await asyncio.wait({thread})
        except asyncio.CancelledError as caught:
            cancelled = caught
            stop.set()
    return cancelled
