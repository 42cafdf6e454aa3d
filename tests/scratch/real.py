"""A real database with data, whose owner runs the commands, and an application to run them for."""

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.helpers.postgres_contents import outside_view

PROJECT = '[tool.hangar_dal]\ncatalogs = ["{module}:CATALOG"]\n'
MODULE = """\
from pathlib import Path
from hangar_dal import Catalog, Executor

HERE = Path(__file__).parent
CATALOG = Catalog("{module}", sql=HERE / "sql", migrations=HERE / "migrations")

@CATALOG.query
async def list_names(db: Executor, *, after: str) -> list[str]: ...
"""
SQL = """\
-- name: list_names
SELECT name FROM users WHERE name > :after ORDER BY name;
"""
TESTS = """\
import pytest, {module}

def test_check(hangar_check): hangar_check()

@pytest.mark.anyio
async def test_both(hangar_both, anyio_backend):
    async with hangar_both() as both:
        assert (await both.same(lambda db: {module}.list_names(db, after=""))).value == []

@pytest.fixture
def anyio_backend(): return "asyncio"
"""
# One migration: the commands take most of their time to apply, fill and undo each of them.
MIGRATIONS = Path(__file__).parents[1] / "diary" / "diary" / "migrations"
# What the application and its neighbour keep in the database.
DATA = """
INSERT INTO users (id, name) VALUES (7, 'Ann');
CREATE SCHEMA billing;
CREATE TABLE billing.customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE billing.invoices (
    id bigint PRIMARY KEY, customer bigint NOT NULL REFERENCES billing.customers, cents bigint CHECK (cents > 0)
);
CREATE FUNCTION billing.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never''; END';
INSERT INTO billing.customers (name) VALUES ('one'), ('two');
INSERT INTO billing.invoices VALUES (1, 1, 100), (2, 2, 200);
CREATE TRIGGER paid BEFORE UPDATE ON billing.invoices FOR EACH ROW EXECUTE FUNCTION billing.refuse();
CREATE VIEW billing.totals AS SELECT customer, sum(cents) AS cents FROM billing.invoices GROUP BY customer;
CREATE MATERIALIZED VIEW billing.kept AS SELECT * FROM billing.totals;
CREATE SCHEMA hangar_scratch_0123456789ab;
CREATE TABLE hangar_scratch_0123456789ab.of_somebody (id bigint);
INSERT INTO hangar_scratch_0123456789ab.of_somebody VALUES (1);
CREATE TABLE public.currencies (code text PRIMARY KEY, digits integer NOT NULL CHECK (digits BETWEEN 0 AND 4));
INSERT INTO public.currencies VALUES ('EUR', 2), ('JPY', 0);
SELECT lo_from_bytea(0, 'a large object');
COMMENT ON TABLE public.currencies IS 'kept by hand'
"""
COMMANDS = {
    "check": ["check"],
    "check --update": ["check", "--update"],
    "check --matrix": ["check", "--matrix"],
    "explain": ["explain", "list_names"],
    "verify": ["migrations", "verify", "--no-squawk"],
    "schema --scratch": ["schema", "--scratch"],
    "schema diff": ["schema", "diff"],
}


@dataclass(frozen=True)
class Real:
    """A database with data, whose owner uses the commands."""

    url: str
    admin: str
    role: str
    throwaway: str

    def view(self) -> dict[str, Any]:
        return outside_view(self.admin)

    def scratches(self) -> list[str]:
        """The databases of the role, without this one and its throwaway."""
        with closing(psycopg.connect(self.admin)) as connection:
            rows = connection.execute(
                "SELECT d.datname FROM pg_database AS d INNER JOIN pg_roles AS r ON r.oid = d.datdba"
                " WHERE r.rolname = %s AND d.datname ^@ 'hangar_check_'",
                [self.role],
            )
            return [name for (name,) in rows]

    def wait_until_alone(self) -> None:
        """The server takes a moment to notice that a client was killed."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()"
        with closing(psycopg.connect(self.admin, autocommit=True)) as connection:
            while connection.execute(count, [self.role]).fetchone() != (0,):
                time.sleep(0.01)


def kinds(view: dict[str, Any]) -> dict[str, int]:
    """How many rows each catalog has; public is the same schema as before, and dead rows do not count."""
    return {name: found[0] for name, found in view.items() if isinstance(found, tuple)}
