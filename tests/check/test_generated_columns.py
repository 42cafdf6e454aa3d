"""A generated column is never NULL if its expression is not."""

import sqlite3
from contextlib import closing

import psycopg

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.generated import with_generated
from hangar_dal.migrations import schema_postgresql, schema_sqlite

TABLE = """
CREATE TABLE "Words" (
    id integer NOT NULL PRIMARY KEY,
    word text NOT NULL,
    note text,
    fold text GENERATED ALWAYS AS (lower(word)) STORED UNIQUE,
    label text GENERATED ALWAYS AS (coalesce(note, 'none')) STORED,
    size integer GENERATED ALWAYS AS (length(word) + 1) STORED,
    tail text GENERATED ALWAYS AS (word || note) STORED,
    place text GENERATED ALWAYS AS (CASE WHEN id >= 3 THEN word END) STORED
)
"""
NULLABLE = {"note", "tail", "place"}


def nullable(tables: Tables) -> set[str]:
    return {name for name, column in tables.columns["Words"].items() if column.nullable}


def test_generated_columns_of_sqlite(empty_sqlite_url: str) -> None:
    path = empty_sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"{TABLE} STRICT")
        schema = schema_sqlite.read_schema(connection)
    with SqliteProbe(path) as probe:
        tables = with_keys(with_generated(probe.tables(), schema, "sqlite"), schema)
    assert (nullable(tables), tables.keys["Words"]) == (NULLABLE, (("id",), ("fold",)))


def test_generated_columns_of_postgresql(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url)) as connection:
        connection.execute(TABLE.encode())
        schema = schema_postgresql.read_schema(connection)
        connection.commit()
    with PostgresProbe(empty_postgres_url) as probe:
        tables = with_keys(with_generated(probe.tables(), schema, "postgresql"), schema)
    assert (nullable(tables), tables.keys["Words"]) == (NULLABLE, (("id",), ("fold",)))
