"""The schema that migrations give, stage by stage, beside what a database has.

It is built anew where it harms nobody: SQLite in memory, PostgreSQL in a schema of its own within a transaction that
is rolled back. Stands above the readers of schemas.
"""

import re
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from hangar_dal.migrations import schema_postgresql, schema_sqlite
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.running import run
from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.scripts import Script
from hangar_dal.sqlscan import Dialect

# Cannot run in a transaction, and builds the same index without it.
_CONCURRENTLY: Final = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stages:
    """`found` is all that the database has; `given` what it would have after none, one, two ... of the migrations."""

    found: Schema
    given: tuple[Schema, ...]

    @property
    def ours(self) -> Schema:
        """What was found, without the tables that no migration knows."""
        return self.found.only(frozenset[str]().union(*(stage.names for stage in self.given)))


def read_schema(dialect: Dialect, connection: Any) -> Schema:
    """The tables of the database; on PostgreSQL those of the current schema, and only within a transaction."""
    if dialect == "sqlite":
        return schema_sqlite.read_schema(connection)
    return schema_postgresql.read_schema(connection)


def read_stages(dialect: Dialect, connection: Any, migrations: Sequence[MigrationFiles]) -> Stages:
    """The connection must not be in a transaction, and on PostgreSQL not be read-only."""
    if dialect == "sqlite":
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as scratch:
            return Stages(read_schema(dialect, connection), tuple(_build(dialect, scratch, migrations)))
    with _rolled_back(connection):
        found = read_schema(dialect, connection)
        name = f"hangar_scratch_{token_hex(6)}"
        connection.execute(f"CREATE SCHEMA {name}")
        connection.execute(f"SET LOCAL search_path = {name}")
        return Stages(found, tuple(_build(dialect, connection, migrations)))


def _build(dialect: Dialect, connection: Any, migrations: Sequence[MigrationFiles]) -> Generator[Schema]:
    yield read_schema(dialect, connection)
    for migration in migrations:
        script = migration.script(dialect)
        run(Script(script.name, dialect, _CONCURRENTLY.sub("", script.text), transactional=True), connection)
        yield read_schema(dialect, connection)


@contextmanager
def _rolled_back(connection: Any) -> Generator[None]:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        yield
    finally:
        connection.rollback()
