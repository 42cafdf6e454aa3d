"""The file of a SQLite URL. The application and the migrations open the same file, with the same permissions.

Imports no driver. Below `engine`; `migrations` uses it too.
"""

import os
from pathlib import Path

from hangar_dal.errors import ConnectionFailed, raise_alone
from hangar_dal.urls import SqliteTarget


def file_uri(target: SqliteTarget, *, create: bool = True, read_only: bool = False) -> str:
    """Return the URI that opens the file, after creating a missing one if `create` is set.

    Many SQLite libraries parse a plain name such as `file:x.db?mode=memory` as a URI. The returned URI always means the
    file of that name. It has an absolute path without symbolic links, and SQLite does not create the file if it is
    missing.
    """
    path = real_path(target)
    if create and not read_only:
        _make_private(path)
    # SQLite would wait forever for the other end of a named pipe.
    if os.path.exists(path) and not path.is_file():  # noqa: PTH110 - Path.exists() may raise PermissionError
        raise ConnectionFailed(
            f"{target.where}: not a regular file, so it cannot be a SQLite database. Check the URL of the database."
        )
    return f"{path.as_uri()}?mode={'ro' if read_only else 'rw'}"


def real_path(target: SqliteTarget) -> Path:
    """Return the path of the file without symbolic links. Raises `ConnectionFailed` if the links form a loop."""
    path = Path(os.path.realpath(target.path))
    if os.path.islink(path):  # noqa: PTH114 - Path.is_symlink() may raise PermissionError
        raise ConnectionFailed(
            f"{target.where}: its symbolic links form a loop, so there is no file. Check the URL of the database."
        )
    return path


def _make_private(path: Path) -> None:
    """Create a missing file that only its owner may read. SQLite gives the WAL the same mode.

    Does not open an existing file, because closing it would release all locks of this process on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise_alone(
            ConnectionFailed(
                f"{path}: the database file cannot be created: {reason}. Check that its folder exists and is writable."
            )
        )
