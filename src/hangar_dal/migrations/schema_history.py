"""The schemas after each migration, built in a scratch database, and the schema of a database to compare."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations import schema_postgresql, schema_sqlite
from hangar_dal.migrations.beyond import refuse_beyond
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.guard import PostgresScratch, Scratch
from hangar_dal.migrations.running import explain, run
from hangar_dal.migrations.schema import Schema
from hangar_dal.sqlscan import Dialect

_OTHER_SCHEMAS: Final = """
SELECT n.nspname
FROM pg_catalog.pg_namespace AS n
WHERE
    n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', coalesce(current_schema(), ''))
    AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname COLLATE "C"
"""


@dataclass(frozen=True, slots=True)
class SchemaHistory:
    """`found` is the schema of the database. `stages` are the schemas after none, one, two ... of the migrations."""

    found: Schema
    stages: tuple[Schema, ...]

    @property
    def ours(self) -> Schema:
        """The schema of the database, without objects that no migration creates."""
        return self.found.only(frozenset[str]().union(*(stage.names for stage in self.stages)))


def read_schema(dialect: Dialect, connection: Any) -> Schema:
    """Return the schema of the database. On PostgreSQL, read the current schema; this needs an open transaction."""
    if dialect == "sqlite":
        return schema_sqlite.read_schema(connection)
    return schema_postgresql.read_schema(connection)


def read_alone(dialect: Dialect, connection: Any) -> Schema:
    """Return the schema as `read_schema` does, in a new read-only transaction that is rolled back."""
    connection.execute("BEGIN READ ONLY" if dialect == "postgresql" else "BEGIN")
    try:
        return read_schema(dialect, connection)
    finally:
        connection.rollback()


def read_everywhere(dialect: Dialect, connection: Any) -> Schema:
    """Return the current schema as `read_alone` does, with the tables of the other schemas of PostgreSQL.

    The names of these tables have the form `schema.table`. Schemas that the role may not use are left out.
    """
    found = read_alone(dialect, connection)
    if dialect == "sqlite":
        return found
    tables, others = list(found.tables), list(found.others)
    for (name,) in connection.execute(_OTHER_SCHEMAS).fetchall():
        connection.execute("BEGIN READ ONLY")
        try:
            connection.execute("SELECT set_config('search_path', quote_ident(%s), TRUE)", [name])
            more = read_schema(dialect, connection)
        finally:
            connection.rollback()
        tables += [replace(table, name=f"{name}.{table.name}") for table in more.tables]
        others += [replace(other, table=f"{name}.{other.table}") for other in more.others if other.table]
    return Schema(tuple(tables), tuple(others))


def build_schema_history(scratch: Scratch, migrations: Sequence[MigrationFiles]) -> tuple[Schema, ...]:
    """Return the schemas after none, one, two ... of the migrations. The scratch database must be empty."""
    if isinstance(scratch, PostgresScratch):
        refuse_beyond(migrations)
    with closing(scratch.connect()) as connection:
        try:
            return tuple(_build(scratch, connection, migrations))
        except Exception as error:
            if reason := explain(error):
                raise_alone(MigrationError(f"the migrations in a scratch {scratch.dialect} database: {reason}"))
            raise


def _build(scratch: Scratch, connection: Any, migrations: Sequence[MigrationFiles]) -> Generator[Schema]:
    yield read_alone(scratch.dialect, connection)
    for migration in migrations:
        script = migration.script(scratch.dialect)
        if script.transactional:
            with scratch.changing(connection):
                run(script, connection)
        else:
            scratch.prove(connection)
            run(script, connection)
        yield read_alone(scratch.dialect, connection)
