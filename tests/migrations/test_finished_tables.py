"""What the tables lack after all migrations is found at the migration that brought it, and nothing else is reported."""

import re
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


def add_pets(add_migration: Add, folder: Path, more: str = "", pets: str = PETS, number: int = 1) -> None:
    """The tables of the migration with another number have other names."""
    sql, drop = f"{OWNERS} {pets} {more}", DROP
    if number != 1:
        sql, drop = (re.sub("owners|pets", rf"\g<0>{number}", script) for script in (sql, drop))
    add_migration(folder, f"{number:04}_pets", sqlite=in_sqlite(sql), postgresql=sql, rollback=drop)


def test_a_foreign_key_without_an_index_is_found_where_it_was_made(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    add_pets(add_migration, folder)
    add_migration(folder, "0002_more", apply="ALTER TABLE pets ADD COLUMN name text;",
                  rollback="ALTER TABLE pets DROP COLUMN name;")  # fmt: skip
    assert found(findings()) == both("foreign-key-unindexed", "0001_pets")


SERVING = (
    "CREATE INDEX pets_owner ON pets (owner);",
    "CREATE INDEX pets_owner ON pets (owner DESC, tenant);",
    "CREATE UNIQUE INDEX pets_owner ON pets (owner, id);",
    "CREATE INDEX pets_owner ON pets (owner) WHERE owner IS NOT NULL;",
    "CREATE INDEX pets_owner ON pets (owner) WHERE ((Owner) NOTNULL);",
)
NOT_SERVING = (
    "CREATE INDEX pets_owner ON pets (tenant, owner);",
    "CREATE INDEX pets_owner ON pets (owner) WHERE tenant IS NOT NULL;",
    "CREATE INDEX pets_owner ON pets (owner) WHERE owner NOTNULL AND tenant NOTNULL;",
    "CREATE INDEX pets_owner ON pets (owner) WHERE owner NOTNULL OR tenant NOTNULL;",
    "CREATE INDEX pets_owner ON pets (owner) WHERE owner IS NULL;",
)


def test_an_index_serves_a_foreign_key_that_begins_with_its_columns_and_has_all_rows(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    for number, index in enumerate((*SERVING, *NOT_SERVING)):
        add_pets(add_migration, folder, index, number=number)
    missed = [f"{number:04}_pets" for number in range(len(SERVING), len(SERVING) + len(NOT_SERVING))]
    assert found(findings()) == [
        (dialect, migration, "foreign-key-unindexed") for dialect in ("postgresql", "sqlite") for migration in missed
    ]


def test_an_index_without_the_rows_that_refer_to_none_serves_a_key_of_two_columns(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    several = 'CONSTRAINT pets_fkey FOREIGN KEY (tenant, "Owner") REFERENCES owners (tenant, id)'
    pets = f'CREATE TABLE pets (id bigint NOT NULL PRIMARY KEY, "Owner" bigint, tenant bigint, {several});'
    index = 'CREATE INDEX pets_key ON pets (tenant, "Owner") WHERE ("Owner" IS NOT NULL) AND tenant IS NOT NULL;'
    add_pets(add_migration, folder, index, pets)
    assert found(findings()) == []


def test_sqlite_has_three_spellings_of_not_null(findings: Findings, folder: Path, add_migration: Add) -> None:
    for number, test in enumerate(("owner NOTNULL", "owner NOT NULL", "[owner] IS NOT NULL")):
        add_pets(add_migration, folder, number=number)
        with (folder / "sqlite" / f"{number:04}_pets.sql").open("a") as script:
            script.write(f"CREATE INDEX pets_owner{number} ON pets{number} (owner) WHERE {test};")
    assert not [each for each in findings(postgresql=None) if each.rule == "foreign-key-unindexed"]


def test_an_index_of_a_later_migration_serves_a_foreign_key(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    add_pets(add_migration, folder)
    add_migration(folder, "0002_index", apply="CREATE INDEX i ON pets (owner);", rollback="DROP INDEX i;")
    assert found(findings()) == []


KEYS = {
    "id bigint NOT NULL PRIMARY KEY": False,
    "id bigint NOT NULL, PRIMARY KEY (tenant, id)": True,
    "id bigint NOT NULL, PRIMARY KEY (owner)": True,
    "id bigint NOT NULL, CONSTRAINT pets_owner_key UNIQUE (owner)": True,
}


def test_keys_serve_foreign_keys_of_several_columns(findings: Findings, folder: Path, add_migration: Add) -> None:
    several = "CONSTRAINT pets_fkey FOREIGN KEY (tenant, owner) REFERENCES owners (tenant, id)"
    for number, columns in enumerate(KEYS):
        definition = f"CREATE TABLE pets (owner bigint NOT NULL, tenant bigint NOT NULL, {columns}, {several});"
        add_pets(add_migration, folder, pets=definition, number=number)
    missed = [f"{number:04}_pets" for number, is_served in enumerate(KEYS.values()) if not is_served]
    assert found(findings()) == [
        (dialect, migration, "foreign-key-unindexed") for dialect in ("postgresql", "sqlite") for migration in missed
    ]


def test_a_foreign_key_to_a_small_table_needs_no_index(findings: Findings, folder: Path, add_migration: Add) -> None:
    add_pets(add_migration, folder)
    assert found(findings(small_tables=("owners",))) == []
    assert found(findings(small_tables=("users",))) == both("foreign-key-unindexed", "0001_pets")


NOTES = "CREATE TABLE notes (id integer NOT NULL PRIMARY KEY, data text{}, kind text, CONSTRAINT notes_data_check {});"


# The NOT NULL of the column, its CHECK, and the rules that are reported.
JSON_CHECKS = (
    ("", "CHECK (json_valid(data))", ["json-check-null"]),
    ("", "CHECK (json_valid(data) = 1)", ["json-check-null"]),
    ("", "CHECK (json_valid(data) AND json_type(data) = 'object')", ["json-check-null"]),
    ("", 'CHECK (json_valid("data"))', ["json-check-null"]),
    ("", "CHECK (json_valid([data]))", ["json-check-null"]),
    ("", "CHECK (json_valid(data) AND (kind IS NULL OR kind = 'x'))", ["json-check-null"]),
    ("", "CHECK (json_valid(data) OR kind = 'x')", ["json-check-null"]),
    ("", "CHECK (json_valid(data) OR kind <> 'x')", ["json-check-null"]),
    ("", "CHECK (json_valid(data) OR notes.kind IS NOT NULL)", ["json-check-null"]),
    ("", "CHECK (kind <> 'null' AND json_valid(data))", ["json-check-null"]),
    ("", "CHECK (CASE WHEN json_valid(data) THEN json_type(data) = 'object' ELSE FALSE END)", ["json-check-null"]),
    ("", "CHECK (json_valid(data) AND json_type(kind) = 'object')", ["json-check-null"]),
    ("", "CHECK (coalesce(json_valid(data), 1))", ["json-check-null"]),
    (" NOT NULL", "CHECK (json_valid(data))", []),
    ("", "CHECK (data IS NULL OR json_valid(data))", []),
    ("", "CHECK (json_valid(coalesce(data, '{}')))", []),
    ("", "CHECK (kind = 'x' AND (data IS NULL OR json_valid(data)))", []),
    ("", "CHECK (json_valid(data) >= 0)", []),
    ("", "CHECK (data IS NOT NULL AND json_valid(data))", []),
    ("", "CHECK (CASE WHEN data IS NULL THEN 1 ELSE json_valid(data) END)", []),
    ("", "CHECK (json_type(data) = 'object')", []),
)


def test_a_check_that_may_refuse_null_is_found(findings: Findings, folder: Path, add_migration: Add) -> None:
    for number, (null, rule, _) in enumerate(JSON_CHECKS):
        notes, check = (text.replace("notes", f"notes{number}") for text in (NOTES, rule))
        plain = notes.format(null, "CHECK (data <> '')").replace("integer", "bigint")
        undo = f"DROP TABLE notes{number};"
        add_migration(folder, f"{number:04}_notes", sqlite=notes.format(null, check), postgresql=plain, rollback=undo)
    reported = [each for each in findings() if each.rule != "schemas-differ"]
    assert {each.dialect for each in reported} == {"sqlite"}
    assert len(reported) == sum(len(rules) for *_, rules in JSON_CHECKS)
    for number, case in enumerate(JSON_CHECKS):
        assert [each.rule for each in reported if each.query == f"{number:04}_notes"] == case[2], case


@pytest.mark.parametrize("column", ["owner", '"Order"'])
def test_the_index_of_the_fix_can_be_created_on_both_databases(
    column: str, findings: Findings, folder: Path, add_migration: Add
) -> None:
    add_pets(add_migration, folder, pets=re.sub(r"\bowner\b", column, PETS))
    (create,) = {each.fix.partition(" in a new migration")[0] for each in findings()}
    drop = f"DROP INDEX {create.split()[2]};"
    add_migration(folder, "0002_index", apply=f"{create};", rollback=drop)
    assert found(findings()) == []


def test_the_check_of_the_fix_accepts_null_in_a_column_whose_name_needs_quotes(
    findings: Findings, folder: Path, add_migration: Add
) -> None:
    table = 'CREATE TABLE notes (id integer NOT NULL PRIMARY KEY, "order" text, CONSTRAINT notes_check CHECK {});'
    plain = table.format("(\"order\" <> '')").replace("integer", "bigint")
    wrong = table.format('(json_valid("order"))')
    add_migration(folder, "0001_notes", sqlite=wrong, postgresql=plain, rollback="DROP TABLE notes;")
    (finding,) = (each for each in findings() if each.rule == "json-check-null")
    fix = finding.fix.removeprefix("write CHECK ").removesuffix(", or NOT NULL")
    assert fix == '("order" IS NULL OR json_valid("order"))'
    add_migration(folder, "0001_notes", sqlite=table.format(fix), postgresql=plain, rollback="DROP TABLE notes;")
    assert found(findings(postgresql=None)) == []


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
