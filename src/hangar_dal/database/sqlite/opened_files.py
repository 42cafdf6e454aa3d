"""The SQLite files that this process has open. A forked child refuses to open them again.

SQLite keeps a table of its locks in each process, by device and inode. A forked child inherits the entries of the files
that were open at the fork, and believes that it holds the locks of its parent. If it opened such a file again, commits
would be lost and the file damaged. Below `raw` and `copying`; `migrations` and `check` use it too.
https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_across_a_fork_
"""

import ctypes
import os
import sqlite3
from typing import Final
from weakref import WeakSet

from hangar_dal.errors import ForkedDatabase

_File = tuple[int, int]  # device and inode


class FileConnection(sqlite3.Connection):
    """A connection to the file `path`, whose URI is `uri`. In autocommit mode; the caller begins transactions.

    Raises `ForkedDatabase` if the file was open in the parent of this process when it was forked.
    """

    def __init__(
        self, uri: str, path: str | os.PathLike[str], *, timeout: float = 0, check_same_thread: bool = True
    ) -> None:
        self.process: Final = os.getpid()
        self.file: Final = _file_at(path)
        if self.file in _inherited:
            raise ForkedDatabase(
                f"{os.fspath(path)}: process {_inherited[self.file]} had this SQLite file open when it was forked, and "
                f"process {self.process} descends from it. A child cannot open such a file without damaging it. Close "
                "the database before the fork, or start the process with the start method `spawn` or `forkserver` of "
                "multiprocessing."
            )
        _open.add(self)  # before the file is opened, because another thread may fork meanwhile
        try:
            super().__init__(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=check_same_thread)
        except BaseException:
            _open.discard(self)
            raise

    def close(self) -> None:
        """Close the connection. Does nothing in a forked child, where it belongs to the parent."""
        if self.process == os.getpid():
            super().close()
            _open.discard(self)


_open: WeakSet[FileConnection] = WeakSet()
_inherited: dict[_File | None, int] = {}  # the process that had the file open


def _file_at(path: str | os.PathLike[str]) -> _File | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path takes longer
    except OSError:  # SQLite reports it
        return None
    return status.st_dev, status.st_ino


def _inherit() -> None:
    """In a forked child, remember the open files, and keep their connections from being garbage collected."""
    for connection in list(_open):
        if connection.file is not None:
            _inherited[connection.file] = connection.process
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    _open.clear()


os.register_at_fork(after_in_child=_inherit)
