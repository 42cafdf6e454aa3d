"""The advisory lock that a running tool holds on its scratch database, to show other tools that it is in use.

The lock belongs to a session, so it ends with the process, even if the process is killed.
"""

import hashlib
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.errors import ScratchError, raise_alone

if TYPE_CHECKING:
    from psycopg import Connection

# The locks of all databases of the server. `objsubid` is 1 if the key of the lock is one 64-bit number.
_HELD: Final = """
SELECT (l.classid::bigint << 32) | l.objid::bigint
FROM pg_catalog.pg_locks AS l
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
"""


def hold_forever(connection: "Connection[Any]") -> None:
    """Turn off the timeouts of this session, which holds a lock as long as the scratch database exists."""
    connection.execute("SET idle_session_timeout = 0")
    connection.execute("SET statement_timeout = 0")


def lock(connection: "Connection[Any]", name: str, *, seconds: float = 10.0) -> None:
    """Take the lock of a scratch database. Raises `ScratchError` if another session holds it for `seconds`."""
    from psycopg.errors import LockNotAvailable  # noqa: PLC0415 - SQLite users never load libpq

    connection.execute("SELECT set_config('lock_timeout', %s, FALSE)", [f"{round(seconds * 1000)}ms"])
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", [key_of(name)])
    except LockNotAvailable:
        raise_alone(
            ScratchError(f"PostgreSQL was not checked: another run uses the database {name}", "wait until it has ended")
        )


def is_alive(connection: "Connection[Any]") -> bool:
    """Whether the session and its lock still exist. Sends a query, because the client cannot notice it otherwise."""
    from psycopg import OperationalError  # noqa: PLC0415 - SQLite users never load libpq

    try:
        connection.execute("SELECT 1")
    except OperationalError:
        return False
    return True


def held(connection: "Connection[Any]") -> frozenset[int]:
    """Return the keys of all advisory locks that are held on the server."""
    return frozenset(key for (key,) in connection.execute(_HELD))


def key_of(name: str) -> int:
    """Return the key of the lock of a database: 64 bits of a digest of its name."""
    return int.from_bytes(hashlib.sha256(f"hangar_dal scratch {name}".encode()).digest()[:8], signed=True)
