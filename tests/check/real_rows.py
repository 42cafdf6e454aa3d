"""Databases that run a statement and forget it: what was read in its words is held against the rows that it gives."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.views import with_views
from hangar_dal.migrations import schema_postgresql, schema_sqlite

Answer = tuple[int, list[tuple[Any, ...]]] | None  # how many columns, and the rows; None if the statement was refused
Run = Callable[[str], Answer]
Database = tuple[Run, Tables]


@contextmanager
def on_sqlite(path: Path, schema: str) -> Iterator[Database]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(schema)

        def run(text: str) -> Answer:
            connection.execute("BEGIN")
            try:
                cursor = connection.execute(text)
                return len(cursor.description or ()), cursor.fetchmany(200)
            except sqlite3.Error:
                return None
            finally:
                connection.rollback()

        with SqliteProbe(path) as probe:
            tables = with_keys(probe.tables(), schema_sqlite.read_schema(connection))
            yield run, with_views(tables, probe.views(), "sqlite")


@contextmanager
def on_postgresql(url: str, schema: str) -> Iterator[Database]:
    with psycopg.connect(url) as connection:
        connection.execute(schema.encode())
        connection.execute("SET statement_timeout = '5s'")
        connection.commit()

        def run(text: str) -> Answer:
            try:
                cursor = connection.execute(text.encode())
                return len(cursor.description or ()), cursor.fetchall() if cursor.description else []
            except psycopg.Error:
                return None
            finally:
                connection.rollback()

        with PostgresProbe(url) as probe:
            tables = with_keys(probe.tables(), schema_postgresql.read_schema(connection))
            yield run, with_views(tables, probe.views(), "postgresql")
