"""`hangar-dal`, as a deploy script and a person at a terminal use it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from hangar_dal.sealing import parse_keys
from tests.migrations.everything import EVERYTHING
from tests.migrations.shell import Run, hangar_dal, on_a_terminal

PASSWORD = token_hex()

Query = Callable[[str, str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.usefixtures("accounts_project")


def test_a_new_key_is_an_entry_of_the_setting_and_never_the_same(in_process: Callable[..., Run]) -> None:
    first, second = hangar_dal("keys", "new"), in_process("keys", "new")
    assert (first.returncode, first.stderr) == (0, "")
    assert len(first.stdout.splitlines()) == 1
    assert first.stdout != second.stdout
    assert len(parse_keys(f"{first.stdout.strip()},{second.stdout.strip()}").ids) == 2


def test_pending_then_apply_then_nothing(
    in_process: Callable[..., Run], empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = hangar_dal("migrations", "pending", DATABASE_URL=empty_database_url)
    assert (pending.returncode, pending.stdout.split(), pending.stderr) == (3, list(EVERYTHING), "")
    applied = in_process("migrations", "apply", "--database", empty_database_url)
    assert (applied.returncode, applied.stderr) == (0, "")
    assert applied.stdout.splitlines() == [f"applied {migration}" for migration in EVERYTHING]
    pending = in_process("migrations", "pending", "--database", empty_database_url)
    assert (pending.returncode, pending.stdout, pending.stderr) == (0, "", "")
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    again = in_process("migrations", "apply")
    assert (again.returncode, again.stdout, again.stderr) == (0, "Nothing is pending.\n", "")


def test_adopt_prints_what_it_marks_or_the_differences(
    in_process: Callable[..., Run], database_url: str, query: Query
) -> None:
    query(database_url, "DELETE FROM _yoyo_migration")
    query(database_url, "DROP INDEX idx_session_expires")
    refused = in_process("migrations", "adopt", "--database", database_url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error: ")
    assert "\n  - session_cookies: index idx_session_expires " in refused.stderr
    query(database_url, "CREATE INDEX idx_session_expires ON session_cookies (expires_at)")
    adopted = in_process("migrations", "adopt", "--database", database_url)
    assert adopted.stdout.splitlines() == [f"marked {migration}" for migration in EVERYTHING]


def test_edited_prints_what_was_changed_since(in_process: Callable[..., Run], database_url: str, query: Query) -> None:
    untouched = in_process("migrations", "edited", "--database", database_url)
    assert (untouched.returncode, untouched.stdout) == (0, "")
    query(database_url, "UPDATE _yoyo_log SET comment = 'sha256:0' WHERE migration_id = '0001_users'")
    edited = in_process("migrations", "edited", "--database", database_url)
    assert (edited.returncode, edited.stdout.split()) == (4, ["0001_users"])


def test_break_lock_removes_the_lock(in_process: Callable[..., Run], database_url: str, query: Query) -> None:
    query(database_url, "INSERT INTO yoyo_lock VALUES (1, '2026-01-01', 4194303)")
    assert in_process("migrations", "break-lock", "--database", database_url).returncode == 0
    assert query(database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["migrations", "apply", "--database", f"mysql://me:{PASSWORD}@host/db"],
            "error: --database: mysql:// is not",
        ),
        (["migrations", "apply", "--database", ":memory:"], "error: :memory: is migrated whenever it is opened"),
        (
            ["migrations", "pending", "--database", f"postgresql://me:{PASSWORD}@/x?host=/nowhere"],
            "error: PostgreSQL at",
        ),
    ],
)
def test_an_error_is_one_line_and_no_secret(
    in_process: Callable[..., Run], arguments: list[str], sentence: str
) -> None:
    answer = in_process(*arguments)
    assert (answer.returncode, answer.stdout) == (2 if "--database:" in sentence else 1, "")
    assert answer.stderr.startswith(sentence)
    assert len(answer.stderr.splitlines()) == 1
    assert PASSWORD not in answer.stderr


@pytest.mark.parametrize("arguments", [[], ["migrations"], ["frobnicate"], ["migrations", "apply", "--force"]])
def test_what_is_not_understood_is_a_usage_error(in_process: Callable[..., Run], arguments: list[str]) -> None:
    answer = in_process(*arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "usage: hangar-dal" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "taught"),
    [
        ([], "hangar-dal migrations apply"),
        (["keys", "new"], 'HANGAR_SEALING_KEYS="$(hangar-dal keys new)"'),
        (["migrations"], "adopt"),
        (["migrations", "apply"], "prints the id of each one that was applied"),
        (["migrations", "pending"], "|| hangar-dal migrations apply"),
    ],
)
def test_help_teaches_by_example(in_process: Callable[..., Run], arguments: list[str], taught: str) -> None:
    answer = in_process(*arguments, "--help")
    assert answer.returncode == 0
    assert taught in answer.stdout


def test_colour_is_for_a_terminal_and_for_anyone_who_asks_for_it(
    in_process: Callable[..., Run], empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("migrations", "adopt", "--database", empty_sqlite_url)
    assert "\033[31;1merror:\033[0m" in on_a_terminal(*arguments)
    assert "\033[" not in on_a_terminal(*arguments, NO_COLOR="1")
    assert "\033[" not in on_a_terminal(*arguments, TERM="dumb")
    assert "\033[" not in hangar_dal(*arguments).stderr
    with monkeypatch.context() as patch:
        patch.setenv("FORCE_COLOR", "1")
        assert "\033[31;1merror:\033[0m" in in_process(*arguments).stderr
        patch.setenv("NO_COLOR", "1")
        assert "\033[" not in in_process(*arguments).stderr
    assert "\033[32mapplied\033[0m 0001_users" in on_a_terminal("migrations", "apply", "--database", empty_sqlite_url)


def test_a_reader_that_has_seen_enough_is_no_error(empty_sqlite_url: str, tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m hangar_dal.cli migrations apply --database "{empty_sqlite_url}" | true'
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=300, check=False)
    assert answer.stderr == ""
