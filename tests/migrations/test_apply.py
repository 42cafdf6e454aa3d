"""Applying from Python: completely, once, and without touching anything else."""

import sqlite3
import stat
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from yoyo.migrations import Migration

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import ConnectionFailed, MigrationError
from hangar_dal.migrations.schema import Schema
from tests.migrations.everything import EVERYTHING

PASSWORD = token_hex()

Query = Callable[[str, str], list[tuple[Any, ...]]]
SchemaOf = Callable[[str], Schema]
Add = Callable[..., None]


def applied(query: Query, url: str) -> list[str]:
    return [row[0] for row in query(url, "SELECT migration_id FROM _yoyo_migration ORDER BY migration_id")]


def test_everything_is_applied_in_order_and_told_as_it_goes(empty_database_url: str) -> None:
    told: list[str] = []
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == EVERYTHING
    assert migrations.apply(empty_database_url, progress=told.append, catalog=ACCOUNTS) == EVERYTHING
    assert tuple(told) == EVERYTHING
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == ()


def test_a_second_apply_does_nothing(database_url: str, schema_of: SchemaOf, query: Query) -> None:
    before, log = schema_of(database_url), query(database_url, "SELECT count(*) FROM _yoyo_log")
    assert migrations.apply(database_url, catalog=ACCOUNTS) == ()
    assert schema_of(database_url) == before
    assert query(database_url, "SELECT count(*) FROM _yoyo_log") == log


def test_no_lock_is_left_behind(database_url: str, query: Query) -> None:
    assert query(database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_without_a_url_it_is_the_settings_own_database(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert migrations.apply(catalog=ACCOUNTS) == EVERYTHING
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == ()


def test_looking_makes_no_sqlite_file(empty_sqlite_url: str, tmp_path: Path) -> None:
    assert migrations.pending(empty_sqlite_url, catalog=ACCOUNTS) == EVERYTHING
    assert migrations.edited(empty_sqlite_url, catalog=ACCOUNTS) == ()
    assert not list(tmp_path.glob("*.db*"))


def test_looking_at_a_database_changes_nothing(empty_postgres_url: str, query: Query) -> None:
    assert migrations.pending(empty_postgres_url, catalog=ACCOUNTS) == EVERYTHING
    assert query(empty_postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_new_sqlite_file_is_readable_by_its_owner_alone(empty_sqlite_url: str, tmp_path: Path) -> None:
    migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    assert stat.S_IMODE((tmp_path / "empty.db").stat().st_mode) == 0o600


def test_a_sqlite_path_may_hold_any_character(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a b#[1]é.db'}"
    assert migrations.apply(url, catalog=ACCOUNTS) == EVERYTHING
    assert migrations.pending(url, catalog=ACCOUNTS) == ()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a b#[1]é.db"]


def test_a_missing_directory_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailed, match=r"no/x\.db: .* cannot be created: .* its folder exists"):
        migrations.apply(f"sqlite:///{tmp_path / 'no' / 'x.db'}", catalog=ACCOUNTS)


def test_an_unreachable_server_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailed, match="check that it runs") as caught:
        migrations.pending(f"postgresql://me:{PASSWORD}@/x?host={tmp_path}", catalog=ACCOUNTS)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None


def test_memory_is_refused_since_it_would_be_gone_at_once() -> None:
    with pytest.raises(MigrationError, match="is migrated whenever it is opened"):
        migrations.apply(":memory:", catalog=ACCOUNTS)


def test_what_a_script_sets_does_not_reach_the_next_one(
    empty_database_url: str, add_migration: Add, packaged: Path, query: Query
) -> None:
    for number in (9004, 9005):
        leaves = "CREATE TEMPORARY TABLE left_over (id bigint NOT NULL PRIMARY KEY);"
        setting = "SET default_transaction_read_only = on; "
        add_migration(packaged, f"{number}_setting", apply=leaves, postgresql=setting + leaves, strict=False)
    added = ("9004_setting", "9005_setting")
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == (*EVERYTHING, *added)
    assert applied(query, empty_database_url) == [*EVERYTHING, *added]


def test_an_applied_file_that_changed_is_noticed(empty_database_url: str, packaged: Path, dialect: str) -> None:
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert migrations.edited(empty_database_url, catalog=ACCOUNTS) == ()
    script = packaged / dialect / "0002_session_cookies.sql"
    script.write_text(script.read_text().replace("BETWEEN 1 AND 50", "BETWEEN 1 AND 60"))
    assert migrations.edited(empty_database_url, catalog=ACCOUNTS) == ("0002_session_cookies",)


def test_the_other_dialect_s_files_are_not_what_was_applied(
    empty_database_url: str, packaged: Path, dialect: str
) -> None:
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    for script in packaged.glob("*/*.sql"):
        if script.parent.name != dialect:
            script.write_text(f"{script.read_text()}-- edited\n")
    assert migrations.edited(empty_database_url, catalog=ACCOUNTS) == ()


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 1234"), OSError("No username set")])
def test_a_user_without_a_name_does_not_stop_a_migration(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, query: Query, error: Exception
) -> None:
    def nameless() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", nameless)
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == EVERYTHING
    assert {row[0][:4] for row in query(empty_database_url, "SELECT username FROM _yoyo_log")} == {"uid "}


def adapted_instant() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # sqlite3's own adapter is on its way out
        return sqlite3.adapt(datetime(2024, 1, 2, 3, 4, 5))  # noqa: DTZ001


def test_the_process_around_it_stays_as_it_was(empty_database_url: str) -> None:
    registry = getattr(Migration, "_Migration__all_migrations")  # noqa: B009
    theirs = Migration("0001_users", "elsewhere/0001_users.py", "elsewhere")
    before = dict(registry)
    adapted, converters = adapted_instant(), dict(sqlite3.converters)
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert registry == before
    assert registry["0001_users"] is theirs
    assert (adapted_instant(), dict(sqlite3.converters)) == (adapted, converters)


def test_yoyo_does_not_look_into_a_folder_by_a_pattern(
    empty_database_url: str, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = packaged.rename(packaged.parent / "site [1]")
    monkeypatch.setattr(ACCOUNTS, "_migrations", odd)
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == EVERYTHING
