"""The migration files of this package: named, ordered, complete, and cut into statements as the databases would."""

import re
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, pending_migrations
from hangar_dal.errors import MigrationError, SchemaOutOfDate
from hangar_dal.migrations.new import SHIM
from hangar_dal.migrations.scripts import Script, ids_in, read_script

FOLDER = ACCOUNTS.migrations
FOLDERS = sorted(FOLDER.parents[1].glob("*/migrations"))
IDS = ids_in(FOLDER)
DIALECTS = ("sqlite", "postgresql")


def script(text: str, dialect: str = "postgresql") -> Script:
    return Script("postgresql/0009_x.sql", dialect, text, transactional=True)


def texts(text: str, dialect: str) -> list[str]:
    return [statement.text for statement in script(text, dialect).statements()]


def test_the_issue_s_three_migrations_are_packaged_in_order() -> None:
    assert IDS[:3] == ("0001_users", "0002_session_cookies", "0003_session_cookies_indexes")
    assert tuple(pending_migrations.carried(ACCOUNTS)) == IDS


def test_ids_are_numbered_without_gap_or_repetition() -> None:
    """Over all catalogs, each of which may begin with another hundred."""
    named = [migration for folder in FOLDERS for migration in ids_in(folder)]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+", migration) for migration in named)
    numbers = sorted(int(migration[:4]) for migration in named)
    assert len(set(numbers)) == len(numbers)
    assert [number for number in numbers if number % 100 != 1 and number - 1 not in numbers] == []


@pytest.mark.parametrize(
    "path", [path for folder in FOLDERS for path in folder.glob("*.py")], ids=lambda path: path.name
)
def test_every_shim_is_the_same_three_lines(path: Path) -> None:
    text = path.read_text()
    assert text == SHIM
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("migration", IDS)
def test_every_migration_says_something_in_both_directions(migration: str, dialect: str) -> None:
    assert read_script(FOLDER, migration, dialect, "apply").statements()
    assert read_script(FOLDER, migration, dialect, "rollback").statements()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_file_stands_beside_the_migrations_without_belonging_to_one(dialect: str) -> None:
    expected = {f"{migration}{suffix}" for migration in IDS for suffix in (".sql", ".rollback.sql")}
    assert {path.name for path in (FOLDER / dialect).glob("[!.]*")} == expected


def test_indexes_on_tables_in_use_are_built_concurrently_after_what_a_failed_build_left_is_gone() -> None:
    made = read_script(FOLDER, "0003_session_cookies_indexes", "postgresql", "apply")
    assert not made.transactional
    verbs = [" ".join(statement.text.split()[:3]) for statement in made.statements() if "INDEX" in statement.text]
    assert verbs == ["DROP INDEX CONCURRENTLY", "CREATE INDEX CONCURRENTLY"] * 2


def test_up_to_date_is_silent_and_out_of_date_names_what_is_pending_the_command_and_its_option() -> None:
    pending_migrations.check(ACCOUNTS, IDS)
    with pytest.raises(SchemaOutOfDate, match=r"0002_session_cookies, 0003.* of hangar_dal\.ACCOUNTS") as caught:
        pending_migrations.check(ACCOUNTS, {"0001_users", "9999_from_a_newer_version"})
    assert caught.value.pending == IDS[1:]
    assert "`hangar-dal migrations apply`" in str(caught.value)
    assert "`--catalog MODULE:NAME`" in str(caught.value)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_semicolons_in_strings_names_and_comments_end_nothing(dialect: str) -> None:
    text = """-- a; comment\nSELECT ';' AS "a;b" /* ; */;\n\n;\nSELECT 2 -- no semicolon at the end"""
    assert texts(text, dialect) == ["""SELECT ';' AS "a;b" /* ; */""", "SELECT 2 -- no semicolon at the end"]


def test_a_trigger_is_one_statement_on_sqlite() -> None:
    trigger = (
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n"
        "    UPDATE a SET b = CASE WHEN c THEN 1 ELSE 2 END;\n    DELETE FROM d;\nEND"
    )
    assert texts(f"{trigger};\nSELECT 1;", "sqlite") == [trigger, "SELECT 1"]


def test_a_function_is_one_statement_on_postgresql() -> None:
    quoted = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END $body$"
    standard = "CREATE FUNCTION g(a int) RETURNS int BEGIN ATOMIC SELECT CASE a WHEN 1 THEN 2 END; SELECT 2; END"
    assert texts(f"{quoted};{standard};SELECT 1;", "postgresql") == [quoted, standard, "SELECT 1"]


def test_statements_know_their_number_and_line() -> None:
    found = script("-- one\nSELECT 1;\n\n\nSELECT\n    2;\n").statements()
    assert [(statement.number, statement.line) for statement in found] == [(1, 2), (2, 5)]


@pytest.mark.parametrize("verb", ["BEGIN", "commit", "END", "ROLLBACK", "START TRANSACTION", "PREPARE TRANSACTION 'x'"])
def test_a_script_may_not_end_its_own_transaction(verb: str) -> None:
    with pytest.raises(MigrationError, match=r"postgresql/0009_x\.sql, statement 2 \(line 2\)"):
        script(f"SELECT 1;\n{verb};\nSELECT 2;").statements()


def test_a_script_without_a_statement_is_refused() -> None:
    with pytest.raises(MigrationError, match=r"0009_x\.sql has no statement"):
        script("-- to be written\n;\n").statements()


def test_an_unclosed_string_is_refused_with_its_line() -> None:
    with pytest.raises(MigrationError, match=r"0009_x\.sql, line 2"):
        script("SELECT 1;\nSELECT 'x;").statements()


def test_line_ends_and_an_editor_s_mark_change_neither_the_text_nor_its_digest(tmp_path: Path) -> None:
    (tmp_path / "sqlite").mkdir()
    file = tmp_path / "sqlite" / "0001_x.sql"
    file.write_bytes(b"SELECT 1;\nSELECT 2;\n")
    plain = read_script(tmp_path, "0001_x", "sqlite", "apply")
    file.write_bytes(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n")
    assert read_script(tmp_path, "0001_x", "sqlite", "apply") == plain
    file.write_bytes(b"SELECT 1;\nSELECT 3;\n")
    assert read_script(tmp_path, "0001_x", "sqlite", "apply").digest != plain.digest


@pytest.mark.parametrize(("head", "transactional"), [("false", False), ("true", True)])
def test_the_directive_is_read_from_the_comments_at_the_head_alone(
    tmp_path: Path, head: str, transactional: bool
) -> None:
    (tmp_path / "sqlite").mkdir()
    file = tmp_path / "sqlite" / "0001_x.sql"
    file.write_text(f"-- why\n\n-- transactional: {head}\nSELECT 1;\n-- transactional: maybe\n")
    assert read_script(tmp_path, "0001_x", "sqlite", "apply").transactional is transactional
    file.write_text("-- transactional: no\nSELECT 1;\n")
    with pytest.raises(MigrationError, match=r"sqlite/0001_x\.sql: transactional is either true or false"):
        read_script(tmp_path, "0001_x", "sqlite", "apply")


@pytest.mark.parametrize(
    "text",
    [
        " -- transactional: false\nSELECT 1;\n",
        "-- transactional false\nSELECT 1;\n",
        "-- transactional = false\nSELECT 1;\n",
        "--- transactional: false\nSELECT 1;\n",
        "/* transactional: false */\nSELECT 1;\n",
        "-- transaction: off\nSELECT 1;\n",
        "-- trasactional: false\nSELECT 1;\n",
        "SELECT 1;\n-- transactional: false\nSELECT 2;\n",
        "SELECT 1; -- transactional: false\n",
        "-- transactional: true\n-- transactional: false\nSELECT 1;\n",
    ],
)
def test_a_directive_without_effect_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sqlite").mkdir()
    (tmp_path / "sqlite" / "0001_x.sql").write_text(text)
    with pytest.raises(MigrationError, match=r"sqlite/0001_x\.sql, line \d: this comment has no effect"):
        read_script(tmp_path, "0001_x", "sqlite", "apply")


def test_prose_about_transactions_is_no_directive(tmp_path: Path) -> None:
    (tmp_path / "sqlite").mkdir()
    text = "-- transactional: false\n-- transactions: see below\n-- Not transactional, so that\nSELECT 1; -- 'no'\n"
    (tmp_path / "sqlite" / "0001_x.sql").write_text(text)
    assert not read_script(tmp_path, "0001_x", "sqlite", "apply").transactional
