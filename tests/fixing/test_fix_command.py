"""`hangar-dal check --fix`: what it shows, when it asks, when it writes, and with which exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hangar_dal import cli
from tests.fixing.project import GET, Application

SHORT = GET.replace("    name,\n    email,\n", "")
DIFF = """\
--- parlour/sql/sqlite/guests.sql
+++ parlour/sql/sqlite/guests.sql
@@ -1,6 +1,8 @@
 -- name: get_guest
 SELECT
     id,
+    name,
+    email,
     phone_number
 FROM guests
 WHERE id = :guest_id;
"""


@pytest.fixture
def application(tmp_path: Path) -> Application:
    """One whose SQLite file lacks two columns."""
    made = Application(tmp_path / "application")
    made.write("parlour/sql/sqlite/guests.sql", SHORT)
    return made


def on_a_terminal(application: Application, answer: str, **environment: str) -> tuple[int, str]:
    """The exit code, and all that a person sees who gives this answer."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        application.command("check", "--fix"),
        cwd=application.folder,
        env={**os.environ, "TERM": "xterm", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        os.write(ours, answer.encode())
        seen = b""
        while piece := read_some(ours):
            seen += piece
    os.close(ours)
    return process.returncode, seen.decode().replace("\r\n", "\n")


def read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other end of the terminal is closed
        return b""


def test_what_was_fixed_is_checked(application: Application, server: str):
    done = application.run("check", "--fix", "--yes", "--postgresql", server)
    assert (done.returncode, application.sql("guests")) == (0, [GET, GET])
    assert done.stdout.startswith(DIFF + "\nwritten: parlour/sql/sqlite/guests.sql\n")
    assert "\nclean: 2 statements" in done.stdout
    again = application.run("check", "--fix", "--postgresql", server)
    assert (again.returncode, again.stdout.startswith("nothing to fix\n")) == (0, True)


def test_without_a_terminal_nothing_is_written_unless_it_is_said(application: Application):
    before = application.texts()
    done = application.run_alone("check", "--fix")
    assert (done.returncode, done.stdout) == (1, DIFF + "\n")
    assert done.stderr == "nothing was written: this is not a terminal; pass --yes to write the changes\n"
    assert application.texts() == before


def test_on_a_terminal_it_asks_and_shows_colours(application: Application):
    code, seen = on_a_terminal(application, "n\n")
    assert code == 1
    assert "\033[32m+    name,\033[0m" in seen
    assert "Write this change? [y/N]" in seen
    assert "nothing was written" in seen
    assert application.sql("guests") == [SHORT, GET]
    _, seen = on_a_terminal(application, "y\n", NO_COLOR="1")
    assert DIFF in seen
    assert "Write this change? [y/N]" in seen
    assert "written: parlour/sql/sqlite/guests.sql" in seen
    assert "\033[3" not in seen
    assert application.sql("guests") == [GET, GET]


def test_programs_get_their_format_alone(application: Application):
    done = application.run("check", "--fix", "--yes", "--json")
    assert done.stdout.startswith("{")
    assert DIFF in done.stderr
    assert application.sql("guests") == [GET, GET]


def test_what_is_left_to_a_person_is_said(application: Application):
    application.write("parlour/sql/sqlite/guests.sql", SHORT.replace("SELECT", "SELECT DISTINCT"))
    done = application.run("check", "--fix")
    assert "not fixed: parlour/sql/sqlite/guests.sql:3: guests.get_guest: the list is not changed" in done.stdout
    assert "the blocks of the dialects differ; copy one with --from sqlite or" in done.stdout
    assert application.sql("guests")[1] == GET


def test_a_block_is_copied_from_the_dialect_that_is_named(application: Application):
    application.write("parlour/sql/postgresql/guests.sql", GET.replace("WHERE id", "WHERE guests.id"))
    application.run("check", "--fix", "--yes", "--from", "postgresql")
    assert application.sql("guests") == [GET.replace("WHERE id", "WHERE guests.id")] * 2


def test_a_file_that_is_not_well_formed_is_named(application: Application):
    application.write("parlour/sql/sqlite/guests.sql", SHORT.replace(":guest_id", "?"))
    done = application.run("check", "--fix", "--yes")
    assert "not read: " in done.stdout
    assert "this file is not changed until the fault is corrected" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize("arguments", [["--yes"], ["--from", "sqlite"]], ids=" ".join)
def test_its_options_mean_nothing_alone(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert cli.main(["check", "--offline", *arguments]) == 2
    assert f"{arguments[0]} can only be used with --fix" in capsys.readouterr().err


def test_it_needs_the_parser_of_the_extra_offline_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    assert cli.main(["check", "--fix", "--offline"]) == 2
    assert "pip install 'hangar-dal[check]'" in capsys.readouterr().err
