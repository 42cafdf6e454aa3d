"""Where a database stands, told in the same way on both databases."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import ConnectionFailed, MigrationError
from hangar_dal.migrations.status import status
from hangar_dal.migrations.targets import target_of
from tests.migrations.everything import EVERYTHING

Add = Callable[..., None]
Query = Callable[[str, str], list[tuple[Any, ...]]]


def states(url: str) -> list[tuple[str, str]]:
    return [(one.id, one.state) for one in status(url, catalog=ACCOUNTS).migrations]


def test_an_empty_database_lacks_everything_and_stays_empty(empty_database_url: str, query: Query) -> None:
    assert states(empty_database_url) == [(each, "pending") for each in EVERYTHING]
    assert all(one.applied_at is None for one in status(empty_database_url, catalog=ACCOUNTS).migrations)
    history = query(empty_database_url, "CREATE TABLE _yoyo_migration (migration_hash text)")
    assert history == []  # it did not exist


def test_what_was_applied_is_told_with_the_time(empty_database_url: str) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=1)
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    found = status(empty_database_url, catalog=ACCOUNTS).migrations
    assert {one.state for one in found} == {"applied"}
    times = [one.applied_at for one in found]
    assert all(at is not None and at.tzinfo is UTC and begun <= at <= datetime.now(UTC) for at in times)
    assert times == sorted(times, key=str)


def test_edited_pending_and_unknown_are_told_apart(
    empty_database_url: str, packaged: Path, add_migration: Add, query: Query
) -> None:
    add_migration(packaged, "9004_gone")
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    for path in packaged.rglob("9004_gone*"):
        path.unlink()
    add_migration(packaged, "9005_new")
    for path in packaged.rglob("0002_session_cookies.sql"):
        path.write_text(f"{path.read_text()}\n-- a later thought\n")
    found = status(empty_database_url, catalog=ACCOUNTS)
    assert states(empty_database_url) == [
        ("0001_users", "applied"),
        ("0002_session_cookies", "edited"),
        *((each, "applied") for each in EVERYTHING[2:]),
        ("9005_new", "pending"),
        ("9004_gone", "unknown"),
    ]
    assert (found.pending, found.edited, found.unknown) == (("9005_new",), ("0002_session_cookies",), ("9004_gone",))
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == ("9005_new",)
    assert migrations.edited(empty_database_url, catalog=ACCOUNTS) == ("0002_session_cookies",)


def test_a_migration_applied_before_texts_were_recorded_is_not_called_edited(database_url: str, query: Query) -> None:
    query(database_url, "UPDATE _yoyo_log SET comment = NULL")
    assert {state for _, state in states(database_url)} == {"applied"}


def test_the_rollback_and_the_other_dialect_may_be_edited(
    empty_database_url: str, packaged: Path, dialect: str
) -> None:
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    for path in packaged.rglob("*.sql"):
        if path.parent.name != dialect or path.name.endswith(".rollback.sql"):
            path.write_text(f"{path.read_text()}\n-- a later thought\n")
    assert status(empty_database_url, catalog=ACCOUNTS).edited == ()


def test_an_application_s_migrations_are_unknown_without_their_folder(
    empty_database_url: str, application: Path
) -> None:
    migrations.apply(empty_database_url, folders=[application], catalog=ACCOUNTS)
    assert status(empty_database_url, catalog=ACCOUNTS).unknown == ("1001_orders",)
    found = status(empty_database_url, folders=[application], catalog=ACCOUNTS)
    assert [(one.id, one.state) for one in found.migrations][-1] == ("1001_orders", "applied")
    assert migrations.pending(empty_database_url, folders=[application], catalog=ACCOUNTS) == ()


def test_folders_that_cannot_be_told_apart_or_are_missing_are_refused(
    empty_database_url: str, application: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(application, tmp_path / "copy")
    with pytest.raises(MigrationError, match=r"1001_orders is in .*application and in .*copy; rename"):
        status(empty_database_url, folders=[application, copy], catalog=ACCOUNTS)
    with pytest.raises(MigrationError, match="nowhere is not a folder"):
        migrations.apply(empty_database_url, folders=[tmp_path / "nowhere"], catalog=ACCOUNTS)
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) != ()


@pytest.mark.parametrize("read", [status, migrations.pending, migrations.edited, migrations.adopt])
@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("no", r"the folder .*no does not exist; create it, or check the URL of the database"),
        ("file", "Not a directory; check"),
    ],
)
def test_a_sqlite_file_without_a_folder_is_an_error(
    read: Callable[..., object], folder: str, message: str, tmp_path: Path
) -> None:
    """`apply` creates a missing file, but a missing folder means that the URL is probably wrong."""
    (tmp_path / "file").touch()
    before = set(tmp_path.iterdir())
    with pytest.raises(ConnectionFailed, match=rf"{folder}/x\.db: {message}"):
        read(f"sqlite:///{tmp_path}/{folder}/x.db", catalog=ACCOUNTS)
    assert set(tmp_path.iterdir()) == before


def test_who_only_reads_cannot_write(database_url: str) -> None:
    with closing(target_of(database_url).connect(read_only=True)) as connection:
        connection.execute("BEGIN")
        with pytest.raises((sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)):
            connection.execute("CREATE TABLE more (id bigint)")
