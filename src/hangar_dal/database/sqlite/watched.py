"""Notices that the files of an open SQLite database were deleted, moved or replaced. Builds on `file`.

SQLite itself does not notice it in WAL mode. It keeps writing to a deleted file, a new connection opens whatever file
has the name now, and a process that has lost its `-wal` or `-shm` file overwrites the commits of the others.
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
    """The file of one open database. `lost` is the reason why it can no longer be used, None while it can.

    All connections of a database share it, and each compares with the identities that it got from `opened`.
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
        """What a connection compares with later. Raises `DatabaseFileLost` if it has not opened the first file."""
        if error := self.find(self.first):
            raise error
        return tuple(map(_identity, self._paths))

    def find(self, identities: Identities) -> DatabaseFileLost | None:
        """Look at the files. Return the error to raise if any is not the one that the connection opened."""
        for path, expected in zip(self._paths, identities, strict=False):
            try:
                found = _identity(path)
            except OSError:  # the folder cannot be searched: that says nothing about the file
                continue
            if found != expected:
                self._lose(path, is_gone=found is None)
        return self.error()

    def committed(self) -> None:
        """Raise `DatabaseFileLost` if the database file is no longer there after a commit. Costs one `stat`."""
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
        """The error to raise if the loss was noticed before."""
        return DatabaseFileLost(self.lost) if self.lost else None

    def _lose(self, path: str, *, is_gone: bool) -> None:
        if self.lost:
            return
        happened = "was deleted or moved" if is_gone else "was replaced by another file"
        todo = _REPAIR if path == self.path else _CLOSE
        self.lost = f"{path}: the file {happened} while the database was open. {todo}"
        _logger.error("%s", self.lost)


def watched(target: SqliteTarget) -> WatchedFile:
    """The file of a database that is about to be opened, created if it is missing."""
    if target.path == MEMORY:
        return WatchedFile(MEMORY, None)
    return WatchedFile(file_uri(target), os.path.abspath(target.path))  # noqa: PTH100 - resolve() follows links


def _identity(path: str) -> Identity:
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path takes longer
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino
