"""A migration that would reach beyond its database is refused before anything of it runs in a scratch database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.beyond import beyond
from hangar_dal.migrations.commands import apply_to
from hangar_dal.migrations.drift import migrated_schema
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.scratch import empty_postgresql
from hangar_dal.rules import Finding

Add = Callable[..., None]

BEYOND = (
    "ALTER DATABASE shop SET work_mem = '5MB'",
    "/* a comment */ alter -- another\n database shop RENAME TO other",
    "CREATE ROLE reader",
    "CREATE USER reader",
    "DROP ROLE IF EXISTS reader",
    "ALTER ROLE reader SET search_path = x",
    "ALTER GROUP readers ADD USER reader",
    "GRANT readers TO reader",
    'GRANT "readers" TO reader WITH ADMIN OPTION',
    "REVOKE readers FROM reader",
    "GRANT CONNECT ON DATABASE shop TO reader",
    "REVOKE ALL ON TABLESPACE fast FROM PUBLIC",
    "ALTER SYSTEM SET work_mem = '5MB'",
    "CREATE TABLESPACE fast LOCATION '/fast'",
    "COMMENT ON DATABASE shop IS 'x'",
    "DROP OWNED BY reader",
    "REASSIGN OWNED BY reader TO writer",
    "CREATE SUBSCRIPTION news CONNECTION '' PUBLICATION news",
    "COPY users TO PROGRAM 'cat > /tmp/users'",
)
WITHIN = (
    "ALTER TABLE users ADD COLUMN role text",
    "CREATE TABLE role (database text, program text)",
    "CREATE USER MAPPING FOR CURRENT_USER SERVER other",
    "GRANT SELECT ON users TO PUBLIC",
    "GRANT SELECT (id), UPDATE (id) ON users TO PUBLIC",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
    "COMMENT ON TABLE users IS 'ALTER DATABASE shop'",
    "COPY users FROM STDIN",
    "SELECT 'CREATE ROLE reader'",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT 1' SET role = none",
)


@pytest.mark.parametrize("statement", BEYOND)
def test_a_statement_that_reaches_beyond_its_database_is_found(
    statement: str, packaged: Path, add_migration: Add
) -> None:
    add_migration(packaged, "0004_beyond", postgresql=f"SELECT 1;\n{statement};")
    [(direction, message)] = beyond(MigrationFiles("0004_beyond", packaged))
    assert direction == "apply"
    assert message.startswith("postgresql/0004_beyond.sql, statement 2 (line ")


@pytest.mark.parametrize("statement", WITHIN)
def test_a_statement_that_stays_in_its_database_is_let_pass(statement: str, packaged: Path, add_migration: Add) -> None:
    add_migration(packaged, "0004_within", postgresql=f"{statement};")
    assert list(beyond(MigrationFiles("0004_within", packaged))) == []


def test_it_is_a_finding_of_verify_and_nothing_of_it_ran(
    findings: Callable[..., tuple[Finding, ...]], packaged: Path, add_migration: Add, empty_postgres_url: str,
    query: Callable[[str, str], list[tuple[Any, ...]]],
) -> None:  # fmt: skip
    database = query(empty_postgres_url, "SELECT current_database()")[0][0]
    add_migration(packaged, "0004_beyond", postgresql=f"ALTER DATABASE {database} SET work_mem = '5MB';")
    assert [(each.rule, each.query) for each in findings()] == [("beyond-database", "0004_beyond")]
    settings = "SELECT count(*) FROM pg_db_role_setting AS s INNER JOIN pg_database AS d ON d.oid = s.setdatabase"
    assert query(empty_postgres_url, f"{settings} WHERE d.datname = current_database()") == [(0,)]


def test_no_schema_is_built_of_it(packaged: Path, add_migration: Add, empty_postgres_url: str) -> None:
    add_migration(packaged, "0004_beyond", postgresql="ALTER SYSTEM SET work_mem = '5MB';")
    with pytest.raises(MigrationError, match="ALTER SYSTEM affects more than its database"):
        migrated_schema(empty_postgres_url, catalog=ACCOUNTS)


def test_it_is_not_applied_to_a_scratch(packaged: Path, add_migration: Add, empty_postgres_url: str) -> None:
    add_migration(packaged, "0004_beyond", postgresql="DROP OWNED BY CURRENT_USER;")
    with (
        empty_postgresql(empty_postgres_url) as scratch,
        pytest.raises(MigrationError, match="DROP OWNED affects more than its database"),
    ):
        apply_to(scratch, [packaged])
