"""Rows that a migration and its rollback do not leave as they were are found; what changes no rows is not reported."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal.rules import Finding

Add = Callable[..., None]
Findings = Callable[..., tuple[Finding, ...]]

PETS = (
    "CREATE TABLE pets (id bigint NOT NULL PRIMARY KEY, name text NOT NULL, kind text, born bigint, "
    "CONSTRAINT pets_kind_check CHECK (kind IN ('CAT', 'DOG')), CONSTRAINT pets_born_check CHECK (born > 1900));"
)


def found(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return sorted((each.dialect, each.query, each.rule) for each in findings)


@pytest.fixture
def pets(folder: Path, add_migration: Add) -> Path:
    """Migrations that end with a table of pets."""
    add_migration(
        folder, "0001_pets", sqlite=PETS.replace("bigint", "integer"), postgresql=PETS, rollback="DROP TABLE pets;"
    )
    return folder


# What a migration does to the rows of its pets, its rollback, and what is reported.
CHANGES = (
    ("UPDATE pets SET name = upper(name);", "SELECT 1;", "pets has other values in name"),
    ("UPDATE pets SET kind = 'DOG' WHERE kind = 'CAT';", "SELECT 1;", "pets has other values in kind"),
    ("UPDATE pets SET kind = 'CAT' WHERE kind IS NULL;", "SELECT 1;", "pets has other values in kind"),
    ("DELETE FROM pets WHERE kind = 'DOG';", "SELECT 1;", "pets had 3 rows and has 2"),
    (
        "UPDATE pets SET name = upper(name);",
        "SELECT '\n-- rows differ: in a text, this is no reason\n';",
        "pets has other values in name",
    ),
    (
        "ALTER TABLE pets ADD COLUMN age bigint; UPDATE pets SET age = 2020 - born; UPDATE pets SET born = NULL;",
        "ALTER TABLE pets DROP COLUMN age;",
        "pets has other values in born",
    ),
)


def test_rows_that_differ_after_a_rollback_are_found_on_both_databases(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    """Each migration changes a table of its own, so that one pair of databases shows all."""
    tables = [f"pets{number}" for number in range(len(CHANGES))]
    make = "".join(PETS.replace("pets", table) for table in tables)
    add_migration(
        folder, "0001_pets", sqlite=make.replace("bigint", "integer"), postgresql=make,
        rollback="".join(f"DROP TABLE {table};" for table in tables),
    )  # fmt: skip
    for table, change in zip(tables, CHANGES, strict=True):
        apply, rollback = (script.replace("pets", table) for script in change[:2])
        sqlite = apply.replace("bigint", "integer")
        add_migration(folder, f"0002_{table}", sqlite=sqlite, postgresql=apply, rollback=rollback)
    reported = findings()
    assert found(reported) == [
        (dialect, f"0002_{table}", "rows-differ") for dialect in ("postgresql", "sqlite") for table in tables
    ]
    for each in reported:
        assert each.path.endswith(f"{each.dialect}/{each.query}.rollback.sql")
        table = each.query.removeprefix("0002_")
        assert each.message.endswith(CHANGES[tables.index(table)][2].replace("pets", table))


def test_rows_that_are_the_same_after_a_rollback_are_fine(findings: Findings, pets: Path, add_migration: Add) -> None:
    add_migration(
        pets, "0002_more", apply="ALTER TABLE pets ADD COLUMN kind_of text;",
        rollback="ALTER TABLE pets DROP COLUMN kind_of;",
    )  # fmt: skip
    changes = (
        ("ALTER TABLE pets ADD COLUMN color text;", "ALTER TABLE pets DROP COLUMN color;"),
        ("ALTER TABLE pets DROP COLUMN kind_of;", "ALTER TABLE pets ADD COLUMN kind_of text;"),
        ("UPDATE pets SET born = born + 1;", "UPDATE pets SET born = born - 1;"),
        ("UPDATE pets SET name = upper(name);", "-- rows differ: nobody needs the old case\nSELECT 1;"),
        ("CREATE TABLE homes (id bigint NOT NULL PRIMARY KEY); INSERT INTO homes VALUES (1);", "DROP TABLE homes;"),
        ("CREATE INDEX pets_name ON pets (name);", "DROP INDEX pets_name;"),
        ("ALTER TABLE pets RENAME COLUMN name TO called;", "ALTER TABLE pets RENAME COLUMN called TO name;"),
    )
    for number, (apply, rollback) in enumerate(changes, 3):
        sqlite = apply.replace("bigint", "integer")
        add_migration(pets, f"{number:04}_change", sqlite=sqlite, postgresql=apply, rollback=rollback)
    assert found(findings()) == []


def test_a_migration_that_made_up_rows_do_not_suit_is_not_reported_and_hides_nothing(
    findings: Findings, pets: Path, add_migration: Add
) -> None:
    unsuited = "INSERT INTO pets (id, name) VALUES (1, 'the first');"
    add_migration(pets, "0002_first", apply=unsuited, rollback="DELETE FROM pets WHERE id = 1;")
    add_migration(pets, "0003_change", apply="UPDATE pets SET name = 'x';", rollback="SELECT 1;")
    assert found(findings()) == [("postgresql", "0003_change", "rows-differ"), ("sqlite", "0003_change", "rows-differ")]
