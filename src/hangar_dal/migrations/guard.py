"""Make sure that SQL which fills, changes or empties a scratch database runs in no other database.

`PostgresScratch` and `SqliteScratch` check, on the server or on the file itself, that a connection leads to the
database that this run created. Only `scratch` and `throwaway` create them. All code that changes a scratch database
uses `changing` or `alone`. The backends of the migrations call `prove` in each transaction.

A PostgreSQL session never changes its database. So a check on a session also covers the next statements of the session,
even if they cannot run in a transaction (VACUUM, CREATE INDEX CONCURRENTLY). DROP DATABASE runs in a session of another
database and takes a name. The oid and the token of that database are compared just before. In between, only a database
with the same random name could take its place.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.errors import ScratchError
from hangar_dal.migrations.targets import MARK, PostgresMigrationTarget, SqliteMigrationTarget

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composable

_WHERE: Final = """
SELECT d.datname, d.oid, pg_catalog.shobj_description(d.oid, 'pg_database')
FROM pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
"""


class Change:
    """A connection that was just checked to lead to the scratch database. Only this module creates instances."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, command: "str | Composable", values: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        """Run one command and return the driver's cursor. The caller must quote the names in the command."""
        return self._connection.execute(command) if values is None else self._connection.execute(command, values)


@dataclass(frozen=True)
class PostgresScratch(PostgresMigrationTarget):
    """A PostgreSQL scratch database of this run. `token` is random and stored in the comment of the database."""

    database: str = field(kw_only=True)
    oid: int = field(kw_only=True)
    token: str = field(kw_only=True, repr=False)

    @property
    def mark(self) -> str:
        """The first line of the comment of the database."""
        return f"{MARK}{self.token}"

    def connect(self, *, read_only: bool = False) -> "Connection[Any]":
        """Connect. Raises `ScratchError`, before anything else runs, if the connection leads to another database."""
        connection = super().connect(read_only=read_only)
        with _closed_on_error(connection):
            self.prove(connection)
        return connection

    def prove(self, connection: "Connection[Any]") -> None:
        """Raise `ScratchError` unless this session is in the database that this run created."""
        rows = connection.execute(_WHERE).fetchall()
        if not rows or not self.is_this(*rows[0]):
            raise ScratchError(
                f"The connection does not lead to the scratch database {self.database} that this run made. "
                "Nothing was changed there. Check what is between this program and the server, such as a pooler "
                "that sends every name to the same database, and whether a migration changes the database's comment."
            )

    def is_this(self, database: str, oid: int, comment: str | None) -> bool:
        """Whether a database with this name, oid and comment is this scratch database."""
        return (database, oid) == (self.database, self.oid) and (comment or "").partition("\n")[0] == self.mark

    @contextmanager
    def changing(self, connection: "Connection[Any]") -> Iterator[Change]:
        """Open a transaction, or a savepoint inside one, and begin it with `prove`."""
        with connection.transaction():
            self.prove(connection)
            yield Change(connection)

    def alone(self, connection: "Connection[Any]") -> Change:
        """Call `prove`, then return a `Change` for one command that cannot run in a transaction."""
        self.prove(connection)
        return Change(connection)


@dataclass(frozen=True)
class SqliteScratch(SqliteMigrationTarget):
    """A SQLite file in a temporary folder of this run, identified by its device and inode."""

    device: int = field(kw_only=True)
    inode: int = field(kw_only=True)

    def connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        """Connect, and refuse ATTACH of any other file. Raises `ScratchError` if this run did not create the file."""
        connection = super().connect(read_only=read_only)
        with _closed_on_error(connection):
            self.prove(connection)
            connection.execute("PRAGMA synchronous = OFF")  # a scratch database need not survive a crash
        connection.set_authorizer(_refuse_other_files)
        return connection

    def prove(self, connection: sqlite3.Connection) -> None:
        """Raise `ScratchError` unless the connection's file is the one that this run created."""
        [path] = [file for _, name, file in connection.execute("PRAGMA database_list") if name == "main"]
        expected = Path(self.location.path)
        found = Path(path).stat() if path else None
        if (
            found is None
            or (found.st_dev, found.st_ino) != (self.device, self.inode)
            or Path(path).resolve() != expected.resolve()
        ):
            raise ScratchError("The connection does not lead to the scratch file that this run made.")

    @contextmanager
    def changing(self, connection: sqlite3.Connection) -> Iterator[Change]:
        """Open a transaction and begin it with `prove`."""
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            self.prove(connection)
            yield Change(connection)


Scratch = PostgresScratch | SqliteScratch


def changing_memory(connection: sqlite3.Connection) -> Change:
    """Return a `Change` for a database in memory. Raises `ScratchError` if the connection has any file."""
    if files := [file for _, _, file in connection.execute("PRAGMA database_list") if file]:
        raise ScratchError(f"A copy in memory was expected, but the connection has {len(files)} file(s).")
    return Change(connection)


@contextmanager
def _closed_on_error(connection: "Connection[Any] | sqlite3.Connection") -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _refuse_other_files(action: int, name: str | None, *_: Any) -> int:
    """Deny ATTACH, except with an empty name, which VACUUM uses.

    If a parameter supplies the name, `name` is None, and ATTACH is denied.
    """
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH and name != "" else sqlite3.SQLITE_OK
