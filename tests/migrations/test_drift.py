"""A database that somebody changed by hand is told from one that the migrations made, on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.drift import database_schema, drift, migrated_schema
from hangar_dal.migrations.schema import Schema

Add = Callable[..., None]
Query = Callable[[str, str], list[tuple[Any, ...]]]
SchemaOf = Callable[[str], Schema]


def test_a_database_that_migrations_alone_made_has_not_drifted(database_url: str, schema_of: SchemaOf) -> None:
    before = schema_of(database_url)
    found = drift(database_url, catalog=ACCOUNTS)
    assert (found.differences, found.unknown, found.foreign) == ((), (), ())
    assert (
        schema_of(database_url)
        == before
        == migrated_schema(database_url, catalog=ACCOUNTS)
        == database_schema(database_url)
    )


# What was changed by hand, and how the line begins that shows it.
CHANGES = {
    "CREATE INDEX mine ON users (role)": "+ users: index mine",
    "ALTER TABLE users ADD COLUMN note text": "+ users: column note text null",
    "DROP INDEX idx_session_expires": "- session_cookies: index idx_session_expires",
}


def test_what_was_changed_by_hand_is_shown(database_url: str, query: Query) -> None:
    for change in CHANGES:
        query(database_url, change)
    found = drift(database_url, catalog=ACCOUNTS).differences
    for change, line in CHANGES.items():
        assert [each.startswith(line) for each in found].count(True) == 1, change
    assert len(found) == len(CHANGES)


def test_a_table_that_was_dropped_by_hand_is_one_difference(database_url: str, query: Query) -> None:
    query(database_url, "DROP TABLE session_cookies")
    (found,) = drift(database_url, catalog=ACCOUNTS).differences
    assert found.startswith("- table session_cookies")


def test_pending_migrations_are_no_drift(database_url: str, packaged: Path, add_migration: Add) -> None:
    add_migration(packaged, "0004_more", apply="CREATE TABLE more (id integer);")
    assert drift(database_url, catalog=ACCOUNTS).differences == ()


def test_the_tables_of_others_are_named_and_not_compared(database_url: str, query: Query) -> None:
    query(database_url, "CREATE TABLE theirs (id integer)")
    found = drift(database_url, catalog=ACCOUNTS)
    assert (found.differences, found.foreign) == ((), ("theirs",))


def test_an_application_s_tables_are_compared_when_its_folder_is_given(
    empty_database_url: str, application: Path, query: Query
) -> None:
    migrations.apply(empty_database_url, folders=[application], catalog=ACCOUNTS)
    query(empty_database_url, "ALTER TABLE orders ADD COLUMN note text")
    found = drift(empty_database_url, catalog=ACCOUNTS)
    assert (found.differences, found.unknown, found.foreign) == ((), ("1001_orders",), ("orders",))
    assert drift(empty_database_url, folders=[application], catalog=ACCOUNTS).differences == (
        "+ orders: column note text null",
    )


def test_a_database_without_a_history_is_left_to_adopt(empty_database_url: str) -> None:
    with pytest.raises(MigrationError, match=r"no history .* `hangar-dal migrations adopt`"):
        drift(empty_database_url, catalog=ACCOUNTS)


def test_a_trigger_that_somebody_added_is_shown_on_sqlite(sqlite_url: str, query: Query) -> None:
    query(sqlite_url, "CREATE TRIGGER spy AFTER INSERT ON users BEGIN SELECT 1; END")
    (found,) = drift(sqlite_url, catalog=ACCOUNTS).differences
    assert found.startswith("+ users: trigger spy ")


def test_a_trigger_that_somebody_added_is_shown_on_postgresql(postgres_url: str, query: Query) -> None:
    query(postgres_url, "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    query(postgres_url, "CREATE TRIGGER spy AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing()")
    found = drift(postgres_url, catalog=ACCOUNTS)
    assert [line[:22] for line in found.differences] == ["+ users: trigger spy C"]
    assert found.foreign == ("nothing()",)


# What a migration makes, and a change of it by hand.
BESIDES_TABLES = {
    "CREATE SEQUENCE numbers": "DROP SEQUENCE numbers",
    "CREATE TYPE mood AS ENUM ('good')": "ALTER TYPE mood ADD VALUE 'bad'",
    "CREATE DOMAIN small AS integer CHECK (value < 9)": "ALTER DOMAIN small SET NOT NULL",
    "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'": (
        "CREATE OR REPLACE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 2'"
    ),
    "CREATE VIEW v AS SELECT id FROM users": "CREATE OR REPLACE VIEW v AS SELECT id FROM users WHERE is_active",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM users": "DROP MATERIALIZED VIEW m",
}
# The first words of each difference.
CHANGED = [
    *("- domain small", "+ domain small", "- enum mood", "+ enum mood", "- function f()", "+ function f()"),
    *("- materialized view m", "- sequence numbers", "- view v", "+ view v"),
]


def test_what_postgresql_holds_besides_tables_is_compared(
    empty_postgres_url: str, packaged: Path, add_migration: Add, query: Query
) -> None:
    add_migration(packaged, "0004_more", postgresql="".join(f"{made};\n" for made in BESIDES_TABLES))
    migrations.apply(empty_postgres_url, catalog=ACCOUNTS)
    assert drift(empty_postgres_url, catalog=ACCOUNTS).differences == ()
    for changed in BESIDES_TABLES.values():
        query(empty_postgres_url, changed)
    found = drift(empty_postgres_url, catalog=ACCOUNTS).differences
    assert [line[: len(start)] for line, start in zip(found, CHANGED, strict=True)] == CHANGED


def test_the_sequence_behind_a_column_is_part_of_the_column(empty_postgres_url: str, query: Query) -> None:
    query(empty_postgres_url, "CREATE TABLE t (a bigserial, b bigint GENERATED ALWAYS AS IDENTITY)")
    assert database_schema(empty_postgres_url).others == ()


@pytest.mark.parametrize("read", [database_schema, drift])
def test_a_file_that_is_missing_has_no_schema_and_is_not_made(
    read: Callable[[str], object], empty_sqlite_url: str
) -> None:
    with pytest.raises(MigrationError, match=r"empty\.db (does not exist|has no history)"):
        read(empty_sqlite_url)
    assert not Path(empty_sqlite_url.removeprefix("sqlite:///")).exists()


def test_a_file_that_is_no_database_is_told_in_a_sentence(empty_sqlite_url: str) -> None:
    Path(empty_sqlite_url.removeprefix("sqlite:///")).write_bytes(b"no database" * 100)
    with pytest.raises(MigrationError, match=r"empty\.db: .*not a SQLite database"):
        database_schema(empty_sqlite_url)
