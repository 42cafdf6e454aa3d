"""The keys of tables, and the columns that the database fills."""

import sqlite3
from contextlib import closing

import psycopg

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import NullableUniqueKey, Tables
from hangar_dal.migrations import schema_postgresql, schema_sqlite

POSTGRESQL = """
CREATE DOMAIN colour AS text DEFAULT 'red';
CREATE TABLE plain (id bigint PRIMARY KEY, colour colour NOT NULL, size text NOT NULL);
CREATE TABLE filled (id bigint PRIMARY KEY, size text NOT NULL);
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.size := 7; RETURN NEW; END';
CREATE TRIGGER fills BEFORE UPDATE OR INSERT ON filled FOR EACH ROW EXECUTE FUNCTION fill();
CREATE TRIGGER follows AFTER INSERT ON plain FOR EACH ROW EXECUTE FUNCTION fill()
"""
SQLITE = """
CREATE TABLE filled (id integer NOT NULL PRIMARY KEY, size text NOT NULL);
CREATE TRIGGER fills BEFORE INSERT ON filled BEGIN SELECT 7; END;
"""


def columns_that_fill_themselves(tables: Tables) -> set[str]:
    return {
        f"{table}.{name}"
        for table, columns in tables.columns.items()
        for name, column in columns.items()
        if column.fills_itself
    }


def test_a_domain_and_a_trigger_of_postgresql_fill_columns(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as connection:
        for statement in POSTGRESQL.split(";\n"):
            connection.execute(statement.encode())
        with connection.transaction():
            schema = schema_postgresql.read_schema(connection)
    with PostgresProbe(empty_postgres_url) as probe:
        tables = with_keys(probe.tables(), schema)
    assert columns_that_fill_themselves(tables) == {"plain.colour", "filled.id", "filled.size"}
    assert tables.keys == {"plain": (("id",),), "filled": (("id",),)}


def test_a_trigger_of_sqlite_fills_no_column(empty_sqlite_url: str) -> None:
    path = empty_sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SQLITE)
        schema = schema_sqlite.read_schema(connection)
    with SqliteProbe(path) as probe:
        tables = with_keys(probe.tables(), schema)
    assert columns_that_fill_themselves(tables) == {"filled.id"}


INDEXES = """
CREATE TABLE t (id integer PRIMARY KEY, a text, b text NOT NULL, "where" text);
CREATE UNIQUE INDEX i1 ON t (b);
CREATE UNIQUE INDEX i2 ON t (a);
CREATE UNIQUE INDEX i3 ON t (b DESC) WHERE "where" IS NULL
"""
LOOSE = (NullableUniqueKey(("a",)), NullableUniqueKey(("b",), '"where" IS NULL'))


def test_a_unique_index_of_postgresql_is_a_key_if_no_two_rows_can_be_equal(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url)) as connection:
        connection.execute(INDEXES.encode())
        has_option = connection.info.server_version >= 150_000
        if has_option:
            connection.execute(b'CREATE UNIQUE INDEX i4 ON t ("where") NULLS NOT DISTINCT')
        schema = schema_postgresql.read_schema(connection)
        connection.commit()
    with PostgresProbe(empty_postgres_url) as probe:
        tables = with_keys(probe.tables(), schema)
    assert tables.keys["t"] == (("id",), ("b",), *([("where",)] if has_option else []))
    assert tables.loose["t"] == LOOSE


def test_a_unique_index_of_sqlite_is_a_key_if_no_two_rows_can_be_equal(empty_sqlite_url: str) -> None:
    path = empty_sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(INDEXES)
        schema = schema_sqlite.read_schema(connection)
    with SqliteProbe(path) as probe:
        tables = with_keys(probe.tables(), schema)
    assert tables.keys["t"] == (("id",), ("b",))
    assert [(key.columns, key.where.upper()) for key in tables.loose["t"]] == [
        (key.columns, key.where.upper()) for key in LOOSE
    ]
