"""Nothing fills, changes or empties a database that is not the scratch this run made."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from hangar_dal import ACCOUNTS
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.query_plans.postgresql import PostgresPlanner
from hangar_dal.check.query_plans.statistics_postgresql import fill
from hangar_dal.check.query_plans.statistics_sqlite import pretend_large
from hangar_dal.errors import MigrationError, ScratchError
from hangar_dal.migrations.commands import apply_to
from hangar_dal.migrations.guard import PostgresScratch, Scratch, SqliteScratch
from hangar_dal.migrations.objects import remove_objects
from hangar_dal.migrations.scratch import empty_like
from hangar_dal.migrations.targets import MigrationTarget, target_of
from hangar_dal.migrations.yoyo_session import migrating
from tests.helpers.postgres_contents import outside_view


@pytest.fixture
def target(empty_database_url: str) -> MigrationTarget:
    """A real database with a table and a row in it."""
    found = target_of(empty_database_url)
    with closing(found.connect()) as connection:
        connection.execute("CREATE TABLE real_rows (id integer PRIMARY KEY)")
        connection.execute("INSERT INTO real_rows VALUES (1)")
    return found


@pytest.fixture
def misled(target: MigrationTarget) -> Iterator[Scratch]:
    """A scratch whose connections lead to the real database, as behind a pooler that has one database for all names."""
    with empty_like(target) as scratch:
        yield replace(scratch, location=target.location)


def view(target: MigrationTarget) -> Any:
    if target.dialect == "sqlite":
        return Path(target.location.path).read_bytes()
    return outside_view(target.location.conninfo)


def by_its_migrations(scratch: Scratch, target: MigrationTarget) -> None:
    apply_to(scratch, [ACCOUNTS.migrations])


def by_a_connection(scratch: Scratch, target: MigrationTarget) -> None:
    scratch.connect().close()


def by_a_change(scratch: Scratch, target: MigrationTarget) -> None:
    with closing(target.connect()) as connection, scratch.changing(connection) as change:
        change.execute("DROP TABLE real_rows")


@pytest.mark.parametrize("change", [by_its_migrations, by_a_connection, by_a_change])
def test_a_connection_that_leads_to_another_database_changes_nothing(
    change: Callable[[Scratch, MigrationTarget], None], misled: Scratch, target: MigrationTarget
) -> None:
    before = view(target)
    with pytest.raises(ScratchError, match="does not lead to the scratch"):
        change(misled, target)
    assert view(target) == before


def test_every_transaction_of_a_migration_proves_where_it_is(
    target: MigrationTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a pooler, a connection may reach the right database when it is opened, and another one later."""
    with empty_like(target) as scratch, migrating(scratch, [ACCOUNTS.migrations]) as (backend, [steps]):
        monkeypatch.setattr(backend, "uri", replace(scratch, **other_identity(scratch)))
        with pytest.raises(ScratchError, match="does not lead to the scratch"), backend.transaction():
            raise AssertionError("the transaction began")
        backend.rollback()
        with pytest.raises(ScratchError, match="does not lead to the scratch"), backend.disable_transactions():
            raise AssertionError("the script began")
        monkeypatch.undo()
        backend.apply_one(steps[0])


def other_identity(scratch: Scratch) -> dict[str, Any]:
    return {"token": "0" * 32} if isinstance(scratch, PostgresScratch) else {"inode": scratch.inode + 1}


@pytest.mark.parametrize("part", ["database", "oid", "token"])
def test_name_oid_and_token_all_count(part: str, empty_postgres_url: str) -> None:
    with empty_like(target_of(empty_postgres_url)) as scratch, closing(scratch.connect()) as connection:
        assert isinstance(scratch, PostgresScratch)
        connection.execute("CREATE TABLE rows_to_come (id int)")
        other = replace(scratch, **{part: 1 if part == "oid" else "0" * 32})
        with pytest.raises(ScratchError), other.changing(connection):
            raise AssertionError("the transaction began")
        with pytest.raises(ScratchError):
            other.alone(connection)
        with pytest.raises(ScratchError):
            fill(other, connection, ["rows_to_come"])
        with pytest.raises(ScratchError):
            remove_objects(other, connection)


def test_a_function_that_hides_one_of_the_servers_deceives_no_proof(empty_postgres_url: str) -> None:
    with empty_like(target_of(empty_postgres_url)) as scratch, closing(scratch.connect()) as connection:
        assert isinstance(scratch, PostgresScratch)
        connection.execute(
            "CREATE FUNCTION public.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'other'::name $$"
        )
        connection.execute("SET search_path = public, pg_catalog")
        scratch.prove(connection)


def test_a_database_of_the_same_name_that_somebody_else_made_is_not_dropped(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as admin:
        with (
            pytest.raises(ScratchError, match="not dropped"),
            empty_like(target_of(empty_postgres_url)) as scratch,
        ):
            assert isinstance(scratch, PostgresScratch)
            name = sql.Identifier(scratch.database)
            admin.execute(sql.SQL("DROP DATABASE {}").format(name))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
            admin.execute(sql.SQL("COMMENT ON DATABASE {} IS 'somebody else''s'").format(name))
        admin.execute(sql.SQL("DROP DATABASE {}").format(name))  # it was there


def test_a_file_that_took_the_place_of_the_scratch_is_not_changed(empty_sqlite_url: str) -> None:
    with empty_like(target_of(empty_sqlite_url)) as scratch:
        path = Path(scratch.location.path)
        path.rename(path.with_suffix(".old"))
        path.touch()
        with pytest.raises(ScratchError):
            scratch.connect()


def test_a_connection_to_memory_or_to_another_name_of_the_file_is_not_to_the_scratch(empty_sqlite_url: str) -> None:
    with empty_like(target_of(empty_sqlite_url)) as scratch:
        assert isinstance(scratch, SqliteScratch)
        link = Path(scratch.location.path).with_name("link.db")
        link.hardlink_to(scratch.location.path)
        for source in (":memory:", link):
            with closing(sqlite3.connect(source)) as connection, pytest.raises(ScratchError):
                scratch.prove(connection)


def test_a_file_of_the_same_number_on_another_device_is_not_the_scratch(empty_sqlite_url: str) -> None:
    with empty_like(target_of(empty_sqlite_url)) as scratch, pytest.raises(ScratchError):
        assert isinstance(scratch, SqliteScratch)
        replace(scratch, device=scratch.device + 1).connect()


def test_a_connection_that_leads_elsewhere_is_closed(misled: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    prove: Callable[..., None] = type(misled).prove

    def seeing(scratch: Scratch, connection: Any) -> None:
        seen.append(connection)
        prove(scratch, connection)

    monkeypatch.setattr(type(misled), "prove", seeing)
    with pytest.raises(ScratchError):
        misled.connect()
    with pytest.raises((psycopg.OperationalError, sqlite3.ProgrammingError), match="closed"):
        seen[0].execute("SELECT 1")


def test_a_migration_on_a_scratch_file_cannot_attach_another_file(empty_sqlite_url: str, tmp_path: Path) -> None:
    other = tmp_path / "real.db"
    with empty_like(target_of(empty_sqlite_url)) as scratch, closing(scratch.connect()) as connection:
        with pytest.raises(sqlite3.DatabaseError, match="authoriz"):
            connection.execute("ATTACH ? AS other", [str(other)])
        with pytest.raises(sqlite3.DatabaseError, match="authoriz"):
            connection.execute("VACUUM INTO ?", [str(other)])
        connection.execute("VACUUM")  # attaches a file without a name
    assert not other.exists()


def test_statistics_are_written_into_a_copy_in_memory_alone(empty_sqlite_url: str) -> None:
    with empty_like(target_of(empty_sqlite_url)) as scratch, closing(scratch.connect()) as connection:
        with pytest.raises(ScratchError, match="A copy in memory was expected"):
            pretend_large(connection)
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_the_connections_that_describe_and_plan_are_read_only(empty_postgres_url: str) -> None:
    refused = pytest.raises(psycopg.errors.ReadOnlySqlTransaction)
    with empty_like(target_of(empty_postgres_url)) as scratch, closing(scratch.connect(read_only=True)) as connection:
        with refused:
            connection.execute("CREATE TABLE t (id int)")
        with PostgresProbe(scratch.location.conninfo) as probe, refused:
            probe._connection.execute("CREATE TABLE t (id int)")
        with closing(PostgresPlanner(scratch, probe.tables())) as planner, refused:
            planner._connection.execute("CREATE TABLE t (id int)")


def test_what_a_migration_does_in_a_scratch_is_undone_when_it_fails(target: MigrationTarget) -> None:
    with empty_like(target) as scratch, closing(scratch.connect()) as connection:
        with pytest.raises(ZeroDivisionError), scratch.changing(connection) as change:
            change.execute("CREATE TABLE half (id integer)")
            raise ZeroDivisionError
        with pytest.raises((psycopg.Error, sqlite3.Error)):
            connection.execute("SELECT * FROM half")


def test_a_script_that_fails_in_a_scratch_is_a_migration_error(target: MigrationTarget, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    for dialect in ("sqlite", "postgresql"):
        (folder / dialect).mkdir(parents=True)
        (folder / dialect / "0001_broken.sql").write_text("CREATE VIEW v AS SELECT * FROM nowhere;SELECT * FROM v;")
        (folder / dialect / "0001_broken.rollback.sql").write_text("SELECT 1;")
    (folder / "0001_broken.py").write_text((ACCOUNTS.migrations / "0001_users.py").read_text())
    with empty_like(target) as scratch, pytest.raises(MigrationError, match="nowhere"):
        apply_to(scratch, [folder])
