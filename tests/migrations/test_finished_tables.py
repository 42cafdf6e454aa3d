"""What the tables lack after all migrations is found at the migration that brought it, and nothing else is reported."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal.rules import Finding

Add = Callable[..., None]
Findings = Callable[..., tuple[Finding, ...]]

KEY = "CONSTRAINT owners_key UNIQUE (tenant, id)"
OWNERS = f"CREATE TABLE owners (id bigint NOT NULL PRIMARY KEY, tenant bigint NOT NULL, {KEY});"
FOREIGN = "CONSTRAINT pets_owner_fkey FOREIGN KEY (owner) REFERENCES owners (id)"
PETS = f"CREATE TABLE pets (id bigint NOT NULL PRIMARY KEY, owner bigint, tenant bigint, {FOREIGN});"
DROP = "DROP TABLE pets; DROP TABLE owners;"


def in_sqlite(text: str) -> str:
    return text.replace("bigint", "integer")


def found(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return sorted((each.dialect, each.query, each.rule) for each in findings)


def both(rule: str, migration: str) -> list[tuple[str, str, str]]:
    return [("postgresql", migration, rule), ("sqlite", migration, rule)]


def add_pets(add_migration: Add, folder: Path, more: str = "", pets: str = PETS) -> None:
    sql = f"{OWNERS} {pets} {more}"
    add_migration(folder, "0001_pets", sqlite=in_sqlite(sql), postgresql=sql, rollback=DROP)


def test_a_foreign_key_without_an_index_is_found_where_it_was_made(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    add_pets(add_migration, folder)
    add_migration(folder, "0002_more", apply="ALTER TABLE pets ADD COLUMN name text;",
                  rollback="ALTER TABLE pets DROP COLUMN name;")  # fmt: skip
    assert found(findings()) == both("foreign-key-unindexed", "0001_pets")


@pytest.mark.parametrize(
    "index",
    [
        "CREATE INDEX pets_owner ON pets (owner);",
        "CREATE INDEX pets_owner ON pets (owner DESC, tenant);",
        "CREATE UNIQUE INDEX pets_owner ON pets (owner, id);",
        "CREATE INDEX pets_owner ON pets (owner) WHERE owner IS NOT NULL;",
    ],
)
def test_a_foreign_key_with_an_index_is_fine(index: str, findings: Findings, folder: Path, add_migration: Add) -> None:
    add_pets(add_migration, folder, index)
    assert found(findings()) == []


@pytest.mark.parametrize(
    "index",
    [
        "CREATE INDEX pets_owner ON pets (tenant, owner);",
        "CREATE INDEX pets_owner ON pets (owner) WHERE tenant IS NOT NULL;",
    ],
)
def test_an_index_that_does_not_begin_with_the_key_or_lacks_rows_does_not_serve_it(
    index: str, findings: Findings, folder: Path, add_migration: Add
) -> None:
    add_pets(add_migration, folder, index)
    assert found(findings()) == both("foreign-key-unindexed", "0001_pets")


def test_an_index_of_a_later_migration_serves_a_foreign_key(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    add_pets(add_migration, folder)
    add_migration(folder, "0002_index", apply="CREATE INDEX i ON pets (owner);", rollback="DROP INDEX i;")
    assert found(findings()) == []


@pytest.mark.parametrize(
    ("columns", "rules"),
    [
        ("id bigint NOT NULL PRIMARY KEY", ["foreign-key-unindexed"]),
        ("id bigint NOT NULL, PRIMARY KEY (tenant, id)", []),
        ("id bigint NOT NULL, PRIMARY KEY (owner)", []),
        ("id bigint NOT NULL, CONSTRAINT pets_owner_key UNIQUE (owner)", []),
    ],
)
def test_keys_serve_foreign_keys_of_several_columns(
    columns: str, rules: list[str], findings: Findings, folder: Path, add_migration: Add
) -> None:
    several = "CONSTRAINT pets_fkey FOREIGN KEY (tenant, owner) REFERENCES owners (tenant, id)"
    definition = f"CREATE TABLE pets (owner bigint NOT NULL, tenant bigint NOT NULL, {columns}, {several});"
    add_pets(add_migration, folder, pets=definition)
    assert [rule for _, _, rule in found(findings())] == rules * 2


def test_a_foreign_key_to_a_small_table_needs_no_index(findings: Findings, folder: Path, add_migration: Add) -> None:
    add_pets(add_migration, folder)
    assert found(findings(small_tables=("owners",))) == []
    assert found(findings(small_tables=("users",))) == both("foreign-key-unindexed", "0001_pets")


NOTES = "CREATE TABLE notes (id integer NOT NULL PRIMARY KEY, data text{}, kind text, CONSTRAINT notes_data_check {});"


@pytest.mark.parametrize(
    ("null", "check", "rules"),
    [
        ("", "CHECK (json_valid(data))", ["json-check-null"]),
        ("", "CHECK (json_valid(data) = 1)", ["json-check-null"]),
        ("", "CHECK (json_valid(data) AND json_type(data) = 'object')", ["json-check-null"]),
        ("", 'CHECK (json_valid("data"))', ["json-check-null"]),
        (" NOT NULL", "CHECK (json_valid(data))", []),
        ("", "CHECK (data IS NULL OR json_valid(data))", []),
        ("", "CHECK (json_valid(coalesce(data, '{}')))", []),
        ("", "CHECK (coalesce(json_valid(data), 1))", []),
        ("", "CHECK (CASE WHEN data IS NULL THEN 1 ELSE json_valid(data) END)", []),
        ("", "CHECK (json_type(data) = 'object')", []),
    ],
)
def test_a_check_that_may_refuse_null_is_found(
    null: str, check: str, rules: list[str], findings: Findings, folder: Path, add_migration: Add
) -> None:
    plain = NOTES.format(null, "CHECK (data <> '')").replace("integer", "bigint")
    add_migration(
        folder, "0001_notes", sqlite=NOTES.format(null, check), postgresql=plain, rollback="DROP TABLE notes;"
    )
    assert [(each.dialect, each.rule) for each in findings() if each.rule != "schemas-differ"] == [
        ("sqlite", rule) for rule in rules
    ]


def test_the_index_of_the_fix_can_be_created_on_both_databases(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    add_pets(add_migration, folder)
    (create,) = {each.fix.partition(" in a new migration")[0] for each in findings()}
    add_migration(folder, "0002_index", apply=f"{create};", rollback="DROP INDEX idx_pets_owner;")
    assert found(findings()) == []


STRICT = "CREATE TABLE notes (id integer NOT NULL PRIMARY KEY, body text NOT NULL) STRICT;"
LOOSE = STRICT.replace(" STRICT", "")
DECLARED = f"-- not strict: notes: rows of any type come from outside\n{LOOSE}"


@pytest.mark.parametrize(
    ("sqlite", "later", "rules"),
    [
        (LOOSE, "SELECT 1;", ["table-not-strict"]),
        (f"-- not strict: other: it is old\n{LOOSE}", "SELECT 1;", ["table-not-strict"]),
        (f"-- not strict: notes:\n{LOOSE}", "SELECT 1;", ["table-not-strict"]),
        (f"{LOOSE} SELECT '\n-- not strict: notes: a reason\n';", "SELECT 1;", ["table-not-strict"]),
        (STRICT, "SELECT 1;", []),
        (DECLARED, "SELECT 1;", []),
        (LOOSE, "-- not strict: Notes: it was made before this package\nSELECT 1;", []),
        (STRICT, "CREATE VIRTUAL TABLE words USING fts5(body);", []),
        (
            "CREATE TABLE notes (id integer NOT NULL PRIMARY KEY, body text NOT NULL) STRICT, WITHOUT ROWID;",
            "SELECT 1;",
            [],
        ),
    ],
    ids=[
        "loose",
        "another table",
        "no reason",
        "a text",
        "strict",
        "a reason",
        "a reason in a later migration",
        "virtual",
        "without rowid",
    ],
)
def test_a_table_of_sqlite_that_is_not_strict_is_found(
    sqlite: str, later: str, rules: list[str], findings: Findings, folder: Path, add_migration: Add
) -> None:
    postgresql = "CREATE TABLE notes (id bigint NOT NULL PRIMARY KEY, body text NOT NULL);"
    add_migration(
        folder, "0001_notes", strict=False, sqlite=sqlite, postgresql=postgresql, rollback="DROP TABLE notes;"
    )
    drop = "DROP TABLE words;" if "words" in later else "SELECT 1;"
    add_migration(folder, "0002_words", strict=False, sqlite=later, postgresql="SELECT 1;")
    (folder / "sqlite" / "0002_words.rollback.sql").write_text(drop)
    assert found(findings(postgresql=None)) == [("sqlite", "0001_notes", rule) for rule in rules]


def test_the_documentation_shows_a_table_that_is_declared_not_strict() -> None:
    page = Path(__file__).parents[2] / "docs" / "migrations.md"
    assert f"```sql\n{DECLARED}\n```" in page.read_text(encoding="utf-8")
