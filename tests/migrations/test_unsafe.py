"""DDL that stops a busy PostgreSQL, or breaks running code, is found; harmless DDL is accepted."""

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest

from hangar_dal import cli
from hangar_dal.errors import MigrationError, SettingsError
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.unsafe import find_unsafe

Add = Callable[..., None]
Lint = Callable[[str, str], list[tuple[int, str]]]

NOTHING = "SELECT 1;"


@pytest.fixture
def lint(packaged: Path, add_migration: Add) -> Lint:
    def run(apply: str, rollback: str) -> list[tuple[int, str]]:
        add_migration(packaged, "0004_more", postgresql=apply, rollback=rollback)
        found = list(find_unsafe([MigrationFiles("0004_more", packaged)]))
        assert all((one.dialect, one.query, one.severity) == ("postgresql", "0004_more", "error") for one in found)
        return [(one.line, one.rule.removeprefix("squawk:")) for one in found]

    return run


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX i ON users (role);", "require-concurrent-index-creation"),
        ("DROP INDEX idx_session_expires;", "require-concurrent-index-deletion"),
        ("ALTER TABLE users ADD COLUMN note text NOT NULL;", "adding-required-field"),
        ("ALTER TABLE users ALTER COLUMN eve_character_id TYPE text;", "changing-column-type"),
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (role <> '');", "constraint-missing-not-valid"),
        ("ALTER TABLE users DROP COLUMN email;", "ban-drop-column"),
        ("ALTER TABLE users RENAME COLUMN email TO mail;", "renaming-column"),
        ("CREATE INDEX CONCURRENTLY i ON users (role);", "ban-concurrent-index-creation-in-transaction"),
    ],
)
def test_a_statement_that_is_unsafe_on_a_busy_server_is_found(lint: Lint, statement: str, rule: str) -> None:
    assert lint(f"-- Why.\nSELECT 1;\n{statement}", NOTHING) == [(3, rule)]


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE t (id bigint PRIMARY KEY);\nCREATE INDEX i ON t (id);",
        "-- transactional: false\nCREATE TABLE t (id bigint PRIMARY KEY);\nCREATE INDEX i ON t (id);",
        "-- transactional: false\nDROP INDEX CONCURRENTLY IF EXISTS i;\nCREATE INDEX CONCURRENTLY i ON users (role);",
        "ALTER TABLE users ADD COLUMN note text;",
        "SELECT 1;\nA STATEMENT OF A POSTGRESQL TO COME;",
        "-- Nobody reads it since release 3.\n-- squawk-ignore ban-drop-column\nALTER TABLE users DROP COLUMN email;",
    ],
)
def test_harmless_ddl_is_accepted(lint: Lint, script: str) -> None:
    assert lint(script, NOTHING) == []


@pytest.mark.parametrize("made", ["TABLE t", "VIEW v", "FUNCTION f()", "TYPE kind", "SEQUENCE s", "SCHEMA aside"])
def test_undoing_takes_away_what_was_made(lint: Lint, made: str) -> None:
    assert lint(NOTHING, f"DROP {made};") == []


def test_a_table_made_in_the_same_migration_excuses_its_own_indexes_alone(lint: Lint) -> None:
    script = "CREATE TABLE t (id bigint PRIMARY KEY);\nCREATE INDEX i ON t (id);\nCREATE INDEX j ON users (role);"
    assert lint(script, NOTHING) == [(3, "require-concurrent-index-creation")]


def test_a_rollback_may_take_away_what_was_added_but_not_block_for_it(lint: Lint) -> None:
    undone = (
        "DROP TABLE t;",
        "ALTER TABLE users DROP COLUMN note;",
        "ALTER TABLE users ALTER COLUMN role DROP NOT NULL;",
        "ALTER TABLE users RENAME COLUMN mail TO email;",
        "ALTER TABLE people RENAME TO users;",
        "DROP INDEX idx_session_expires;",
    )
    assert lint(NOTHING, "\n".join(undone)) == [(6, "require-concurrent-index-deletion")]
    found = [rule for _, rule in lint("\n".join(undone), NOTHING)]
    assert found == [
        "ban-drop-table",
        "ban-drop-column",
        "ban-drop-not-null",
        "renaming-column",
        "renaming-table",
        "require-concurrent-index-deletion",
    ]


def test_a_machine_without_squawk_is_told_how_to_get_it(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(SettingsError, match=r"pip install 'hangar-dal\[check\]', or pass --no-squawk"):
        lint(NOTHING, NOTHING)


def test_a_machine_without_squawk_is_told_before_any_migration_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    verify = ["migrations", "verify", "--sqlite-only", "--folder", str(tmp_path / "none")]
    assert cli.main(verify) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: squawk, which finds unsafe DDL, is not installed; ")
    assert "--no-squawk" in said.err


def test_a_squawk_that_fails_has_found_nothing_safe(
    lint: Lint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "squawk"
    program.write_text("#!/bin/sh\necho 'no such option' >&2\nexit 2\n")
    program.chmod(0o700)
    monkeypatch.setattr("shutil.which", lambda *_, **__: str(program))
    with pytest.raises(MigrationError, match="squawk failed: no such option"):
        lint(NOTHING, NOTHING)


def test_squawk_learns_no_secret_from_its_environment(
    lint: Lint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program in its place writes down all that it was given."""
    program, dump = tmp_path / "squawk", tmp_path / "dump"
    program.write_text(f"#!/bin/sh\nexport -p >'{dump}'\ncat >>'{dump}'\necho '[]'\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    canary = token_hex()
    for name in ("DATABASE_URL", "POSTGRES_PASSWORD", "PGPASSWORD", "PGHOST", "HANGAR_SEALING_KEYS", "ANY_TOKEN"):
        monkeypatch.setenv(name, canary)
    assert lint(NOTHING, NOTHING) == []
    given = {line.split()[-1].partition("=")[0] for line in dump.read_text().splitlines()}
    assert given <= {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}  # all but the first are the shell's own
    assert canary not in dump.read_text()
