"""Takes over a database that has the tables but no history, after comparing them with what the migrations give.

The schema is built anew, migration by migration, where it harms nobody: SQLite in memory, PostgreSQL in a schema of
its own within a transaction that is rolled back. What the database has must equal one of these stages.
Stands beside `commands`, above the readers of schemas.
"""

import re
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from secrets import token_hex
from typing import Any, Final

from hangar_dal.errors import MigrationError, SchemaDiffers
from hangar_dal.migrations import schema_postgresql, schema_sqlite
from hangar_dal.migrations.places import Place
from hangar_dal.migrations.running import run
from hangar_dal.migrations.schema import Schema, differences
from hangar_dal.migrations.scripts import Script, packaged_folder, read_script
from hangar_dal.schema_history import APPLIED_SQL, packaged_ids
from hangar_dal.sqlscan import Dialect

# Cannot run in a transaction, and builds the same index without it.
_CONCURRENTLY: Final = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)


def migrations_present(place: Place, connection: Any) -> tuple[str, ...]:
    """The migrations whose tables, columns, rules and indexes are exactly those of the database, in order.

    Tables that no migration knows are nobody's business here. Raises `SchemaDiffers` if the database is like no
    stage, `MigrationError` if it has a history, or nothing to adopt.
    """
    if connection.execute(APPLIED_SQL).fetchone() is not None:
        raise MigrationError(f"{place.target.where} has a history of migrations already; `apply` brings it up to date")
    found, stages = _read(place.dialect, connection)
    ours = frozenset[str]().union(*(stage.names for stage in stages))
    found = found.only(ours)
    if not found.tables:
        raise MigrationError(f"{place.target.where} has none of the tables; there is nothing to adopt, only to apply")
    # Of two equal stages the earlier: what changed rows alone between them cannot be seen, and is not taken on trust.
    for count, stage in enumerate(stages):
        if stage == found:
            return packaged_ids()[:count]
    nearest = min((differences(stage, found) for stage in reversed(stages)), key=len)  # of equals the latest
    raise SchemaDiffers(
        f"{place.target.where} is not adopted, and nothing was marked: its schema is not what the migrations give",
        differences=nearest,
    )


def _read(dialect: Dialect, connection: Any) -> tuple[Schema, list[Schema]]:
    """What the database has, and what it would have after none, one, two ... of the migrations."""
    if dialect == "sqlite":
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as scratch:
            return schema_sqlite.read_schema(connection), [
                schema_sqlite.read_schema(scratch) for _ in _applying(dialect, scratch)
            ]
    with _rolled_back(connection):
        found = schema_postgresql.read_schema(connection)
        name = f"hangar_scratch_{token_hex(6)}"
        connection.execute(f"CREATE SCHEMA {name}")
        connection.execute(f"SET LOCAL search_path = {name}")
        return found, [schema_postgresql.read_schema(connection) for _ in _applying(dialect, connection)]


def _applying(dialect: Dialect, connection: Any) -> Generator[None]:
    yield
    for migration in packaged_ids():
        script = read_script(packaged_folder(), migration, dialect, "apply")
        run(Script(script.name, dialect, _CONCURRENTLY.sub("", script.text), transactional=True), connection)
        yield


@contextmanager
def _rolled_back(connection: Any) -> Generator[None]:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    try:
        yield
    finally:
        connection.rollback()
