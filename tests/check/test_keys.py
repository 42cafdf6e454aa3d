"""What fills itself, and what names one row alone, beside what a probe tells."""

import sqlite3
from contextlib import closing

import psycopg

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
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
