"""A command that is killed halfway touches no real database, and the next one removes what it left."""

import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from tests.helpers.commands import LIMIT, start
from tests.helpers.postgres_contents import outside_view
from tests.scratch.real import COMMANDS, Real, kinds

# As the driver is about to send its statement of this number, the process is killed.
KILLED = """\
import os, signal, sys
import psycopg

os.chdir(sys.argv.pop(1))
sys.path.insert(0, "")
stop_at, sent, execute = int(sys.argv.pop(1)), 0, psycopg.Cursor.execute

def counting(self, *arguments, **options):
    global sent
    sent += 1
    if sent == stop_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(self, *arguments, **options)

psycopg.Cursor.execute = counting
from hangar_dal import cli
sys.exit(cli.run())
"""


def printed() -> Path:
    """The file with the output of the command."""
    return Path.cwd().with_name("printed")


def killed_at(stop_at: int, name: str) -> int | None:
    """Run a command and kill it at this statement. Return its exit code: 0 if it sent fewer, None if it still runs."""
    process = start(KILLED, str(Path.cwd()), str(stop_at), *COMMANDS[name], printed=printed())
    process.join(LIMIT)
    code = process.exitcode
    process.kill()
    return code


def kill_and_run_again(
    real: Real, command: Callable[..., Any], name: str, moments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill it at several moments, each by the number of statements that it has sent."""
    sent, execute = 0, psycopg.Cursor.execute

    def counting(self: psycopg.Cursor[Any], *arguments: Any, **options: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(self, *arguments, **options)

    before = real.view()
    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", counting)
        assert command(*COMMANDS[name])[0] == 0
    for moment in sorted(Random(name).sample(range(1, sent + 1), moments)):
        stop_at = moment
        # The first run may have sent more, to remove what other killed commands had left on the server.
        while (code := killed_at(stop_at, name)) == 0 and stop_at > 1:
            stop_at = max(1, stop_at * 9 // 10)
        assert code == -signal.SIGKILL, (name, stop_at, printed().read_text())
        real.wait_until_alone()
        assert real.view() == before, (name, stop_at)
    code, said = command(*COMMANDS[name])
    assert (code, real.view()) == (0, before), said
    assert real.scratches() == []


@pytest.mark.parametrize("real", ["CREATEDB"], indirect=True)
def test_a_command_that_is_killed_halfway_touches_no_real_database(
    real: Real, application: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_and_run_again(real, command, "explain", 3, monkeypatch)


def test_a_command_that_is_killed_halfway_empties_the_throwaway_database_next_time(
    real: Real, application: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = outside_view(real.throwaway)
    monkeypatch.setenv("HANGAR_THROWAWAY_URL", real.throwaway)
    kill_and_run_again(real, command, "explain", 3, monkeypatch)
    assert kinds(outside_view(real.throwaway)) == kinds(empty)


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("real", ["CREATEDB"], indirect=True)
def test_every_command_may_be_killed_at_any_moment(
    real: Real, application: str, command: Callable[..., Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_and_run_again(real, command, name, 6, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_may_be_killed_at_any_moment_with_a_throwaway_database(
    real: Real, application: str, command: Callable[..., Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANGAR_THROWAWAY_URL", real.throwaway)
    kill_and_run_again(real, command, name, 6, monkeypatch)
