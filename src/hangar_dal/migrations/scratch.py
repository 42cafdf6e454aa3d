"""Empty databases that live as long as a check, and are dropped whatever happens.

On PostgreSQL a database of its own on the server that is given, or where the role may not create one, a schema.
Stands above `places`.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, LiteralString

from hangar_dal.errors import SettingsError, StatementError
from hangar_dal.migrations.places import PostgresPlace, SqlitePlace, place_of
from hangar_dal.settings import SqliteTarget

if TYPE_CHECKING:
    from psycopg import Connection

# `hangar_check_<seconds since 1970 by the server's clock>_<random>`: the name alone tells what it is and how old.
_PREFIX: Final = "hangar_check_"
_NAME: Final = re.compile(rf"{_PREFIX}([0-9]{{1,12}})_[0-9a-f]{{12}}")
# No check takes that long; what is older belonged to a process that was killed.
_STALE_SECONDS: Final = 24 * 60 * 60
_OWN: Final = """
SELECT 'DATABASE' AS kind, d.datname AS name, extract(epoch FROM clock_timestamp())::bigint AS now
FROM pg_catalog.pg_database AS d
INNER JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba AND r.rolname = current_user
UNION ALL
SELECT 'SCHEMA' AS kind, n.nspname AS name, extract(epoch FROM clock_timestamp())::bigint AS now
FROM pg_catalog.pg_namespace AS n
INNER JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner AND r.rolname = current_user
"""
_MAY_CREATE: Final = """
SELECT
    r.rolsuper OR r.rolcreatedb,
    has_database_privilege(current_database(), 'CREATE'),
    extract(epoch FROM clock_timestamp())::bigint
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user
"""
_LOCK_TIMEOUT: Final = 10.0


@contextmanager
def empty_sqlite() -> Iterator[SqlitePlace]:
    """A SQLite file, not made yet, in a temporary folder of its own."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        yield SqlitePlace(SqliteTarget(os.fspath(Path(folder) / "scratch.db")), _LOCK_TIMEOUT)


@contextmanager
def empty_postgresql(url: str) -> Iterator[PostgresPlace]:
    """An empty database on the server of `url`, whose own database is not touched.

    Dropped in the end, open connections or not. What a killed run left is dropped a day later.
    """
    place = place_of(url)
    if isinstance(place, SqlitePlace):
        raise SettingsError("the check needs the postgresql:// URL of a server on which it may create a database")
    with place.connect() as connection:
        _drop_stale(connection)
        is_database, now = _what_may_be_created(connection)
    name = f"{_PREFIX}{now}_{token_hex(6)}"
    try:
        with place.connect() as connection:
            # template0: nobody is connected to it, and nothing that an administrator added there hides a mistake.
            _execute(connection, "CREATE DATABASE {} TEMPLATE template0" if is_database else "CREATE SCHEMA {}", name)
        yield _inside(place, name, is_database=is_database)
    finally:
        with place.connect() as connection:
            drop = "DROP DATABASE IF EXISTS {} WITH (FORCE)" if is_database else "DROP SCHEMA IF EXISTS {} CASCADE"
            _execute(connection, drop, name)


def _what_may_be_created(connection: "Connection[Any]") -> tuple[bool, int]:
    """Whether a database (else a schema), and the server's clock in seconds."""
    database, schema, now = connection.execute(_MAY_CREATE).fetchall()[0]
    if not (database or schema):
        raise StatementError(
            "the role may create neither a database nor a schema to check against; grant it CREATEDB on a server for "
            "development, or pass the URL of another server"
        )
    return database, now


def _inside(place: PostgresPlace, name: str, *, is_database: bool) -> PostgresPlace:
    """The same server and login. A schema is alone in its search path, so that no other table is found by mistake."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415 - a SQLite user need not have libpq

    given = place.target.conninfo
    if is_database:
        conninfo = make_conninfo(given, dbname=name)
    else:
        before = conninfo_to_dict(given).get("options") or os.environ.get("PGOPTIONS", "")
        conninfo = make_conninfo(given, options=f"{before} -c search_path={name}".strip())
    return replace(place, target=replace(place.target, conninfo=conninfo, where=f"{place.target.where} ({name})"))


def _drop_stale(connection: "Connection[Any]") -> None:
    """Only what this role owns. PostgreSQL itself refuses to drop a database that somebody is connected to."""
    from psycopg import Error  # noqa: PLC0415 - SQLite users never load libpq

    for kind, name, now in connection.execute(_OWN).fetchall():
        made = _NAME.fullmatch(name)
        if made and now - int(made[1]) > _STALE_SECONDS:
            with suppress(Error):  # in use, or another run was faster
                _execute(connection, "DROP DATABASE {}" if kind == "DATABASE" else "DROP SCHEMA {} CASCADE", name)


def _execute(connection: "Connection[Any]", command: LiteralString, name: str) -> None:
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - SQLite users never load libpq

    connection.execute(SQL(command).format(Identifier(name)))
