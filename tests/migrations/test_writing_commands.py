"""`hangar-dal migrations new`, `rollback` and `list`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, cli, migrations
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.new import SHIM
from tests.migrations.everything import EVERYTHING
from tests.migrations.shell import Run, on_a_terminal

InProcess = Callable[..., Run]
Query = Callable[[str, str], list[tuple[Any, ...]]]
LAST = EVERYTHING[-1]


@pytest.fixture
def migrated(database_url: str, accounts_project: Path) -> list[str]:
    """The options of a migrated database."""
    return ["--database", database_url]


def states(in_process: InProcess, migrated: list[str]) -> list[str]:
    listed = in_process("migrations", "list", *migrated)
    assert listed.returncode == 0
    return [line.split()[0] for line in listed.stdout.splitlines()]


def test_rollback_undoes_the_last_migration(in_process: InProcess, migrated: list[str]) -> None:
    done = in_process("migrations", "rollback", "--yes", *migrated)
    assert (done.returncode, done.stdout.splitlines()) == (0, [f"To roll back: {LAST}", f"rolled back {LAST}"])
    assert states(in_process, migrated) == ["applied"] * (len(EVERYTHING) - 1) + ["pending"]
    assert in_process("migrations", "apply", *migrated).stdout == f"applied {LAST}\n"


def test_rollback_undoes_several_migrations_the_newest_first(
    in_process: InProcess, migrated: list[str], query: Query
) -> None:
    done = in_process("migrations", "rollback", "--yes", "--count", "2", *migrated)
    assert done.stdout.splitlines()[1:] == [f"rolled back {each}" for each in EVERYTHING[:-3:-1]]
    assert in_process("migrations", "rollback", "--yes", "--to", EVERYTHING[3], *migrated).returncode == 0
    assert states(in_process, migrated).count("applied") == 4
    done = in_process("migrations", "rollback", "--yes", "--to", EVERYTHING[3], *migrated)
    assert done.stdout == f"Nothing is applied after {EVERYTHING[3]}.\n"
    assert in_process("migrations", "rollback", "--yes", "--count", "99", *migrated).returncode == 0
    assert in_process("migrations", "rollback", "--yes", *migrated).stdout == "Nothing is applied.\n"
    with pytest.raises(Exception, match="users"):
        query(migrated[1], "SELECT * FROM users")


@pytest.mark.parametrize("migration", ["9999_none", "users"])
def test_rollback_to_a_migration_that_is_not_applied_is_refused(
    in_process: InProcess, migrated: list[str], migration: str
) -> None:
    done = in_process("migrations", "rollback", "--to", migration, "--yes", *migrated)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--to {migration}: this migration is not applied" in done.stderr


def test_rollback_without_a_terminal_needs_yes(in_process: InProcess, migrated: list[str]) -> None:
    done = in_process("migrations", "rollback", *migrated)
    assert (done.returncode, done.stdout) == (1, f"To roll back: {LAST}\n")
    assert "pass --yes" in done.stderr
    assert states(in_process, migrated) == ["applied"] * len(EVERYTHING)


@pytest.mark.parametrize(("answer", "state"), [("y", "pending"), ("n", "applied"), ("", "applied")])
def test_rollback_asks_on_a_terminal(
    in_process: InProcess, migrated: list[str], monkeypatch: pytest.MonkeyPatch, answer: str, state: str
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert cli.main(["migrations", "rollback", *migrated]) == (0 if answer == "y" else 1)
    assert states(in_process, migrated)[-1] == state


def test_a_rollback_of_other_migrations_than_the_last_is_refused(database_url: str) -> None:
    with pytest.raises(MigrationError, match="the last applied migrations are others by now"):
        migrations.rollback(database_url, [EVERYTHING[0]], catalog=ACCOUNTS)
    assert migrations.applied(database_url, catalog=ACCOUNTS) == tuple(EVERYTHING)


def test_new_writes_the_next_migration_of_the_project(in_process: InProcess) -> None:
    Path("pyproject.toml").write_text('[tool.hangar_dal]\nmigrations = ["changes"]\n')
    Path("changes").mkdir()
    Path("changes/0007_first.py").write_text(SHIM)
    made = in_process("migrations", "new", "Add invoices!")
    assert made.returncode == 0, made.stderr
    assert sorted(path.as_posix() for path in Path("changes").rglob("*0008*")) == [
        "changes/0008_add_invoices.py",
        "changes/postgresql/0008_add_invoices.rollback.sql",
        "changes/postgresql/0008_add_invoices.sql",
        "changes/sqlite/0008_add_invoices.rollback.sql",
        "changes/sqlite/0008_add_invoices.sql",
    ]
    assert made.stdout.splitlines()[0] == "written: changes/0008_add_invoices.py"


@pytest.mark.parametrize("dialects", [["sqlite"], ["postgresql"], ["postgresql", "sqlite"]], ids=",".join)
def test_new_names_the_other_dialect_where_there_is_one(in_process: InProcess, dialects: list[str]) -> None:
    Path("pyproject.toml").write_text('[tool.hangar_dal]\nmigrations = ["changes"]\n')
    for dialect in dialects:
        Path("changes", dialect).mkdir(parents=True)
    assert in_process("migrations", "new", "more").returncode == 0
    texts = {path.read_text() for path in Path("changes").rglob("0001_more.sql")}
    twin = " The file of the other dialect has the same names and constraints." if len(dialects) > 1 else ""
    assert texts == {f"-- More: say here what this migration changes.{twin}\n"}


def test_new_writes_nothing_outside_of_the_project(in_process: InProcess, accounts_project: Path) -> None:
    refused = in_process("migrations", "new", "more")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "is outside of" in refused.stderr


def test_the_states_are_in_colour_on_a_terminal_only(migrated: list[str], in_process: InProcess) -> None:
    assert "\033" not in in_process("migrations", "list", *migrated).stdout
    assert "\033" in on_a_terminal("migrations", "list", *migrated)
