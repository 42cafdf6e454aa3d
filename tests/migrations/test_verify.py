"""Broken migrations are found before any database that matters has had them, and whole ones are not suspected."""

import re
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.migrations import scratch
from hangar_dal.rules import Finding

Add = Callable[..., None]
Query = Callable[[str, str], list[tuple[Any, ...]]]
Found = tuple[str, int, str]
Check = Callable[..., list[Found]]

TABLE = "CREATE TABLE pilots (id bigint NOT NULL PRIMARY KEY, name text NOT NULL);"


@pytest.fixture
def check(findings: Callable[..., tuple[Finding, ...]]) -> Check:
    """Where and what was found, shortly."""

    def run(*folders: Path, **options: Any) -> list[Found]:
        found = findings(*folders, **options)
        assert all(one.query in one.path for one in found)
        return [("/".join(Path(one.path).parts[-2:]), one.line, one.rule) for one in found]

    return run


def test_whole_migrations_are_not_suspected(check: Check, first_three: Path) -> None:
    """All of the project's own are verified by `tox -e check`."""
    assert check(lint=True) == []


# What a migration does, a rollback that does not undo it, and the difference that is left.
NOT_UNDONE = (
    (TABLE, "SELECT 1;", "+ table pilots"),
    ("CREATE INDEX idx_role ON users (role);", "SELECT 1;", "+ users: index idx_role"),
    ("CREATE VIEW names AS SELECT id FROM users;", "SELECT 1;", "+ view names"),
    ("ALTER TABLE users ADD COLUMN note text;", "SELECT 1;", "+ users: column note text null"),
    ("SELECT 1;", "DROP INDEX idx_session_expires;", "- session_cookies: index idx_session_expires"),
)


def test_a_rollback_that_does_not_undo_exactly_is_found_on_both_databases(
    findings: Callable[..., tuple[Finding, ...]], first_three: Path, add_migration: Add
) -> None:
    migrations_left = {}
    for number, (apply, rollback, left) in enumerate(NOT_UNDONE, start=4):
        add_migration(first_three, f"{number:04}_more", apply=apply, rollback=rollback)
        migrations_left[f"{number:04}_more"] = left
    found = findings()
    expected = [(dialect, each, "rollback-differs") for dialect in ("postgresql", "sqlite") for each in migrations_left]
    assert [(one.dialect, one.query, one.rule) for one in found] == expected
    for one in found:
        assert one.path.endswith(f"{one.dialect}/{one.query}.rollback.sql")
        differences = [line for line in one.message.splitlines() if line.startswith(("    + ", "    - "))]
        assert [line[4:].startswith(migrations_left[one.query]) for line in differences] == [True], one.message


RENAMED = """
CREATE TABLE pilots (id bigint NOT NULL PRIMARY KEY, name text NOT NULL, wing_id bigint,
    CONSTRAINT pilots_name_check CHECK (length(name) > 0),
    CONSTRAINT pilots_wing_id_fkey FOREIGN KEY (wing_id) REFERENCES pilots (id),
    CONSTRAINT pilots_name_key UNIQUE (name));
CREATE INDEX idx_pilots_wing ON pilots (wing_id, name) WHERE name <> 'x';
CREATE INDEX idx_pilots_wing_id ON pilots (wing_id);
CREATE INDEX idx_pilots_lower ON pilots (lower(name), id DESC);
CREATE VIEW pilot_names AS SELECT id, name FROM pilots;
"""


RENAMES = (
    ("ALTER TABLE pilots RENAME TO flyers;", "ALTER TABLE flyers RENAME TO pilots;"),
    ('ALTER TABLE pilots RENAME TO "flyers";', 'ALTER TABLE "flyers" RENAME TO "pilots";'),
    ("ALTER TABLE pilots RENAME COLUMN name TO label;", "ALTER TABLE pilots RENAME COLUMN label TO name;"),
    ('ALTER TABLE pilots RENAME COLUMN name TO "label";', 'ALTER TABLE pilots RENAME COLUMN "label" TO "name";'),
    ("ALTER TABLE pilots RENAME COLUMN id TO pilot_id;", "ALTER TABLE pilots RENAME COLUMN pilot_id TO id;"),
    ("ALTER TABLE pilots RENAME COLUMN wing_id TO w;", "ALTER TABLE pilots RENAME COLUMN w TO wing_id;"),
)


def test_a_rename_and_back_leaves_the_schema_as_it_was(check: Check, folder: Path, add_migration: Add) -> None:
    """Each renames in a table of its own, so that one database shows all."""
    for number, scripts in enumerate(RENAMES):
        make, undo, apply, rollback = (
            re.sub("pilot|flyer", rf"\g<0>{number}_", script)
            for script in (RENAMED, "DROP VIEW pilot_names; DROP TABLE pilots;", *scripts)
        )
        add_migration(folder, f"{number}001_pilots", apply=make, rollback=undo)
        add_migration(folder, f"{number}002_rename", apply=apply, rollback=rollback)
    assert check() == []


def test_what_is_wrong_with_later_migrations_is_found_too(check: Check, folder: Path, add_migration: Add) -> None:
    add_migration(folder, "0001_fails", apply=TABLE, rollback="DROP TABLE nobody;")
    add_migration(folder, "0002_rows", apply="INSERT INTO pilots VALUES (1, 'a');", rollback="SELECT 1;")
    add_migration(folder, "0003_whole", apply="CREATE INDEX i ON pilots (name);", rollback="DROP INDEX i;")
    add_migration(folder, "0004_leaves", apply="ALTER TABLE pilots ADD COLUMN b text;", rollback="SELECT 1;")
    assert check() == [
        ("postgresql/0001_fails.rollback.sql", 1, "rollback-fails"),
        ("postgresql/0002_rows.sql", 1, "apply-again-fails"),
        ("postgresql/0004_leaves.rollback.sql", 1, "rollback-differs"),
        ("sqlite/0001_fails.rollback.sql", 1, "rollback-fails"),
        ("sqlite/0002_rows.sql", 1, "apply-again-fails"),
        ("sqlite/0004_leaves.rollback.sql", 1, "rollback-differs"),
    ]


def test_a_rollback_that_destroys_too_much_is_not_held_against_the_next_migration(
    check: Check, first_three: Path, add_migration: Add
) -> None:
    add_migration(first_three, "0004_destroys", rollback="DROP TABLE session_cookies;")
    add_migration(
        first_three,
        "0005_whole",
        apply="ALTER TABLE session_cookies ADD COLUMN note text;",
        rollback="ALTER TABLE session_cookies DROP COLUMN note;",
    )
    assert check() == [
        ("postgresql/0004_destroys.rollback.sql", 1, "rollback-differs"),
        ("sqlite/0004_destroys.rollback.sql", 1, "rollback-differs"),
    ]


def test_a_migration_that_gives_something_else_the_second_time_is_found(
    check: Check, folder: Path, add_migration: Add
) -> None:
    add_migration(folder, "0001_marks", apply="CREATE TABLE marks (n integer);", rollback="DROP TABLE marks;")
    twice = (
        "DO $$ BEGIN IF EXISTS (SELECT FROM marks) THEN ALTER TABLE marks ADD COLUMN again integer; END IF; END $$;"
        "INSERT INTO marks VALUES (1);"
    )
    add_migration(folder, "0002_twice", sqlite="SELECT 1;", postgresql=twice)
    assert check() == [("postgresql/0002_twice.sql", 1, "apply-again-differs")]


def test_the_statement_that_fails_is_named_and_what_was_not_tried(
    findings: Callable[..., tuple[Finding, ...]], first_three: Path, add_migration: Add
) -> None:
    add_migration(first_three, "9004_bad", apply=f"{TABLE}\n\nCREATE TABLE users (id integer);")
    add_migration(first_three, "9005_later", rollback="DROP TABLE nobody;")
    found = findings()
    assert [(one.dialect, one.line, one.rule) for one in found] == [
        ("postgresql", 3, "apply-fails"),
        ("sqlite", 3, "apply-fails"),
    ]
    assert {one.fix for one in found} == {"correct the statement; the 1 after it could not be tried"}


# On SQLite, on PostgreSQL, and how the difference begins. `{}` is a number for each.
ONE_SIDED = {
    "column": ("CREATE TABLE a{} (b integer, c text);", "CREATE TABLE a{} (b bigint);", "- column a{}.c text null"),
    "type": ("CREATE TABLE a{} (b text);", "CREATE TABLE a{} (b bigint);", "+ column a{}.b bigint null"),
    "null": ("CREATE TABLE a{} (b text NOT NULL);", "CREATE TABLE a{} (b text);", "- column a{}.b text not null"),
    "default": (
        "CREATE TABLE a{} (b text DEFAULT 'x');", "CREATE TABLE a{} (b text);", "- column a{}.b text null default 'x'",
    ),
    "rule": (
        "CREATE TABLE a{} (b text);", "CREATE TABLE a{} (b text, CONSTRAINT c{} CHECK (b <> ''));",
        "+ constraint c{} check (b <>",
    ),
    "index": (
        "CREATE TABLE a{} (b text); CREATE INDEX i{} ON a{} (b);", "CREATE TABLE a{} (b text);",
        "- create index i{} on a{} (b)",
    ),
    "table": ("SELECT 1;", "CREATE TABLE a{} (b text);", "+ table a{} (b text null)"),
    "view": (
        "CREATE TABLE a{} (b text); CREATE VIEW v{} AS SELECT b FROM a{};", "CREATE TABLE a{} (b text);",
        "- create view v{} as select b from a{}",
    ),
}  # fmt: skip


def test_a_change_of_one_twin_alone_is_found_once_where_it_was_made(
    findings: Callable[..., tuple[Finding, ...]], folder: Path, add_migration: Add
) -> None:
    lines = {}
    for number, (kind, scripts) in enumerate(ONE_SIDED.items(), start=1):
        undo = "DROP VIEW IF EXISTS v{}; DROP TABLE IF EXISTS a{};"
        sqlite, postgresql, line, rollback = (each.replace("{}", str(number)) for each in (*scripts, undo))
        migration = f"{number:04}_{kind}"
        add_migration(folder, migration, sqlite=sqlite, postgresql=postgresql, rollback=rollback)
        lines[migration] = line
    add_migration(folder, "0009_later")
    found = sorted(findings(), key=lambda one: one.query)
    assert [(one.query, one.rule) for one in found] == [(migration, "schemas-differ") for migration in lines]
    for one in found:
        assert f"\n    {lines[one.query]}" in one.message


@pytest.mark.parametrize(("name", "is_found"), [("a_b_check", True), ("a_b_type_check", False)])
def test_a_check_that_a_type_of_postgresql_replaces_has_a_name_that_the_fix_tells(
    findings: Callable[..., tuple[Finding, ...]], folder: Path, add_migration: Add, name: str, *, is_found: bool
) -> None:
    sqlite = f"CREATE TABLE a (b integer NOT NULL, CONSTRAINT {name} CHECK (b IN (0, 1))) STRICT;"
    postgresql = "CREATE TABLE a (b boolean NOT NULL);"
    add_migration(folder, "0001_flags", sqlite=sqlite, postgresql=postgresql, rollback="DROP TABLE a;")
    told = [each.fix for each in findings()]
    assert len(told) == is_found
    assert all("<table>_<column>_type_check" in fix for fix in told)


def test_files_that_are_missing_or_unfinished_are_all_named(
    check: Check, first_three: Path, add_migration: Add
) -> None:
    add_migration(first_three, "0004_new", sqlite="-- to do", postgresql="SELECT 1;\nCOMMIT;", rollback="SELECT 'open")
    (first_three / "sqlite" / "0003_session_cookies_indexes.rollback.sql").unlink()
    assert check() == [
        ("postgresql/0004_new.rollback.sql", 1, "migration-file"),
        ("postgresql/0004_new.sql", 2, "migration-file"),
        ("sqlite/0003_session_cookies_indexes.rollback.sql", 1, "migration-file"),
        ("sqlite/0004_new.rollback.sql", 1, "migration-file"),
        ("sqlite/0004_new.sql", 1, "migration-file"),
    ]


def test_an_applied_file_that_was_edited_is_found(
    check: Check, empty_database_url: str, folder: Path, add_migration: Add, dialect: str
) -> None:
    add_migration(folder, "0001_more", apply=TABLE, rollback="DROP TABLE pilots;")
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert check(database=empty_database_url) == []
    add_migration(folder, "0001_more", apply=f"{TABLE} -- edited", rollback="DROP TABLE pilots;")
    assert check(database=empty_database_url) == [(f"{dialect}/0001_more.sql", 1, "edited")]


def test_an_application_s_own_folder_is_verified_behind_the_packaged_ones(
    check: Check, application: Path, first_three: Path
) -> None:
    assert check(application) == []
    (application / "sqlite" / "1001_orders.sql").write_text("ALTER TABLE users ADD COLUMN orders integer;")
    assert check(application) == [
        ("postgresql/1001_orders.sql", 1, "schemas-differ"),
        ("sqlite/1001_orders.rollback.sql", 1, "rollback-fails"),
        ("sqlite/1001_orders.sql", 1, "schemas-differ"),
    ]


def test_a_foreign_key_that_leads_to_no_key_is_found(check: Check, first_three: Path, add_migration: Add) -> None:
    table = "CREATE TABLE pilots (id text NOT NULL PRIMARY KEY, name text REFERENCES users (display_name));"
    add_migration(first_three, "0004_pilots", sqlite=table, rollback="SELECT 1;")
    assert check(postgresql=None) == [("sqlite/0004_pilots.sql", 1, "apply-fails")]


def test_a_rule_is_one_dialect_s_alone_only_where_it_stands_for_a_column_s_type(
    check: Check, folder: Path, add_migration: Add
) -> None:
    table = "CREATE TABLE pilots (id {} NOT NULL, ship_type text NOT NULL{});"
    rule = ", CONSTRAINT pilots_{} CHECK (id <> '')"
    both = {
        "rollback": "DROP TABLE pilots;",
        "postgresql": table.format("uuid", "").replace("text", 'text COLLATE "C"'),
    }
    add_migration(folder, "0001_pilots", sqlite=table.format("text", rule.format("id_type_check")), **both)
    assert check() == []
    add_migration(folder, "0001_pilots", sqlite=table.format("text", rule.format("ship_type_check")), **both)
    assert check() == [("sqlite/0001_pilots.sql", 1, "schemas-differ")]


def test_no_scratch_database_is_left_on_the_server(
    check: Check,
    folder: Path,
    add_migration: Add,
    empty_postgres_url: str,
    query: Query,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending = token_hex(6)  # other tests have scratch databases of their own there
    monkeypatch.setattr(scratch, "new_name", lambda now: f"hangar_check_{now}_{ending}")
    add_migration(folder, "0001_fails", apply=TABLE, rollback="DROP TABLE nobody;")
    add_migration(folder, "0002_bad", apply=TABLE)
    assert len(check()) == 4
    assert query(empty_postgres_url, f"SELECT datname FROM pg_database WHERE datname LIKE '%{ending}'") == []


def test_without_postgresql_the_rest_is_verified(check: Check, folder: Path, add_migration: Add) -> None:
    add_migration(folder, "0001_one", sqlite=TABLE, postgresql="SELECT 1;")
    assert check(postgresql=None) == [("sqlite/0001_one.rollback.sql", 1, "rollback-differs")]
