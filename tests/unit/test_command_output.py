"""An output that cannot be written is an error of the command, in one line."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hangar_dal import cli

COMMANDS = (
    "keys new",
    "check --explain all",
    "migrations status --catalog hangar_dal:ACCOUNTS",
    "--help",
    "keys new --help",
)
CLOSED = "error: stdout is closed, so the command was not started; redirect its output, as to /dev/null"
FULL = (
    "error: the output cannot be written: No space left on device. The command itself may have done its work; write "
    "the output to another place"
)


def run(command: str, redirected: str) -> tuple[int, str]:
    """The exit code and the errors of a command whose streams the shell redirects."""
    line = f"{shlex.quote(sys.executable)} -W ignore -m hangar_dal.cli {command} {redirected}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_output_is_an_error(command: str) -> None:
    assert run(command, ">&-") == (1, CLOSED)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_an_error(command: str) -> None:
    assert run(command, "> /dev/full") == (1, FULL)


def test_closed_errors_do_not_matter() -> None:
    assert run("keys new", "> /dev/null 2>&-") == (0, "")
    assert run("migrations nothing", "2>&-") == (2, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    ("command", "code"), [("migrations nothing", 2), ("keys new --nope", 2), ("explain users.nope", 2), ("keys new", 0)]
)
def test_errors_on_a_full_disk_do_not_matter(command: str, code: int) -> None:
    assert run(command, "> /dev/null 2> /dev/full") == (code, "")


def test_a_reader_that_leaves_early_is_no_error_message() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{shlex.quote(sys.executable)} -W ignore -m hangar_dal.cli check --explain all | head -1"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool]\nhangar_dal = 3\n", "tool.hangar_dal must be a table; write [tool.hangar_dal] before the keys"),
        ("[[tool.hangar_dal]]\ncatalogs = []\n", "write [tool.hangar_dal] in single brackets before the keys"),
        ("tool = 3\n", "tool must be a table; write [tool.hangar_dal] before the keys"),
    ],
)
def test_a_section_that_is_no_table_is_reported(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text(text)
    for command in (["check", "--offline"], ["keys", "status"]):
        assert cli.main(command) == 2
        assert said in capsys.readouterr().err
