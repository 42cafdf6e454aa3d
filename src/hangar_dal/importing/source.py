"""Read the database that is imported, without changing it."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hangar_dal.errors import ConnectionFailed, MigrationError, SettingsError, raise_alone
from hangar_dal.importing.model import Imported
from hangar_dal.importing.sqlite import read_sqlite
from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.schema_history import read_schema
from hangar_dal.migrations.targets import MigrationTarget, SqliteMigrationTarget, target_of
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True)
class Source:
    """A database as it was read. `schemas` are its schemas by name, the main one first; that of SQLite has no name."""

    dialect: Dialect
    name: str
    where: str
    imported: Imported
    schemas: dict[str, Schema]


def source_target(given: str) -> MigrationTarget:
    """Return the database of a URL, or of the path of a SQLite file. Raises `SettingsError` if it does not exist."""
    url = given if "://" in given else f"sqlite:///{quote(os.path.abspath(given))}"  # noqa: PTH100 - without links
    target = target_of(url)
    if not target.exists:
        raise SettingsError(f"{target.location.where} does not exist; pass the URL of a database, or an existing file")
    return target


def read_source(target: MigrationTarget, schemas: Sequence[str] = ()) -> Source:
    """Read the database. Raises `MigrationError` if it has no tables."""
    names: tuple[str, ...] = ("",)
    connection: Any
    with closing(target.connect(read_only=True)) as connection:
        if isinstance(target, SqliteMigrationTarget):
            if schemas:
                raise SettingsError("--schema: SQLite has no schemas; leave it out")
            _refuse_other_files(connection, target)
            imported = read_sqlite(connection)
        else:
            from hangar_dal.importing.postgresql.reading import read_postgresql  # noqa: PLC0415 - only for PostgreSQL

            imported, names = read_postgresql(connection, schemas)
        found = {name: schema_of(target.dialect, connection, name) for name in names}
    if not imported.tables:
        raise MigrationError(f"{target.location.where} has no tables, so there is nothing to import")
    return Source(target.dialect, _name(target), target.location.where, imported, found)


def schema_of(dialect: Dialect, connection: Any, name: str) -> Schema:
    """Return the schema of this name as adoption reads it, in a read-only transaction that is rolled back.

    Raises `SettingsError` if the role may not use the schema: then the names of its objects cannot be compared.
    """
    connection.execute("BEGIN READ ONLY" if dialect == "postgresql" else "BEGIN")
    try:
        if dialect == "postgresql":
            connection.execute("SELECT set_config('search_path', quote_ident(%s), TRUE)", [name])
            if connection.execute("SELECT current_schema()").fetchone()[0] is None:
                message = f"the role may not use the schema {name}, so it cannot be compared"
                raise SettingsError(f"{message}; run GRANT USAGE ON SCHEMA {name}, or name other schemas with --schema")
        return read_schema(dialect, connection)
    finally:
        connection.rollback()


def _refuse_other_files(connection: Any, target: MigrationTarget) -> None:
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except Exception:
        raise_alone(ConnectionFailed(f"{target.location.where} is not a SQLite database", "check the path"))


def _name(target: MigrationTarget) -> str:
    """Return the name of the database, or of the file without its ending."""
    if isinstance(target, SqliteMigrationTarget):
        return Path(target.location.path).stem
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - only for PostgreSQL

    return str(conninfo_to_dict(target.location.conninfo).get("dbname") or "database")
