"""Taking over a database that has the tables but no history: by proof, never by faith."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import MigrationError, SchemaDiffers
from hangar_dal.migrations.schema import Schema
from tests.migrations.everything import EVERYTHING

Query = Callable[[str, str], list[tuple[Any, ...]]]
SchemaOf = Callable[[str], Schema]


def forget(url: str, query: Query) -> None:
    """Drop all that is yoyo's."""
    for table in ("_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock"):
        query(url, f"DROP TABLE {table}")
    assert migrations.pending(url, catalog=ACCOUNTS) == EVERYTHING


@pytest.fixture
def orphan(database_url: str, query: Query) -> str:
    """A database with every table of the migrations, and nothing of yoyo's."""
    forget(database_url, query)
    return database_url


@pytest.fixture(params=EVERYTHING[:2])
def earlier(
    request: pytest.FixtureRequest,
    empty_database_url: str,
    query: Query,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[str, int]:
    """A database with the tables of the first migrations, and nothing of yoyo's; and how many migrations they are."""

    def later(_: str, names: list[str]) -> list[str]:
        return [name for name in names if name[:4].isdigit() and name[:4] > request.param[:4]]

    with monkeypatch.context() as patch:
        patch.setattr(ACCOUNTS, "_migrations", shutil.copytree(ACCOUNTS.migrations, tmp_path / "earlier", ignore=later))
        applied = migrations.apply(empty_database_url, catalog=ACCOUNTS)
    forget(empty_database_url, query)
    return empty_database_url, len(applied)


def test_a_complete_database_is_marked_completely(orphan: str, schema_of: SchemaOf) -> None:
    before = schema_of(orphan)
    assert migrations.adopt(orphan, catalog=ACCOUNTS) == EVERYTHING
    assert migrations.pending(orphan, catalog=ACCOUNTS) == ()
    assert migrations.edited(orphan, catalog=ACCOUNTS) == ()
    assert migrations.apply(orphan, catalog=ACCOUNTS) == ()
    assert schema_of(orphan) == before


def test_a_database_at_an_earlier_stage_is_marked_so_far_and_the_rest_is_applied(
    earlier: tuple[str, int],
) -> None:
    url, applied = earlier
    assert migrations.adopt(url, catalog=ACCOUNTS) == EVERYTHING[:applied]
    assert migrations.apply(url, catalog=ACCOUNTS) == EVERYTHING[applied:]


# What was changed by hand, and how the line begins that shows it.
DIFFERENT = {
    "DROP INDEX idx_session_expires": "- session_cookies: index idx_session_expires ",
    "CREATE INDEX mine ON users (role)": "+ users: index mine ",
    "ALTER TABLE users ADD COLUMN note text": "+ users: column note text null",
    "ALTER TABLE session_cookies RENAME COLUMN platform TO site": "- session_cookies: column platform text",
}


def test_a_database_that_differs_is_refused_with_the_differences_and_nothing_is_marked(
    orphan: str, query: Query
) -> None:
    for change in DIFFERENT:
        query(orphan, change)
    with pytest.raises(SchemaDiffers, match="nothing was marked") as caught:
        migrations.adopt(orphan, catalog=ACCOUNTS)
    for change, difference in DIFFERENT.items():
        assert any(line.startswith(difference) for line in caught.value.differences), change
    changed = ("idx_session_expires", "index mine", "column note", "platform", "site")
    assert all(any(name in line for name in changed) for line in caught.value.differences)
    assert all(line in str(caught.value) for line in caught.value.differences)
    assert migrations.pending(orphan, catalog=ACCOUNTS) == EVERYTHING


@pytest.mark.parametrize("change", list(DIFFERENT)[:2], ids=["less", "more"])
def test_one_difference_is_enough(sqlite_url: str, query: Query, change: str) -> None:
    """The comparison of what was read is the same for both databases."""
    forget(sqlite_url, query)
    query(sqlite_url, change)
    with pytest.raises(SchemaDiffers) as caught:
        migrations.adopt(sqlite_url, catalog=ACCOUNTS)
    (found,) = caught.value.differences
    assert found.startswith(DIFFERENT[change])


def test_a_rule_that_is_looser_is_a_difference_on_sqlite(empty_sqlite_url: str, packaged: Path, query: Query) -> None:
    script = (packaged / "sqlite" / "0001_users.sql").read_text()
    for statement in script.replace("BETWEEN 1 AND 64", "BETWEEN 1 AND 65").split(";\n")[:-1]:
        query(empty_sqlite_url, statement)
    with pytest.raises(SchemaDiffers, match=r"\+ users: check users_username_check "):
        migrations.adopt(empty_sqlite_url, catalog=ACCOUNTS)


def test_a_rule_that_is_looser_is_a_difference_on_postgresql(postgres_url: str, query: Query) -> None:
    query(postgres_url, "DROP TABLE _yoyo_migration")
    query(postgres_url, "DROP TABLE _yoyo_version")
    query(postgres_url, "DROP TABLE _yoyo_log")
    query(postgres_url, "ALTER TABLE users DROP CONSTRAINT users_username_check")
    query(postgres_url, "ALTER TABLE users ADD CONSTRAINT users_username_check CHECK (length(username) < 65)")
    with pytest.raises(SchemaDiffers, match=r"\+ users: check users_username_check "):
        migrations.adopt(postgres_url, catalog=ACCOUNTS)


def test_spelling_of_the_same_rule_is_no_difference(empty_sqlite_url: str, packaged: Path, query: Query) -> None:
    script = (packaged / "sqlite" / "0001_users.sql").read_text()
    for statement in script.replace("CHECK (", "check  ( /* same */ ").split(";\n")[:-1]:
        query(empty_sqlite_url, statement)
    assert migrations.adopt(empty_sqlite_url, catalog=ACCOUNTS) == EVERYTHING[:1]


def test_tables_that_no_migration_knows_are_left_alone(orphan: str, query: Query) -> None:
    query(orphan, "CREATE TABLE theirs (id integer PRIMARY KEY)")
    assert migrations.adopt(orphan, catalog=ACCOUNTS) == EVERYTHING


def test_a_database_with_a_history_is_refused(database_url: str) -> None:
    with pytest.raises(MigrationError, match="has a history of migrations already"):
        migrations.adopt(database_url, catalog=ACCOUNTS)


def test_a_database_without_the_tables_is_refused(empty_database_url: str) -> None:
    with pytest.raises(MigrationError, match="nothing to adopt"):
        migrations.adopt(empty_database_url, catalog=ACCOUNTS)
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == EVERYTHING


def test_a_file_that_is_missing_is_not_made_to_be_adopted(empty_sqlite_url: str) -> None:
    with pytest.raises(MigrationError, match="does not exist"):
        migrations.adopt(empty_sqlite_url, catalog=ACCOUNTS)
    assert not Path(empty_sqlite_url.removeprefix("sqlite:///")).exists()


def test_what_changes_rows_alone_is_not_taken_on_trust(
    orphan: str, packaged: Path, add_migration: Callable[..., None]
) -> None:
    add_migration(packaged, "9004_rows", apply="UPDATE users SET is_private = TRUE;")
    assert migrations.adopt(orphan, catalog=ACCOUNTS) == EVERYTHING
    assert migrations.apply(orphan, catalog=ACCOUNTS) == ("9004_rows",)


def test_nothing_of_the_comparison_is_left_behind(orphan: str, query: Query, schema_of: SchemaOf) -> None:
    complete = schema_of(orphan).names
    migrations.adopt(orphan, catalog=ACCOUNTS)
    assert schema_of(orphan).names == complete


def test_postgresql_keeps_no_schema_of_the_comparison(postgres_url: str, query: Query) -> None:
    query(postgres_url, "DELETE FROM _yoyo_migration")
    migrations.adopt(postgres_url, catalog=ACCOUNTS)
    assert query(postgres_url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hangar%'") == []
