"""`hangar-dal backup` in a shell: what it says, its exit codes, and what it leaves when it is stopped."""
# ruff: noqa: ASYNC240 - no other task waits here

import io
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stderr
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, builders, cli, open_database, sealing, session_cookies, users
from hangar_dal.cli import progress
from hangar_dal.settings import Settings
from tests.migrations.shell import hangar_dal

# The command with the pauses of a slow disk: it says when it is at its first page.
SLOW = """
import sys, time
from hangar_dal import cli
from hangar_dal.cli import backup
from hangar_dal.database.sqlite import copying

copying._PAGES_PER_STEP = 1
Copying = copying.Copying

def slow(*, progress, **given):
    def step(done, total):
        progress(done, total)
        time.sleep(0.05)
    return Copying(progress=step, **given)

class Shown:
    def __call__(self, done, total, what):
        if done == 1:
            print("begun", flush=True)

    def clear(self):
        print("cleared")

copying.Copying = slow
backup.Progress = Shown
sys.argv = ["hangar-dal", *sys.argv[1:]]
sys.exit(cli.run())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


def test_it_says_one_line_and_nothing_of_its_progress_in_a_pipe(sqlite_url: str, folder: Path) -> None:
    done = hangar_dal("backup", str(folder / "copy.db"), DATABASE_URL=sqlite_url)
    assert (done.returncode, done.stderr) == (0, "")
    size = (folder / "copy.db").stat().st_size
    assert done.stdout == f"{folder}/copy.db: {size // 4096} pages, {size} bytes; 0 sealed values opened\n"
    again = hangar_dal("backup", str(folder / "copy.db"), DATABASE_URL=sqlite_url)
    assert (again.returncode, again.stdout) == (1, "")
    assert "the name is taken" in again.stderr


def test_its_help_teaches_how_to_use_it() -> None:
    done = hangar_dal("backup", "--help")
    assert done.returncode == 0
    for part in ("hangar-dal backup /backups/", "docs/backup.md", "pg_dump", "exit codes", "--accept-unopened"):
        assert part in done.stdout
    assert "backup" in hangar_dal("--help").stdout
    assert hangar_dal("backup").returncode == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_shows_its_progress_on_a_terminal_and_clears_it(
    sqlite_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", -1)  # as if every step took long
    with redirect_stderr(Terminal()) as terminal:
        assert cli.main(["backup", str(folder / "copy.db"), "--database", sqlite_url]) == 0
    assert "pages copied, checking the copy" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_it_leaves_nothing_when_it_is_stopped(sqlite_url: str, folder: Path, number: int, code: int) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as raw:
        raw.execute("CREATE TABLE ballast AS SELECT zeroblob(20000000) AS x")  # minutes of copying, page by page
        raw.commit()
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, "backup", str(folder / "copy.db")],
        env=os.environ | {"DATABASE_URL": sqlite_url}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        assert [entry.name for entry in folder.iterdir() if entry.suffix == ".partial"]
        process.send_signal(number)
        said, errors = process.communicate(timeout=60)
    assert (process.returncode, said, errors) == (code, "cleared\n", "")
    assert list(folder.iterdir()) == []


async def test_values_that_do_not_open_are_listed(sqlite_url: str, folder: Path) -> None:
    async with open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS) as db:
        ada = await users.create_user(db, builders.user())
        made = await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
    other = {"DATABASE_URL": sqlite_url, "HANGAR_SEALING_KEYS": sealing.new_key()}
    refused = hangar_dal("backup", str(folder / "copy.db"), **other)
    assert refused.returncode == 1
    assert f"session_cookies.cookies, id {made.id}: sealed with key" in refused.stderr
    assert list(folder.iterdir()) == []
    accepted = hangar_dal("backup", "--accept-unopened", str(folder / "copy.db"), **other)
    assert accepted.returncode == 0
    assert accepted.stdout.startswith(f"not opened: session_cookies.cookies, id {made.id}: sealed with key")
    assert accepted.stdout.endswith("0 sealed values opened, 1 not opened\n")
    Path(f"{sqlite_url.removeprefix('sqlite:///')}.key").unlink()
    without = hangar_dal("backup", str(folder / "other.db"), DATABASE_URL=sqlite_url)
    assert without.returncode == 1
    assert "which is not configured" in without.stderr


async def test_a_function_gives_the_keys(sqlite_url: str, folder: Path) -> None:
    entry = sealing.new_key()
    Path("kms.py").write_text(f"async def load():\n    return '{entry}'\n")
    async with open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS, keys=lambda: entry) as db:
        ada = await users.create_user(db, builders.user())
        await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
    done = hangar_dal("backup", str(folder / "copy.db"), "--keys", "kms:load", DATABASE_URL=sqlite_url)
    assert (done.returncode, done.stdout.endswith("1 sealed values opened\n")) == (0, True), done


async def test_a_missing_database_is_not_created(tmp_path: Path, folder: Path) -> None:
    done = hangar_dal("backup", str(folder / "copy.db"), "--database", f"sqlite:///{tmp_path}/none.db")
    assert done.returncode == 1
    assert "there is no such database file" in done.stderr
    assert not list(tmp_path.glob("none.db*"))


def test_postgresql_is_refused_and_told_what_to_use(postgres_url: str, folder: Path) -> None:
    done = hangar_dal("backup", str(folder / "copy.db"), DATABASE_URL=postgres_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "pg_dump" in done.stderr
    assert "docs/deployment.md" in done.stderr
    assert list(folder.iterdir()) == []
