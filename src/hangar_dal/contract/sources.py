"""Who answers for a database: a live scratch one, or what was written down of one. Stands above the probes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

import psycopg

from hangar_dal.contract.describe_postgresql import PostgresProbe
from hangar_dal.contract.describe_sqlite import SqliteProbe
from hangar_dal.contract.facts import Described, Tables
from hangar_dal.contract.keys import with_keys
from hangar_dal.contract.project import Project
from hangar_dal.contract.scratch import scratch_postgresql, scratch_sqlite
from hangar_dal.migrations import schema_postgresql, schema_sqlite
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect


class Source(Protocol):
    """What a check asks of a database; a snapshot answers the same."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def tables(self) -> Tables: ...
    def describe(self, variant: Variant) -> Described: ...


@dataclass(frozen=True)
class Live:
    """A probe of a scratch database, its tables read once."""

    probe: SqliteProbe | PostgresProbe
    tables: Tables

    @property
    def dialect(self) -> Dialect:
        return self.probe.dialect

    def describe(self, variant: Variant) -> Described:
        return self.probe.describe(variant)


@contextmanager
def live_sqlite(project: Project) -> Iterator[Live]:
    """A scratch file, migrated; gone afterwards."""
    with scratch_sqlite(project) as path, SqliteProbe(path) as probe:
        with closing(sqlite3.connect(path)) as connection:
            schema = schema_sqlite.read_schema(connection)
        yield Live(probe, with_keys(probe.tables(), schema))


@contextmanager
def live_postgresql(project: Project, url: str) -> Iterator[Live]:
    """A scratch database on this server, migrated; dropped afterwards."""
    with scratch_postgresql(project, url) as conninfo, PostgresProbe(conninfo) as probe:
        with psycopg.connect(conninfo) as connection:
            schema = schema_postgresql.read_schema(connection)
        yield Live(probe, with_keys(probe.tables(), schema))
