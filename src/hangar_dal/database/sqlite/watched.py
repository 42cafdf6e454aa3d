"""Detect that the files of an open SQLite database were deleted, moved or replaced.

In WAL mode, SQLite does not detect this. It continues to write to a deleted file, and a new connection opens the file
that has the name now. A process whose `-wal` or `-shm` file was deleted overwrites the commits of other processes.
"""

import logging
import os
import threading
from typing import Final

from hangar_dal.database.sqlite.file import file_uri
from hangar_dal.errors import DatabaseFileLost
from hangar_dal.urls import MEMORY, SqliteTarget

Identity = tuple[int, int] | None  # device and inode; None for a file that does not exist
Identities = tuple[Identity, ...]

_logger: Final = logging.getLogger("hangar_dal")
_REPAIR: Final = (
    "Stop every process that uses the database. Put the file back together with its -wal file, or restore a backup "
    "without one. Then start again: docs/backup.md describes it."
)
_CLOSE: Final = (
    "Close the application in an orderly way and do not kill it, so that it can save the commits of that file. "
    "Until then, do not open the database with another program. docs/backup.md describes it."
)


class WatchedFile:
    """The file of one open database. `lost` is the reason why the file cannot be used any more, or None.

    All connections of a database share this object. Each connection passes to `find` the identities that `opened` has
    returned to it.
    """

    def __init__(self, uri: str, path: str | None) -> None:
        self.uri = uri
        self.closing = threading.Lock()
        self.lost: str | None = None
        self.path = path or ""
        self._paths: tuple[str, ...] = ()
        self.first: Identities = ()
        if path is not None:
            # `path` may be a symbolic link that is changed later. SQLite keeps its own files beside the real file.
            real = os.path.realpath(path)
            self._paths = (path, f"{real}-wal", f"{real}-shm")
            self.first = (_identity(path),)

    def opened(self) -> Identities:
        """Return the identities of the files that a connection has just opened.

        Raises `DatabaseFileLost` if the database file is not the one that the first connection opened.
        """
        if error := self.find(self.first):
            raise error
        return tuple(map(_identity, self._paths))

    def find(self, identities: Identities) -> DatabaseFileLost | None:
        """Check the files. Return the error to raise if one of them is not the file that the connection opened."""
        for path, expected in zip(self._paths, identities, strict=False):
            try:
                found = _identity(path)
            except OSError:  # the folder cannot be searched: that says nothing about the file
                continue
            if found != expected:
                self._lose(path, is_gone=found is None)
        return self.error()

    def committed(self) -> None:
        """After a commit, raise `DatabaseFileLost` if the database file was deleted or replaced. Costs one `stat`."""
        if not self.path:
            return
        try:
            status = os.stat(self.path)  # noqa: PTH116 - a Path takes longer
            if self.first == ((status.st_dev, status.st_ino),):
                return
        except OSError:
            pass
        if error := self.find(self.first):
            error.args = (f"{error} The last change was committed to the lost file.",)
            raise error

    def error(self) -> DatabaseFileLost | None:
        """Return the error to raise if the file is known to be lost; otherwise None."""
        return DatabaseFileLost(self.lost) if self.lost else None

    def _lose(self, path: str, *, is_gone: bool) -> None:
        if self.lost:
            return
        happened = "was deleted or moved" if is_gone else "was replaced by another file"
        todo = _REPAIR if path == self.path else _CLOSE
        self.lost = f"{path}: the file {happened} while the database was open. {todo}"
        _logger.error("%s", self.lost)


def watched(target: SqliteTarget) -> WatchedFile:
    """Return the watched file of a database to open. Creates the file if it is missing."""
    if target.path == MEMORY:
        return WatchedFile(MEMORY, None)
    return WatchedFile(file_uri(target), os.path.abspath(target.path))  # noqa: PTH100 - resolve() follows links


def _identity(path: str) -> Identity:
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path takes longer
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino
