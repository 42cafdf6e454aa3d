"""A lock that the operating system releases when the process that holds it ends, even if it is killed.

The lock is held on a file of its own. It must not be the database file: when a process closes any descriptor of a
file, it loses the POSIX locks that SQLite holds on that file.
"""

import fcntl
import os
from pathlib import Path


def take(path: Path) -> int | None:
    """Return a descriptor that holds the lock, for `release`; None if another process holds the lock.

    Creates the file with read permission for the owner only. Raises `OSError` if the file cannot be created or locked.
    """
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(path, descriptor):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the last holder deleted the file after the open above: try again


def release(path: Path, descriptor: int) -> None:
    """Delete the file, then release the lock, so that no process deletes a file that another process has locked."""
    path.unlink(missing_ok=True)
    os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
