"""What goes wrong while applying: a message that names the statement at fault, and nothing half done."""

import re
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.backends import backend_for
from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.targets import target_of
from hangar_dal.sqlscan import DIALECTS
from tests.migrations.everything import EVERYTHING

Query = Callable[[str, str], list[tuple[Any, ...]]]
SchemaOf = Callable[[str], Schema]
Add = Callable[..., None]


def applied(query: Query, url: str) -> list[str]:
    return [row[0] for row in query(url, "SELECT migration_id FROM _yoyo_migration ORDER BY migration_id")]


FAILING = "CREATE TABLE a (b integer);\nINSERT INTO users (id) VALUES ('canary');\n"


def test_a_failing_statement_is_named_and_nothing_of_its_migration_is_left(
    empty_database_url: str, packaged: Path, add_migration: Add, dialect: str, query: Query, schema_of: SchemaOf
) -> None:
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    before = schema_of(empty_database_url)
    add_migration(packaged, "9004_bad", apply=FAILING)
    with pytest.raises(MigrationError, match=rf"^{dialect}/9004_bad\.sql, statement 2 \(line 2\): ") as caught:
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert schema_of(empty_database_url) == before
    assert applied(query, empty_database_url) == list(EVERYTHING)
    assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_those_before_the_failing_one_stay_applied_and_it_may_be_mended(
    empty_database_url: str, packaged: Path, add_migration: Add, query: Query
) -> None:
    add_migration(packaged, "9004_good", apply="CREATE TABLE a (b integer);")
    add_migration(packaged, "9005_bad", apply="CREATE TABLE a (b integer);")
    with pytest.raises(MigrationError, match=r"9005_bad\.sql, statement 1 \(line 1\): .*already exists"):
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert applied(query, empty_database_url) == [*EVERYTHING, "9004_good"]
    add_migration(packaged, "9005_bad", apply="CREATE TABLE c (b integer);")
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == ("9005_bad",)


def test_a_script_that_is_transactional_in_its_own_dialect_alone_leaves_nothing_either(
    empty_sqlite_url: str, packaged: Path, add_migration: Add, schema_of: SchemaOf
) -> None:
    migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    before = schema_of(empty_sqlite_url)
    add_migration(packaged, "9004_bad", sqlite=FAILING, postgresql="-- transactional: false\nSELECT 1;")
    with pytest.raises(MigrationError, match="statement 2"):
        migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    assert schema_of(empty_sqlite_url) == before


def test_a_script_that_is_not_transactional_says_what_stands(
    empty_postgres_url: str, packaged: Path, add_migration: Add, schema_of: SchemaOf
) -> None:
    add_migration(packaged, "9004_bad", postgresql=f"-- transactional: false\n{FAILING}")
    with pytest.raises(MigrationError, match="not transactional, so the statements before it remain applied"):
        migrations.apply(empty_postgres_url, catalog=ACCOUNTS)
    assert "a" in schema_of(empty_postgres_url).names


def test_dying_before_the_mark_leaves_no_table_without_a_mark(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, schema_of: SchemaOf, query: Query
) -> None:
    backend = backend_for(target_of(empty_database_url))
    backend.connection.close()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(backend), "mark_one", die)
        with pytest.raises(KeyboardInterrupt):
            migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert schema_of(empty_database_url) == Schema(())
    assert applied(query, empty_database_url) == []
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == EVERYTHING


@pytest.mark.parametrize("name", ["sqlite/0002_session_cookies.sql", "postgresql/0001_users.rollback.sql"])
def test_a_missing_file_of_either_dialect_is_refused_before_anything_is_applied(
    empty_database_url: str, packaged: Path, name: str, schema_of: SchemaOf
) -> None:
    (packaged / name).unlink()
    with pytest.raises(MigrationError, match=f"^{name} is missing"):
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert schema_of(empty_database_url) == Schema(())


@pytest.mark.parametrize(
    "unfinished", [f"{dialect}/9004_new{kind}.sql" for dialect in DIALECTS for kind in ("", ".rollback")]
)
def test_an_unfinished_file_is_refused_before_anything_is_applied(
    empty_database_url: str, packaged: Path, add_migration: Add, schema_of: SchemaOf, unfinished: str
) -> None:
    add_migration(packaged, "9004_new")
    (packaged / unfinished).write_text("-- to be written\n")
    with pytest.raises(MigrationError, match=f"^{re.escape(unfinished)} has no statement"):
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert schema_of(empty_database_url) == Schema(())


def test_a_connection_that_is_lost_is_told_as_such(
    empty_postgres_url: str, packaged: Path, add_migration: Add, query: Query
) -> None:
    add_migration(packaged, "9004_bad", postgresql="SELECT 1;\nSELECT pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(MigrationError, match=r"9004_bad\.sql, statement 2 \(line 2\): "):
        migrations.apply(empty_postgres_url, catalog=ACCOUNTS)
    assert applied(query, empty_postgres_url) == list(EVERYTHING)


def test_a_table_that_is_in_use_is_waited_for_no_longer_than_the_settings_say(
    postgres_url: str, packaged: Path, add_migration: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANGAR_LOCK_TIMEOUT", "0.2")
    add_migration(packaged, "9004_column", postgresql="ALTER TABLE users ADD COLUMN note text;")
    with closing(target_of(postgres_url).connect()) as user:
        user.execute("BEGIN")
        user.execute("SELECT * FROM users")
        with pytest.raises(MigrationError, match="lock timeout"):
            migrations.apply(postgres_url, catalog=ACCOUNTS)
    assert migrations.apply(postgres_url, catalog=ACCOUNTS) == ("9004_column",)


def test_an_index_that_is_built_concurrently_waits_for_older_transactions_as_long_as_it_takes(
    empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch, query: Query
) -> None:
    monkeypatch.setenv("HANGAR_LOCK_TIMEOUT", "0.1")
    with closing(target_of(empty_postgres_url).connect()) as user, ThreadPoolExecutor() as pool:

        def begin_reading_before_the_indexes(migration: str) -> None:
            if migration == "0002_session_cookies":
                user.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                user.execute("SELECT * FROM session_cookies")

        migrating = pool.submit(
            migrations.apply, empty_postgres_url, catalog=ACCOUNTS, progress=begin_reading_before_the_indexes
        )
        building = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONC%'"
        while query(empty_postgres_url, f"SELECT count(*) {building} AND wait_event_type = 'Lock'") == [(0,)]:
            assert not migrating.done()
        time.sleep(0.3)  # past the timeout
        user.execute("COMMIT")
        assert migrating.result() == EVERYTHING


def test_a_migrator_s_session_may_take_its_time_and_dies_with_its_client(empty_postgres_url: str) -> None:
    with closing(target_of(empty_postgres_url).connect()) as connection:
        connection.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {connection.info.dbname} SET statement_timeout = '5s'")
    backend = backend_for(target_of(empty_postgres_url))
    with closing(backend.connection):
        settings = ("statement_timeout", "idle_session_timeout", "client_connection_check_interval")
        found = [backend.execute(f"SHOW {name}").fetchone()[0] for name in settings]
    assert found == ["0", "0", "1s"]


def test_rows_that_refer_to_nothing_are_refused_on_sqlite(
    empty_sqlite_url: str, packaged: Path, add_migration: Add, query: Query, schema_of: SchemaOf
) -> None:
    add_migration(
        packaged, "9004_bad",
        sqlite="CREATE TABLE a (b text REFERENCES users (id));\nINSERT INTO a VALUES ('canary');",
    )  # fmt: skip
    with pytest.raises(
        MigrationError, match=r"9004_bad\.sql: some rows have a foreign key that refers to no row: a to users$"
    ):
        migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    assert "a" not in schema_of(empty_sqlite_url).names
    assert applied(query, empty_sqlite_url) == list(EVERYTHING)


def test_a_table_may_be_rebuilt_on_sqlite_without_losing_what_refers_to_it(
    empty_sqlite_url: str, packaged: Path, add_migration: Add, query: Query
) -> None:
    add_migration(
        packaged, "9004_parent",
        sqlite="CREATE TABLE p (id integer PRIMARY KEY);"
        "CREATE TABLE c (p_id integer REFERENCES p (id) ON DELETE CASCADE);"
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);",
    )  # fmt: skip
    add_migration(
        packaged, "9005_rebuilt",
        sqlite="CREATE TABLE q (id integer PRIMARY KEY, note text); INSERT INTO q (id) SELECT id FROM p;"
        "DROP TABLE p; ALTER TABLE q RENAME TO p;",
    )  # fmt: skip
    migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    assert query(empty_sqlite_url, "SELECT p_id FROM c") == [(1,)]


def test_a_commit_that_fails_is_rolled_back_and_may_be_tried_again(empty_sqlite_url: str, tmp_path: Path) -> None:
    migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    backend = backend_for(target_of(empty_sqlite_url))
    with closing(backend.connection), closing(sqlite3.connect(tmp_path / "empty.db")) as reader:
        backend.connection.execute("PRAGMA busy_timeout = 10")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM users").fetchall()  # a rollback journal cannot commit beside a reader
        with pytest.raises(sqlite3.OperationalError, match="locked"), backend.transaction():
            backend.execute("CREATE TABLE a (b integer)")
        assert not backend.connection.in_transaction
        reader.rollback()
        with backend.transaction():
            backend.execute("CREATE TABLE a (b integer)")


def test_a_migration_on_sqlite_is_a_writer_from_its_start(empty_sqlite_url: str, tmp_path: Path) -> None:
    """One that began by reading would be refused, not made to wait, if another wrote before its own first write."""
    migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    backend = backend_for(target_of(empty_sqlite_url))
    with closing(backend.connection), closing(sqlite3.connect(tmp_path / "empty.db", timeout=0)) as other:
        with backend.transaction():
            backend.execute("SELECT count(*) FROM users")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


def test_a_commit_that_was_a_rollback_is_an_error(empty_postgres_url: str) -> None:
    backend = backend_for(target_of(empty_postgres_url))
    with closing(backend.connection):
        backend.begin()
        with pytest.raises(backend.DatabaseError):
            backend.execute("SELECT 1/0")
        with pytest.raises(MigrationError, match="rolled back"):
            backend.commit()


@pytest.mark.parametrize(
    ("shim", "reason"),
    [
        ("from x import (", r"SyntaxError: '\(' was never closed"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        (None, "is missing in"),
    ],
)
def test_a_migration_that_cannot_be_loaded_is_one_sentence_and_no_traceback_in_the_log(
    empty_database_url: str,
    packaged: Path,
    add_migration: Add,
    caplog: pytest.LogCaptureFixture,
    shim: str | None,
    reason: str,
) -> None:
    add_migration(packaged, "9004_bad")
    if shim is None:
        (packaged / "sqlite" / "9004_bad.sql").unlink()
    else:
        (packaged / "9004_bad.py").write_text(shim)
    with pytest.raises(MigrationError, match=rf"9004_bad.*{reason}") as caught:
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert len(str(caught.value).splitlines()) == 1
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
