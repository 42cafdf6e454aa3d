"""A RAISE whose words cannot be shown, or that the other database lacks, is found on its line; nothing else is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal.rules import Finding

Add = Callable[..., None]
Verified = Callable[..., list[tuple[str, str, int]]]

NOTES = "CREATE TABLE notes (note text);\n"
DROP = "DROP TABLE notes;"
DROP_FUNCTIONS = "DROP FUNCTION IF EXISTS a(), b(), c(), d(), help();"


def sqlite(name: str = "a", raised: str = "RAISE(ABORT, 'a_rule: No.')") -> str:
    return f"CREATE TRIGGER {name} BEFORE INSERT ON notes BEGIN\n    SELECT {raised};\nEND;\n"


def function(name: str = "a", raised: str = "RAISE EXCEPTION 'a_rule: No.'") -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n    {raised};\nEND $$;\n"


def called(name: str = "a", trigger: str = "") -> str:
    return f"CREATE TRIGGER {trigger or name} BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION {name}();\n"


def postgresql(name: str = "a", raised: str = "RAISE EXCEPTION 'a_rule: No.'") -> str:
    return function(name, raised) + called(name)


@pytest.fixture
def verified(
    findings: Callable[..., tuple[Finding, ...]], folder: Path, add_migration: Add
) -> Callable[..., list[tuple[str, str, int]]]:
    """What is found in a migration that makes a table and what is given for each database, and in a second one."""

    def run(on_sqlite: str, on_postgresql: str, *, then: tuple[str, str] | None = None) -> list[tuple[str, str, int]]:
        texts = (f"{NOTES}{on_sqlite}", f"{NOTES}{on_postgresql}")
        add_migration(folder, "0001_notes", sqlite=texts[0], postgresql=texts[1], rollback=DROP)
        rollback = folder / "postgresql" / "0001_notes.rollback.sql"
        rollback.write_text(f"{DROP} {DROP_FUNCTIONS}")
        if then is not None:
            add_migration(folder, "0002_more", sqlite=then[0], postgresql=then[1])
        return [(each.dialect, each.rule, each.line) for each in findings() if each.rule.startswith("trigger-")]

    return run


def test_each_raise_that_undoes_more_or_less_than_its_statement_or_is_no_literal_is_found(verified: Verified) -> None:
    on_sqlite = [
        sqlite("a"),
        sqlite("b", "RAISE(FAIL, 'a_rule: No.')"),
        sqlite("c", "RAISE(ROLLBACK, 'a_rule: No.')"),
        sqlite("d", "RAISE(ABORT, 'No.')"),
        sqlite("e", 'RAISE(ABORT, "a_rule: No.")'),
        sqlite("f", "RAISE(IGNORE)"),
    ]
    single = "CREATE FUNCTION d() RETURNS trigger LANGUAGE 'plpgsql' AS 'BEGIN\nRAISE ''No.'';\nEND';\n"
    on_postgresql = [
        postgresql("a", "RAISE NOTICE 'a note: %', NEW.note; RAISE 'a_rule: No.'"),
        postgresql("b", "RAISE EXCEPTION 'a_rule: %', NEW.note"),
        postgresql("c", "RAISE unique_violation USING MESSAGE = 'a_rule: ' || NEW.note"),
        single + called("d"),
    ]
    assert verified("".join(on_sqlite), "".join(on_postgresql)) == [
        *(("postgresql", "trigger-raise", line) for line in (7, 11, 15)),
        *(("sqlite", "trigger-raise", line) for line in (6, 9, 12, 15)),
    ]


def test_each_rule_that_only_one_database_has_or_that_says_something_else_is_found(verified: Verified) -> None:
    on_sqlite = [
        sqlite("a"),
        sqlite("b", "RAISE(ABORT, 'only_here: No.')"),
        sqlite("c", "RAISE(ABORT, 'constraint_there: No.')"),
        "-- differs: trigger d: there is nothing to refuse there\n",
        sqlite("d", "RAISE(ABORT, 'declared: No.')"),
        sqlite("e", "RAISE(ABORT, 'says: Yes.')"),
    ]
    on_postgresql = [
        postgresql("a"),
        postgresql("b", "RAISE 'only_there: No.'"),
        "ALTER TABLE notes ADD CONSTRAINT constraint_there CHECK (note <> '');\n",
        '-- differs: trigger "d": there is nothing to refuse here\n',
        postgresql("d", "RAISE 'declared_too: No.'"),
        postgresql("c", "RAISE 'says: No.'"),
    ]
    assert verified("".join(on_sqlite), "".join(on_postgresql)) == [
        ("postgresql", "trigger-twins", 7),
        ("sqlite", "trigger-twins", 6),
        ("sqlite", "trigger-twins", 16),
    ]


def test_a_trigger_of_a_declared_table_needs_no_twin(verified: Verified) -> None:
    on_sqlite = "-- differs: table own: only SQLite has it\nCREATE TABLE own (note text);\n" + sqlite("a").replace(
        "notes", "own"
    )
    partition = "CREATE TABLE logs_0 PARTITION OF logs FOR VALUES FROM ('a') TO ('b');\n"
    logs = "CREATE TABLE logs (note text)"
    on_postgresql = (
        f"-- differs: partitions of logs: SQLite has none\n{logs} PARTITION BY RANGE (note);\n{partition}"
        + function("b", "RAISE 'b_rule: No.'")
        + called("b").replace("notes", "logs_0")
    )
    assert verified(f"{logs};\n{on_sqlite}", on_postgresql) == []


def test_a_declaration_excuses_the_trigger_of_its_table_alone(verified: Verified) -> None:
    on_postgresql = (
        "CREATE TABLE other (note text);\n-- differs: trigger a on notes: a reason\n"
        + function("a")
        + called("a")
        + function("b", "RAISE 'b_rule: No.'")
        + called("b", trigger="a").replace("notes", "other")
    )
    found = verified("CREATE TABLE other (note text);", on_postgresql)
    assert found == [("postgresql", "trigger-twins", 9)]


def test_only_what_the_last_migration_leaves_behind_counts(verified: Verified) -> None:
    """An applied migration cannot be edited, so a later one replaces or drops what it made."""
    bad = sqlite("a", "RAISE(FAIL, 'No.')") + sqlite("c", "RAISE(FAIL, 'No.')")
    on_sqlite = sqlite("b", "RAISE(ABORT, 'b_rule: No.')") + bad
    on_postgresql = (
        postgresql("b", "RAISE 'b_rule: No.'") + postgresql("a", "RAISE 'No.'") + postgresql("c", "RAISE 'No.'")
    )
    drop = "DROP TRIGGER b ON notes; DROP TRIGGER c ON notes; DROP FUNCTION b(), c();"
    then = (f"DROP TRIGGER a; DROP TRIGGER c;\n{sqlite('a')}", f"{drop} {function('a')}")
    assert verified(on_sqlite, on_postgresql, then=then) == [("sqlite", "trigger-twins", 3)]


def test_a_function_that_triggers_call_themselves_or_not_at_all_is_only_known(verified: Verified) -> None:
    helper = "CREATE FUNCTION help() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'a_rule: No.'; END $$;\n"
    unused = "CREATE FUNCTION b() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'No: %', now(); END $$;\n"
    unused += "CREATE FUNCTION c() RETURNS text LANGUAGE sql AS $$ SELECT 'a' $$;\n"
    assert verified(sqlite(), helper + unused + postgresql("a", "PERFORM help()")) == []


def test_nothing_is_missing_where_a_function_cannot_be_read(verified: Verified) -> None:
    hidden = f"DO $do$ BEGIN EXECUTE $x${function()}$x$; END $do$;\n{called()}"
    assert verified(sqlite(), hidden) == []


def test_names_are_found_in_every_spelling(verified: Verified) -> None:
    name = '"My ""Trigger"""'
    on_postgresql = function("public.A", "RAISE 'No.'") + (
        f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED\n"
        "FOR EACH ROW EXECUTE PROCEDURE Public.A('a');"
    )
    on_sqlite = sqlite(f"IF NOT EXISTS main.{name}", "RAISE(FAIL, 'No.')") + sqlite("Plain", "RAISE(FAIL, 'No.')")
    assert verified(on_sqlite, on_postgresql) == [
        ("postgresql", "trigger-raise", 3),
        *(("sqlite", "trigger-raise", line) for line in (3, 6)),
    ]
