"""PostgreSQL databases that stay open, and that one test leaves to the next with the rows of a fresh database.

To copy, open and drop a database costs several times what most tests of the domains do in it: a new session reads the
catalogs anew and plans every trigger and foreign key anew. So the tests of one process share one open database for each
catalog. After a test, the rows that it wrote are deleted, and those of the migrations are as they were. If it did more
than that (changed a table, used a sequence, closed the database, left a connection in use), its database is dropped.

The folders whose `conftest.py` imports these fixtures work so; in all others each test has a database of its own.
"""

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Self

import psycopg
import pytest

from hangar_dal import Catalog, Database, Settings, open_database
from hangar_dal.errors import DatabaseError
from tests.helpers.clock import Clock
from tests.helpers.database_templates import RUN
from tests.helpers.pgbouncer import pooled_url
from tests.helpers.postgres_server import Server

# After so many deleted rows a database is dropped: nothing vacuums it, and its size would give later tests other plans.
MOST_DELETED = 2000
TABLES = """
SELECT format('%I', relname) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""
# A change of a table, its columns, rules, indexes, triggers or rights, of a view, a function, a schema, a setting or a
# sequence changes one of these. Types, operators and comments are not looked at.
SCHEMA = """
SELECT (SELECT (count(*), max(xmin::text::bigint)) FROM pg_class WHERE oid >= 16384)::text,
       (SELECT (count(*), max(xmin::text::bigint)) FROM pg_attribute WHERE attrelid >= 16384)::text,
       (SELECT (count(*), max(xmin::text::bigint)) FROM pg_constraint WHERE oid >= 16384)::text,
       (SELECT (count(*), max(xmin::text::bigint)) FROM pg_proc WHERE oid >= 16384)::text,
       (SELECT (count(*), max(xmin::text::bigint)) FROM pg_trigger)::text,
       (SELECT (count(*), max(xmin::text::bigint)) FROM pg_namespace)::text,
       (SELECT count(*) FROM pg_db_role_setting AS s, pg_database AS d
        WHERE d.oid = s.setdatabase AND d.datname = current_database()),
       (SELECT string_agg((sequencename, last_value)::text, '') FROM pg_sequences)
"""


@dataclass
class Kept:
    """An open database, two sessions of the tests, and what is in a fresh one.

    `session` is hindered by no trigger and no foreign key. The snapshot of `holder` keeps deleted rows in their places:
    new rows lie behind them, in the order in which they came, as in a fresh table.
    """

    server: Server
    name: str
    settings: Settings
    clock: Clock
    database: Database
    session: psycopg.Connection
    holder: psycopg.Connection
    tables: list[str]
    schema: list[Any]
    rows: dict[str, list[bytes]]
    deleted: int = 0

    @classmethod
    async def copied(cls, server: Server, template: str, key: str, catalog: Catalog) -> Self:
        name = f"hangar_{os.environ[RUN]}_{token_hex(6)}"  # dropped with those of the run, if this fails
        server.create_database(name, template=template)
        url = server.url(name)
        settings = Settings(database_url=url, sealing_keys=key)
        database = await open_database(settings, catalog=catalog, clock=lambda: kept.clock())  # noqa: PLW0108 - each test has a clock of its own
        session = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        session.execute("SET session_replication_role = 'replica'")
        session.execute("SET lock_timeout = '10s'")
        holder = psycopg.connect(url)
        holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT 1")
        tables = [str(table) for (table,) in session.execute(TABLES)]
        schema = session.execute(SCHEMA).fetchall()
        kept = cls(server, name, settings, Clock(), database, session, holder, tables, schema, {})
        kept.rows = {table: kept.rows_of(table) for table in kept.tables_with_rows()}
        return kept

    def tables_with_rows(self) -> list[str]:
        asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in self.tables)
        return [str(table) for (table,) in self.session.execute(asked.encode())]

    def rows_of(self, table: str) -> list[bytes]:
        with self.session.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copied:
            return sorted(bytes(row) for row in copied)

    async def restored(self) -> bool:
        """Bring the rows back to those of a fresh database. False if the next test cannot have this one."""
        try:
            await self.database.ping(timeout=60)
            self.holder.execute("SELECT 1")
            if any(pool.used for pool in self.database.pool_stats().values()):
                return False
            if self.session.execute(SCHEMA).fetchall() != self.schema:
                return False
            for table in {*self.tables_with_rows(), *self.rows}:
                fresh = self.rows.get(table, [])
                if not fresh or self.rows_of(table) != fresh:
                    self._restore(table, fresh)
        except (DatabaseError, psycopg.OperationalError):  # closed, or its sessions were ended
            return False
        return self.deleted <= MOST_DELETED

    def _restore(self, table: str, fresh: list[bytes]) -> None:
        self.deleted += self.session.execute(f"DELETE FROM {table}".encode()).rowcount
        if fresh:
            with self.session.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in fresh:
                    copy.write(row)

    async def drop(self) -> None:
        await self.database.close()
        self.session.close()
        self.holder.close()
        self.server.drop_database(self.name)


@pytest.fixture(scope="session")
async def kept_databases(anyio_backend: str) -> AsyncIterator[dict[str, Kept]]:
    """By the name of the database of which each is a copy. SQLite alone needs no server: there are none."""
    kept: dict[str, Kept] = {}
    yield kept
    for each in kept.values():
        await each.drop()


@pytest.fixture
async def postgres_url(
    anyio_backend: str,
    request: pytest.FixtureRequest,
    kept_databases: dict[str, Kept],
    _allowed_postgres: Server,
    _postgres_templates: Callable[[Catalog], str],
    sealing_key: str,
    catalog: Catalog,
) -> AsyncIterator[str]:
    """A migrated PostgreSQL database with the rows of a fresh one; for `pooled` tests, also through PgBouncer."""
    template = _postgres_templates(catalog)
    if template not in kept_databases:
        kept_databases[template] = await Kept.copied(_allowed_postgres, template, sealing_key, catalog)
    kept = kept_databases[template]
    direct, mode = _allowed_postgres.url(kept.name), getattr(request, "param", None)
    yield direct if mode is None else pooled_url(request, mode, direct)
    if not await kept.restored():
        await kept_databases.pop(template).drop()


@pytest.fixture
async def database(
    settings: Settings, clock: Clock | None, catalog: Catalog, kept_databases: dict[str, Kept], anyio_backend: str
) -> AsyncIterator[Database]:
    """An open, migrated database with the catalog of the tests, on each backend in turn, whose time is `clock`'s."""
    for kept in kept_databases.values():
        if kept.settings == settings and clock is not None:
            kept.clock = clock
            yield kept.database
            return
    async with open_database(settings, catalog=catalog, clock=clock) as db:
        yield db
