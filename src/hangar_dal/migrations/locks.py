"""The advisory lock of a running tool on its scratch, by which others know that the scratch is in use.

It belongs to a session, so it ends with the process, however that dies. Builds on `targets`.
"""

import hashlib
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.errors import ScratchError, raise_alone

if TYPE_CHECKING:
    from psycopg import Connection

# Of all databases of the server. An advisory lock of one 64-bit key has the number 1 as its third part.
_HELD: Final = """
SELECT (l.classid::bigint << 32) | l.objid::bigint
FROM pg_catalog.pg_locks AS l
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
"""


def hold_forever(connection: "Connection[Any]") -> None:
    """Let no timeout end this session, which holds a lock as long as the scratch lives."""
    connection.execute("SET idle_session_timeout = 0")
    connection.execute("SET statement_timeout = 0")


def lock(connection: "Connection[Any]", name: str, *, seconds: float = 10.0) -> None:
    """Take the lock of the scratch of this name. Raises `ScratchError` if another session keeps it that long."""
    from psycopg.errors import LockNotAvailable  # noqa: PLC0415 - SQLite users never load libpq

    connection.execute("SELECT set_config('lock_timeout', %s, FALSE)", [f"{round(seconds * 1000)}ms"])
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", [key_of(name)])
    except LockNotAvailable:
        raise_alone(
            ScratchError(f"PostgreSQL was not checked: another run uses the database {name}; wait until it has ended")
        )


def is_alive(connection: "Connection[Any]") -> bool:
    """Whether the session, and with it its lock, is still there. The client notices its end only when it asks."""
    from psycopg import OperationalError  # noqa: PLC0415 - SQLite users never load libpq

    try:
        connection.execute("SELECT 1")
    except OperationalError:
        return False
    return True


def held(connection: "Connection[Any]") -> frozenset[int]:
    """The keys of all advisory locks that are held on the server."""
    return frozenset(key for (key,) in connection.execute(_HELD))


def key_of(name: str) -> int:
    """The key of the lock of a database: 64 bits of a digest of its name."""
    return int.from_bytes(hashlib.sha256(f"hangar_dal scratch {name}".encode()).digest()[:8], signed=True)
