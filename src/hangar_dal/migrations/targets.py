"""The database to migrate: its location, its timeouts and how to connect to it.

Connections are in autocommit mode; the caller begins transactions. Imports psycopg only for a PostgreSQL server.
"""

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from hangar_dal import minimum_versions
from hangar_dal.database.postgresql.meanings import SET_MEANINGS
from hangar_dal.database.postgresql.planted import (
    ANY_OF_OTHERS,
    FIND_CREATOR,
    FIND_FOREIGN,
    FIND_PLANTED,
    PIN,
    creator,
    foreign_schema,
    refusal,
)
from hangar_dal.database.sqlite.file import file_uri, real_path
from hangar_dal.database.sqlite.opened_files import FileConnection
from hangar_dal.errors import ConnectionFailed, MigrationError, UnsupportedVersion, raise_alone
from hangar_dal.settings import PostgresTarget, Settings, SqliteTarget

if TYPE_CHECKING:
    from psycopg import Connection

# The beginning of the comment of a scratch database.
MARK: Final = "hangar_dal scratch "
_COMMENT: Final = """
SELECT pg_catalog.shobj_description(d.oid, 'pg_database')
FROM pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
"""


@dataclass(frozen=True, slots=True)
class SqliteMigrationTarget:
    """A SQLite file, which may not exist yet. Timeouts are in seconds."""

    dialect: ClassVar[Literal["sqlite"]] = "sqlite"
    location: SqliteTarget
    lock_timeout: float

    @property
    def exists(self) -> bool:
        """Whether the file exists. Raises `ConnectionFailed` if its folder does not exist or cannot be searched."""
        path = real_path(self.location)
        try:
            path.stat()
        except FileNotFoundError:
            if path.parent.is_dir():
                return False
            reason = f"the folder {path.parent} does not exist; create it, or check the URL of the database"
            raise_alone(ConnectionFailed(f"{self.location.where}: {reason}"))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise_alone(ConnectionFailed(f"{self.location.where}: {reason}; check the URL of the database"))
        return True

    def connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        """Connect. Creates a missing file, with permissions for the owner only, unless `read_only` is set.

        Raises `ConnectionFailed` if the file cannot be opened, and `UnsupportedVersion` if SQLite is too old.
        """
        if sqlite3.sqlite_version_info < minimum_versions.SQLITE:
            needed = ".".join(map(str, minimum_versions.SQLITE))
            raise UnsupportedVersion(f"SQLite {sqlite3.sqlite_version} is too old; {needed} or newer is needed")
        source = file_uri(self.location, read_only=read_only)
        try:
            connection = FileConnection(source, self.location.path, timeout=self.lock_timeout)
        except sqlite3.Error:
            raise_alone(
                ConnectionFailed(f"{self.location.where} cannot be opened; its directory must exist and be writable")
            )
        # Some builds turn foreign keys on. Then rebuilding a table in a migration would delete rows that refer to it.
        connection.execute("PRAGMA foreign_keys = OFF")
        return connection

    def prove(self, connection: sqlite3.Connection) -> None:
        """Do nothing: the user named this database. Scratch databases, in `guard`, override this method."""


@dataclass(frozen=True, slots=True)
class PostgresMigrationTarget:
    """A PostgreSQL database. Timeouts are in seconds.

    `exists` is always True: connecting fails if the database does not exist. With `trusts_all_roles`, functions of
    other roles that have the name of a function of PostgreSQL are accepted.
    """

    dialect: ClassVar[Literal["postgresql"]] = "postgresql"
    exists: ClassVar[bool] = True
    location: PostgresTarget
    lock_timeout: float
    connect_timeout: float
    trusts_all_roles: bool = False

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Leave out the password: yoyo pickles the target as the key of a cache, and never reads it back."""
        return str, (self.location.where,)

    def connect(self, *, read_only: bool = False) -> "Connection[Any]":
        """Connect. Raises `ConnectionFailed` with the reason of libpq, which never contains the password."""
        import psycopg  # noqa: PLC0415 - a SQLite user need not have libpq

        seconds = max(1, round(self.connect_timeout))
        try:
            connection = psycopg.connect(self.location.conninfo, autocommit=True, connect_timeout=seconds)
        except psycopg.Error as error:
            told = [line for line in str(error).splitlines() if not line[:1].isspace()]  # hints are indented
            reason = told[-1].rpartition("failed: ")[2] if told else "no reason was given"
            raise_alone(
                ConnectionFailed(
                    f"PostgreSQL at {self.location.where}: {reason}", "check that it runs and that its URL is right"
                )
            )
        try:
            _refuse_old_server(connection)
            _refuse_pooler(connection)
            connection.execute(SET_MEANINGS)
            if read_only:  # psycopg's `read_only` has no effect in autocommit mode
                connection.execute("SET default_transaction_read_only = on")
            if not self.trusts_all_roles:
                _refuse_planted(connection, self.location.where)
        except BaseException:
            connection.close()
            raise
        return connection

    def prove(self, connection: "Connection[Any]") -> None:
        """Raise `MigrationError` if the database is marked as the throwaway database of a check.

        Migrations there would be lost, because a check empties the database. The mark also stays if a check is killed.
        """
        [(comment,)] = connection.execute(_COMMENT).fetchall()
        if comment is not None and comment.startswith(MARK):
            raise MigrationError(
                f"{self.location.where} is the throwaway database of a check that runs or was killed, and will be "
                "emptied",
                "use another database, or keep this one by COMMENT ON DATABASE ... IS NULL",
            )


MigrationTarget = SqliteMigrationTarget | PostgresMigrationTarget


def target_of(url: str | None) -> MigrationTarget:
    """Return the target of `url`, or else of the settings.

    Raises `MigrationError` for `:memory:`, because that database exists only inside one connection.
    """
    settings = Settings() if url is None else Settings(database_url=url)
    if isinstance(settings.target, PostgresTarget):
        trusts_all_roles = settings.allow_public_create
        return PostgresMigrationTarget(
            settings.target, settings.lock_timeout, settings.connect_timeout, trusts_all_roles
        )
    if settings.target.path == ":memory:":
        raise MigrationError(":memory: is migrated whenever it is opened, so no command can migrate it")
    return SqliteMigrationTarget(settings.target, settings.lock_timeout)


def _refuse_old_server(connection: "Connection[Any]") -> None:
    version = connection.info.server_version // 10_000
    if version < minimum_versions.POSTGRESQL:
        raise UnsupportedVersion(f"PostgreSQL {version} is too old; {minimum_versions.POSTGRESQL} or newer is needed")


def _refuse_planted(connection: "Connection[Any]", where: str) -> None:
    with connection.transaction():
        connection.execute(PIN)
        foreign = connection.execute(FIND_FOREIGN).fetchone()
        granted = connection.execute(FIND_CREATOR).fetchone()
        is_needed = connection.execute(ANY_OF_OTHERS).fetchone() is not None
        found = connection.execute(FIND_PLANTED).fetchone() if is_needed else None
    if foreign is not None:
        raise foreign_schema(foreign, where)
    if found is not None:
        raise refusal(found, where)
    if granted is not None:
        raise creator(granted, where)


def _refuse_pooler(connection: "Connection[Any]") -> None:
    """Raise `ConnectionFailed` behind a connection pooler: session settings would reach the pooler's other clients."""
    rows = connection.execute("SELECT pg_catalog.pg_backend_pid()").fetchall()
    if rows[0][0] != connection.info.backend_pid:  # a pooler gives its clients a made-up number
        raise ConnectionFailed(
            "this URL leads to a connection pooler. Migrations and checks change settings of their session, which "
            "would reach the pooler's other clients: use the URL of the PostgreSQL server itself"
        )
