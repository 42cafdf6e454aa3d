"""`yoyo` in the root of a checkout, as a person runs it. The name of the folder has spaces and brackets."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit
from warnings import catch_warnings

import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.migrations.new import SHIM
from hangar_dal.migrations.schema import Schema
from tests.migrations.everything import EVERYTHING

PASSWORD = token_hex()

Yoyo = Callable[..., Any]
Query = Callable[[str, str], list[tuple[Any, ...]]]
SchemaOf = Callable[[str], Schema]
APPLIED = ["A"] * len(EVERYTHING)


def statuses(answer: Any) -> list[str]:
    """The first column of `yoyo list`: A for applied, U for unapplied."""
    assert answer.returncode == 0, answer.stderr
    return [line.split()[0] for line in answer.stdout.splitlines() if re.search(r" \d{4}_", line)]


def test_bare_apply_makes_the_default_database_beside_yoyo_ini(yoyo: Yoyo, yoyo_process: Yoyo, checkout: Path) -> None:
    answer = yoyo_process("apply")
    assert answer.returncode == 0, answer.stderr
    assert [migration for migration in EVERYTHING if f"Applying {migration}" in answer.stderr] == list(EVERYTHING)
    assert {path.name for path in checkout.iterdir()} == {"hangar_bay_dev.db", "sql", "src", "yoyo.ini"}
    with closing(sqlite3.connect(checkout / "hangar_bay_dev.db")) as connection:
        assert connection.execute("SELECT count(*) FROM session_cookies").fetchone() == (0,)
    assert statuses(yoyo("list")) == APPLIED
    with pytest.warns(UserWarning, match="rolling back a single migration"):
        assert yoyo("rollback").returncode == 0
    assert statuses(yoyo("list")) == [*APPLIED[1:], "U"]


def test_apply_list_rollback_mark_on_each_database(
    empty_database_url: str, yoyo: Yoyo, schema_of: SchemaOf, checkout: Path
) -> None:
    def run(*arguments: str) -> Any:
        return yoyo(*arguments, url=empty_database_url)

    def left() -> list[str]:
        return list(migrations.pending(empty_database_url, catalog=ACCOUNTS))

    assert statuses(run("list")) == ["U"] * len(EVERYTHING)
    assert run("apply").returncode == 0
    complete = schema_of(empty_database_url)
    assert left() == []

    assert run("rollback", "-r", "0002_session_cookies").returncode == 0
    assert statuses(run("list")) == ["A", *["U"] * (len(EVERYTHING) - 1)]
    assert schema_of(empty_database_url).names == {"users"}

    assert run("apply", "-r", EVERYTHING[-1]).returncode == 0
    assert schema_of(empty_database_url) == complete

    assert run("unmark", "-r", EVERYTHING[-1]).returncode == 0
    assert left() == [EVERYTHING[-1]]
    assert run("mark").returncode == 0
    assert left() == []

    assert run("rollback", "--all").returncode == 0
    assert schema_of(empty_database_url) == Schema(())
    assert not (checkout / "hangar_bay_dev.db").exists()


def test_twice_is_once(empty_database_url: str, yoyo: Yoyo, query: Query) -> None:
    assert yoyo("apply", url=empty_database_url).returncode == 0
    assert yoyo("apply", url=empty_database_url).returncode == 0
    assert query(empty_database_url, "SELECT count(*) FROM _yoyo_log") == [(len(EVERYTHING),)]


def test_what_yoyo_applied_the_package_knows_and_the_other_way_round(empty_database_url: str, yoyo: Yoyo) -> None:
    assert yoyo("apply", "-r", "0001_users", url=empty_database_url).returncode == 0
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == EVERYTHING[1:]
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == EVERYTHING[1:]
    assert statuses(yoyo("list", url=empty_database_url)) == APPLIED
    assert migrations.edited(empty_database_url, catalog=ACCOUNTS) == ()


def test_a_database_given_by_its_url_gets_its_own_dialect(
    empty_database_url: str, yoyo: Yoyo, schema_of: SchemaOf
) -> None:
    """Through yoyo's own backends, which know nothing of this package, and are not free of warnings."""
    url = empty_database_url.replace("postgresql://", "postgresql+psycopg://").replace("%2F", "/")
    with catch_warnings(action="ignore"):
        answer = yoyo("apply", "-d", url)
    assert answer.returncode == 0, answer.stderr
    assert {"users", "session_cookies"} <= schema_of(empty_database_url).names
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == ()
    with catch_warnings(action="ignore"):
        assert yoyo("rollback", "--all", "-d", url).returncode == 0
    assert schema_of(empty_database_url) == Schema(())


def test_break_lock_frees_the_database(empty_database_url: str, yoyo: Yoyo, query: Query) -> None:
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    query(empty_database_url, "INSERT INTO yoyo_lock VALUES (1, '2026-01-01', 4194303)")
    assert yoyo("break-lock", url=empty_database_url).returncode == 0
    assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_from_another_folder_no_migration_is_found_and_that_is_an_error(yoyo: Yoyo, checkout: Path) -> None:
    below = checkout / "below"
    below.mkdir()
    for command in ("apply", "list", "rollback"):
        answer = yoyo(command, cwd=below)
        assert answer.returncode != 0
        assert "no migration was found" in answer.stderr.splitlines()[-1]


def test_force_cannot_mark_a_failed_migration(
    empty_database_url: str, yoyo: Yoyo, checkout: Path, add_migration: Callable[..., None]
) -> None:
    add_migration(checkout / "sql" / "accounts" / "migrations", "9004_bad", apply="SELECT nothing FROM nowhere;")
    answer = yoyo("apply", url=empty_database_url)
    assert answer.returncode != 0
    assert "9004_bad.sql, statement 1 (line 1): " in answer.stderr.splitlines()[-1]
    answer = yoyo("apply", "--force", url=empty_database_url)
    assert answer.returncode != 0
    assert "--force" in answer.stderr.splitlines()[-1]
    assert statuses(yoyo("list", url=empty_database_url)) == [*APPLIED, "U"]


def test_a_missing_rollback_file_stops_yoyo(yoyo: Yoyo, checkout: Path) -> None:
    (checkout / "sql" / "accounts" / "migrations" / "postgresql" / "0002_session_cookies.rollback.sql").unlink()
    answer = yoyo("apply")
    assert answer.returncode != 0
    assert "postgresql/0002_session_cookies.rollback.sql is missing" in answer.stderr


# What `{}` stands for, by the test: a folder in which a URL of SQLite may lead, and the URL of a PostgreSQL server.
WRONG_URLS = {
    "an unknown scheme": (f"mysql://me:{PASSWORD}@host/db", "DATABASE_URL: mysql:// is not supported; use one of"),
    "no URL": (PASSWORD, "DATABASE_URL: not a URL; use one of"),
    "no folder": ("sqlite:///{folder}/none/x.db", "/none/x.db: .*Check that its folder exists"),
    "a directory": ("sqlite:///{folder}", "not a regular file.*Check the URL of the database"),
    "a text file": ("sqlite:///{folder}/yoyo.ini", "the file is not a SQLite database; check the URL of the database"),
    "no certificate": (f"postgresql://me:{PASSWORD}@host.invalid/db", "DATABASE_URL: .*sslmode=verify-full"),
    "no server": (f"postgresql://me:{PASSWORD}@127.0.0.1:1/db", "127.0.0.1:1/db: .*; check that it runs"),
    "no database": ("{server}_none", "does not exist; check that"),
    "no role": ("{server}?user=hangar_nobody", "hangar_nobody.*; check that"),
}
COMMANDS = ("apply", "rollback", "list", "mark", "unmark", "reapply", "develop", "break-lock")


@pytest.mark.parametrize(("url", "message"), WRONG_URLS.values(), ids=WRONG_URLS)
def test_a_wrong_url_is_one_line_that_says_what_to_do(
    yoyo: Yoyo, checkout: Path, empty_postgres_url: str, url: str, message: str
) -> None:
    parts = urlsplit(empty_postgres_url)
    wrong = url.format(folder=checkout, server=parts._replace(query="").geturl())
    if "{server}" in url:
        wrong += ("&" if "?" in wrong else "?") + parts.query
    answer = yoyo("apply", url=wrong)
    (line,) = answer.stderr.splitlines()
    assert re.match(f"error: .*{message}", line), line
    assert PASSWORD not in line
    assert (answer.returncode, answer.stdout) == (1, "")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("url", ["sqlite:///yoyo.ini", f"postgresql://me:{PASSWORD}@127.0.0.1:1/db"],
                         ids=["sqlite", "postgresql"])  # fmt: skip
def test_each_command_shows_a_wrong_url_in_one_line(yoyo: Yoyo, command: str, url: str) -> None:
    answer = yoyo(command, url=url)
    (line,) = answer.stderr.splitlines()
    assert re.match(r"error: .*; check (that|the URL)", line), line
    assert (answer.returncode, answer.stdout) == (1, "")


# `list` loads the migrations as `apply` does, and runs no statement.
WRONG_FILES = {
    "a missing file": ("9004_bad.rollback.sql", None, r"9004_bad\.rollback\.sql is missing", ("apply", "list")),
    "a broken shim": ("../9004_bad.py", "import (", r"9004_bad\.py cannot be loaded: SyntaxError: .*; correct the",
                      ("apply", "list")),
    "a refused statement": ("9004_bad.sql", "SELECT a FROM b;", r"9004_bad\.sql, statement 1 \(line 1\): ", ("apply",)),
    "no statement": ("9004_bad.sql", "", r"9004_bad\.sql has no statement", ("apply",)),
}  # fmt: skip


@pytest.mark.parametrize(("file", "text", "message", "commands"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_migration_ends_a_command_in_one_line(
    empty_database_url: str, dialect: str, yoyo: Yoyo, checkout: Path, add_migration: Callable[..., None],
    caplog: pytest.LogCaptureFixture, file: str, text: str | None, message: str, commands: Sequence[str],
) -> None:  # fmt: skip
    folder = checkout / "sql" / "accounts" / "migrations"
    add_migration(folder, "9004_bad")
    path = folder / dialect / file
    path.unlink()
    if text is not None:
        path.write_text(text)
    for command in commands:
        answer = yoyo(command, url=empty_database_url)
        (line,) = answer.stderr.splitlines()
        assert re.match(f"error: .*{message}", line), line
        assert answer.returncode == 1
    assert [record.getMessage() for record in caplog.records if record.levelname != "INFO"] == []


def test_a_process_that_cannot_load_a_migration_ends_with_one_line(yoyo_process: Yoyo, checkout: Path) -> None:
    (checkout / "sql" / "accounts" / "migrations" / "9004_bad.py").write_text("import (")
    answer = yoyo_process("list")
    (line,) = answer.stderr.splitlines()
    assert re.match(r"error: .*9004_bad\.py cannot be loaded: SyntaxError: ", line), line
    assert (answer.returncode, answer.stdout) == (1, "")


def test_a_process_without_a_server_ends_with_one_line(yoyo_process: Yoyo) -> None:
    answer = yoyo_process("apply", url=f"postgresql://me:{PASSWORD}@127.0.0.1:1/db")
    (line,) = answer.stderr.splitlines()
    assert re.match("error: .*127.0.0.1:1/db: .*; check that it runs", line), line
    assert (answer.returncode, answer.stdout) == (1, "")


def test_a_traceback_is_kept_for_a_fault_in_a_program(yoyo_process: Yoyo, checkout: Path) -> None:
    """A shim of yoyo's own kind may run any Python."""
    (checkout / "sql" / "accounts" / "migrations" / "0004_own.py").write_text(
        "from yoyo import step\nstep(lambda c: 1 / 0)\n"
    )
    answer = yoyo_process("apply")
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "Traceback" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-d", "hangar://elsewhere"], "hangar:// must have nothing after it: "),
        (["--migration-table", "other"], "the history is kept in "),
    ],
)
def test_the_door_of_the_settings_takes_nothing_more(yoyo: Yoyo, arguments: list[str], message: str) -> None:
    answer = yoyo("list", *arguments)
    assert answer.returncode != 0
    assert answer.stderr.startswith(f"error: {message}")
    assert len(answer.stderr.splitlines()) == 1


def test_new_makes_the_next_shim_and_its_four_files(yoyo: Yoyo, checkout: Path) -> None:
    folder, number = checkout / "sql" / "accounts" / "migrations", f"{len(EVERYTHING) + 1:04}"
    before = set(folder.rglob("*"))
    answer = yoyo("new", "-m", "Add vidéos, quickly!")
    assert answer.returncode == 0, answer.stderr
    made = {str(path.relative_to(folder)) for path in set(folder.rglob("*")) - before if "pycache" not in str(path)}
    assert made == {
        f"{number}_add_videos_quickly.py",
        f"sqlite/{number}_add_videos_quickly.sql",
        f"sqlite/{number}_add_videos_quickly.rollback.sql",
        f"postgresql/{number}_add_videos_quickly.sql",
        f"postgresql/{number}_add_videos_quickly.rollback.sql",
    }
    assert (folder / f"{number}_add_videos_quickly.py").read_text() == SHIM
    assert f"{number}_add_videos_quickly.py" in answer.stdout
    assert statuses(yoyo("list")) == ["U"] * (len(EVERYTHING) + 1)

    answer = yoyo("apply")
    assert answer.returncode != 0
    assert f"{number}_add_videos_quickly.sql has no statement" in answer.stderr.splitlines()[-1]
    for dialect in ("sqlite", "postgresql"):
        (folder / dialect / f"{number}_add_videos_quickly.sql").write_text(
            "CREATE TABLE videos (id integer PRIMARY KEY);\n"
        )
        (folder / dialect / f"{number}_add_videos_quickly.rollback.sql").write_text("DROP TABLE videos;\n")
    assert yoyo("apply").returncode == 0
    assert statuses(yoyo("list")) == [*APPLIED, "A"]
    assert yoyo("new").returncode == 0
    assert (folder / f"{len(EVERYTHING) + 2:04}_change.py").exists()


def test_new_writes_two_files_where_only_one_database_has_a_folder(yoyo: Yoyo, checkout: Path) -> None:
    folder = checkout / "sql" / "accounts" / "migrations"
    shutil.rmtree(folder / "sqlite")
    assert yoyo("new", "-m", "next").returncode == 0
    made = f"{len(EVERYTHING) + 1:04}_next"
    assert sorted(path.name for path in (folder / "postgresql").glob(f"{made}*")) == [
        f"{made}.rollback.sql",
        f"{made}.sql",
    ]
    assert not (folder / "sqlite").exists()


def test_new_takes_no_number_that_a_left_over_file_has(yoyo: Yoyo, checkout: Path) -> None:
    folder = checkout / "sql" / "accounts" / "migrations"
    (folder / "postgresql" / "9007_gone.rollback.sql").write_text("SELECT 1;")
    assert yoyo("new", "-m", "next").returncode == 0
    assert (folder / "9008_next.py").exists()
