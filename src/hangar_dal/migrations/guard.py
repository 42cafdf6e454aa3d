"""The one door to SQL that fills, changes or empties a scratch database.

`PostgresScratch` and `SqliteScratch` are places that prove, on the server or on the file itself, that a connection
leads to the very database that this run made. They are made by `scratch` and `throwaway` alone. Everything that
changes a scratch goes through `changing` or `alone`, and the migrations' backends call `prove` in each transaction.

A PostgreSQL session never leaves its database. That is why a proof on a session also holds for the statements that
follow on it and cannot run in a transaction (VACUUM, CREATE INDEX CONCURRENTLY). DROP DATABASE runs on another
database's session and goes by a name; the name's oid and token are compared right before it. Between the two, another
role's database could take its place only if it had the same random name. Builds on `targets`.
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
    """A scratch database that was just proved to be that one. Only this module makes it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, command: "str | Composable", values: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        """Run one command. The names in it are quoted by the caller."""
        return self._connection.execute(command) if values is None else self._connection.execute(command, values)


@dataclass(frozen=True)
class PostgresScratch(PostgresMigrationTarget):
    """A PostgreSQL database of this run. `token` is random and written into the database's comment."""

    database: str = field(kw_only=True)
    oid: int = field(kw_only=True)
    token: str = field(kw_only=True, repr=False)

    @property
    def mark(self) -> str:
        """What the comment of the database begins with."""
        return f"{MARK}{self.token}"

    def connect(self, *, read_only: bool = False) -> "Connection[Any]":
        """Raises `ScratchError`, before anything runs, if the connection leads elsewhere."""
        connection = super().connect(read_only=read_only)
        with _closed_on_error(connection):
            self.prove(connection)
        return connection

    def prove(self, connection: "Connection[Any]") -> None:
        """Raises `ScratchError` unless this session is in the database that this run made."""
        rows = connection.execute(_WHERE).fetchall()
        if not rows or not self.is_this(*rows[0]):
            raise ScratchError(
                f"The connection does not lead to the scratch database {self.database} that this run made. "
                "Nothing was changed there. Check what is between this program and the server, such as a pooler "
                "that sends every name to the same database, and whether a migration changes the database's comment."
            )

    def is_this(self, database: str, oid: int, comment: str | None) -> bool:
        """Whether a row of pg_database with its comment is this scratch."""
        return (database, oid) == (self.database, self.oid) and (comment or "").partition("\n")[0] == self.mark

    @contextmanager
    def changing(self, connection: "Connection[Any]") -> Iterator[Change]:
        """A transaction, or a savepoint of one, that begins with the proof."""
        with connection.transaction():
            self.prove(connection)
            yield Change(connection)

    def alone(self, connection: "Connection[Any]") -> Change:
        """For one command that cannot run in a transaction: the proof comes right before it, on the same session."""
        self.prove(connection)
        return Change(connection)


@dataclass(frozen=True)
class SqliteScratch(SqliteMigrationTarget):
    """A SQLite file in a temporary folder of this run, known by its device and inode."""

    device: int = field(kw_only=True)
    inode: int = field(kw_only=True)

    def connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        """No other file can be attached: a migration that tries it fails."""
        connection = super().connect(read_only=read_only)
        with _closed_on_error(connection):
            self.prove(connection)
            connection.execute("PRAGMA synchronous = OFF")  # a scratch need not survive a crash
        connection.set_authorizer(_refuse_other_files)
        return connection

    def prove(self, connection: sqlite3.Connection) -> None:
        """Raises `ScratchError` unless the connection's file is the one that this run made."""
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
        """A transaction that begins with the proof."""
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            self.prove(connection)
            yield Change(connection)


Scratch = PostgresScratch | SqliteScratch


def changing_memory(connection: sqlite3.Connection) -> Change:
    """The same for a copy in memory: raises `ScratchError` if the connection has any file."""
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
    """VACUUM attaches a file whose name is empty. A name that comes from a parameter is None here."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH and name != "" else sqlite3.SQLITE_OK
