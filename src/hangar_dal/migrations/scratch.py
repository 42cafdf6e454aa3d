"""Scratch databases: empty databases that are created for a check and removed after it.

On PostgreSQL a scratch database is a new database on a server, or the throwaway database that the user names. If a
process is killed, the next run removes its scratch database.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.errors import ScratchError, SettingsError
from hangar_dal.migrations.guard import PostgresScratch, Scratch, SqliteScratch
from hangar_dal.migrations.leftovers import (
    CONNECTION_LIMIT,
    FOLDER_PREFIX,
    hold_folder,
    new_name,
    remove_databases,
    remove_folders,
)
from hangar_dal.migrations.locks import hold_forever, is_alive, lock
from hangar_dal.migrations.targets import MigrationTarget, PostgresMigrationTarget, SqliteMigrationTarget, target_of
from hangar_dal.migrations.throwaway import borrowed
from hangar_dal.settings import SqliteTarget

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK_TIMEOUT: Final = 10.0
_MAY_CREATE: Final = """
SELECT r.rolsuper OR r.rolcreatedb, r.rolname, extract(epoch FROM clock_timestamp())::bigint
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user
"""
_THIS: Final = """
SELECT d.datname, d.oid, pg_catalog.shobj_description(d.oid, 'pg_database')
FROM pg_catalog.pg_database AS d
WHERE d.datname = %s
"""


@dataclass(frozen=True, slots=True)
class Throwaway:
    """The URL of an empty PostgreSQL database to use instead of creating one."""

    url: str = field(repr=False)


Server = str | Throwaway
"""Where to create scratch databases of PostgreSQL: the URL of a server, or a throwaway database."""


@contextmanager
def empty_sqlite() -> Iterator[SqliteScratch]:
    """Create an empty SQLite file in a new temporary folder, and delete the folder after the block."""
    remove_folders()
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, ignore_cleanup_errors=True) as folder, hold_folder(folder):
        path = Path(folder) / "scratch.db"
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        made = path.stat()
        yield SqliteScratch(SqliteTarget(os.fspath(path)), _LOCK_TIMEOUT, device=made.st_dev, inode=made.st_ino)


@contextmanager
def empty_postgresql(server: Server | PostgresMigrationTarget) -> Iterator[PostgresScratch]:
    """Provide an empty PostgreSQL database for the block.

    It is a new database on the server, which is dropped after the block, or the throwaway database, which is emptied
    after the block. Raises `ScratchError` if the role may not create a database, and says what to grant.
    """
    if isinstance(server, PostgresMigrationTarget):
        target = server
    else:
        target = _server(server.url if isinstance(server, Throwaway) else server)
    with borrowed(target) if isinstance(server, Throwaway) else _created(target) as scratch:
        with closing(scratch.connect()) as connection:
            _make_search_path(scratch, connection)
        yield scratch


@contextmanager
def copy_of(scratch: PostgresScratch, server: str) -> Iterator[PostgresScratch]:
    """Provide a copy of a scratch database of the same server, and drop the copy after the block.

    Nobody may be connected to `scratch` while it is copied.
    """
    with _created(_server(server), template=scratch.database) as copy:
        yield copy


@contextmanager
def empty_like(target: MigrationTarget, throwaway: str | None = None) -> Iterator[Scratch]:
    """Provide a scratch database in the dialect of the target.

    On PostgreSQL it is on the target's server, or it is the database of the URL `throwaway`.
    """
    with ExitStack() as made:
        if isinstance(target, SqliteMigrationTarget):
            yield made.enter_context(empty_sqlite())
        else:
            server = Throwaway(throwaway) if throwaway is not None else target
            yield made.enter_context(empty_postgresql(server))


def _server(url: str) -> PostgresMigrationTarget:
    target = target_of(url)
    if isinstance(target, SqliteMigrationTarget):
        raise SettingsError("A scratch PostgreSQL database needs a postgresql:// URL.")
    return target


@contextmanager
def _created(target: PostgresMigrationTarget, template: str = "template0") -> Iterator[PostgresScratch]:
    """Create a database and drop it after the block. A session of another database holds its lock all the time."""
    with closing(target.connect()) as connection:
        hold_forever(connection)
        now = _when_allowed(target, connection)
        remove_databases(connection)
        name, token = new_name(now), token_hex(16)
        lock(connection, name)
        try:
            yield _create(target, connection, name, token, template)
        finally:
            if is_alive(connection):
                _drop(connection, name, token)
            else:
                with closing(target.connect()) as again:
                    _drop(again, name, token)


def _when_allowed(target: PostgresMigrationTarget, connection: "Connection[Any]") -> int:
    """Return the server's time in seconds since 1970. Raises `ScratchError` if the role may not create a database."""
    is_allowed, role, now = connection.execute(_MAY_CREATE).fetchall()[0]
    if not is_allowed:
        raise ScratchError(
            f"PostgreSQL was not checked: the role {role} may not create a scratch database at {target.location.where}",
            f"run ALTER ROLE {role} CREATEDB as an administrator of a server for development, or name an empty "
            "database with --throwaway URL or HANGAR_THROWAWAY_URL",
        )
    return int(now)


def _create(
    target: PostgresMigrationTarget, connection: "Connection[Any]", name: str, token: str, template: str
) -> PostgresScratch:
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - SQLite users never load libpq
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415 - SQLite users never load libpq

    # template0 is always empty and has no sessions. An administrator may have added objects to template1.
    create = SQL("CREATE DATABASE {} TEMPLATE {} CONNECTION LIMIT {}")
    connection.execute(create.format(Identifier(name), Identifier(template), Literal(CONNECTION_LIMIT)))
    [(_, oid, _)] = connection.execute(_THIS, [name]).fetchall()
    location = replace(
        target.location,
        conninfo=make_conninfo(target.location.conninfo, dbname=name),
        where=f"{target.location.where} ({name})",
    )
    made = PostgresScratch(location, target.lock_timeout, target.connect_timeout, database=name, oid=oid, token=token)
    connection.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), Literal(made.mark)))
    return made


def _drop(connection: "Connection[Any]", name: str, token: str) -> None:
    """Drop the database if its comment has the token of this run or is missing. Otherwise raise `ScratchError`."""
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - SQLite users never load libpq

    for _, _, comment in connection.execute(_THIS, [name]).fetchall():
        if comment is not None and not comment.endswith(token):
            raise ScratchError(f"The database {name} is not the one that this run made. It was not dropped.")
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _make_search_path(scratch: PostgresScratch, connection: "Connection[Any]") -> None:
    """Create the first schema of the search path that the URL or the role sets, if there is no current schema."""
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - SQLite users never load libpq

    [(current, path)] = connection.execute("SELECT current_schema(), current_setting('search_path')").fetchall()
    named = [_unquoted(name.strip()) for name in path.split(",")]
    if current is None and (wanted := [name for name in named if name and not name.startswith(("$", "pg_"))]):
        with scratch.changing(connection) as change:
            change.execute(SQL("CREATE SCHEMA {}").format(Identifier(wanted[0])))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
