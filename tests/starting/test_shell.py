"""`hangar-dal shell`: `await` at the prompt, the database, and the modules of the catalogs."""

import os
import pty
import select
import signal
import subprocess
import sys

import pytest

from hangar_dal import cli

PROGRAM = """\
number = await users.count_users(db)
number
users.count_users(db)
await adhoc.fetch(db, "SELECT count(*) AS number FROM users", int)
async with db.transaction() as tx:
    inner = await users.count_users(tx)
    print("inner", inner)

await asyncio.gather(users.count_users(db), users.count_users(db))
def doubled(n):
    return 2 * n

doubled(21)
"""
HANGAR_DAL = [sys.executable, "-m", "hangar_dal.cli"]


@pytest.fixture
def environment(database_url: str, sealing_key: str, postgres_server: object) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "HANGAR_SEALING_KEYS": sealing_key,
        "HANGAR_ALLOW_INSECURE_POSTGRES": "true",
    }


def shell(program: str, environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [*HANGAR_DAL, "shell", *(arguments or ("--catalog", "hangar_dal:ACCOUNTS"))]
    return subprocess.run(
        command, input=program, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_program_on_stdin_awaits_queries(environment: dict[str, str]) -> None:
    done = shell(PROGRAM, environment)
    assert (done.stderr, done.returncode) == ("", 0)
    hint = "this is a coroutine, which has not run: write `await` before it"
    assert done.stdout.splitlines() == ["0", hint, "0", "inner 0", "[0, 0]", "42"]


def test_errors_are_printed_and_the_next_line_runs(environment: dict[str, str]) -> None:
    star = 'await adhoc.fetch(db, "SELECT * FROM users", int)'
    done = shell(f"await users.get_user(db, uuid7())\n1 / 0\n1 +\n{star}\nprint('on')\n", environment)
    assert (done.stdout, done.returncode) == ("on\n", 1)
    assert "NotFound: users.get_user: no row matched" in done.stderr
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "SyntaxError" in done.stderr
    assert "CatalogError: adhoc.fetch, line 1: * returns whatever columns" in done.stderr
    assert "shell.py" not in done.stderr


def test_exit_ends_it(environment: dict[str, str]) -> None:
    done = shell("print(1)\nexit(7)\nprint(2)\n", environment)
    assert (done.stdout, done.returncode) == ("1\n", 7)


def test_an_interrupt_stops_a_statement_and_the_prompt_teaches(environment: dict[str, str]) -> None:
    """At a terminal, with two catalogs."""
    both = ["--catalog", "hangar_dal:ACCOUNTS", "--catalog", "hangar_dal:OUTBOX"]
    assert cli.main(["migrations", "apply", *both, "--database", environment["DATABASE_URL"]]) == 0
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*HANGAR_DAL, "shell", *both],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**environment, "TERM": "dumb", "NO_COLOR": "1"},
        start_new_session=True,
    )
    os.close(follower)

    def read_until(text: str) -> str:
        found = ""
        while text not in found:
            assert select.select([leader], [], [], 120)[0], found
            found += os.read(leader, 4096).decode()
        return found

    try:
        banner = read_until(">>> ")
        assert "the open database" in banner
        assert "one_time_tokens, outbox, refresh_tokens" in banner
        assert 'await adhoc.fetch(db, "SELECT 1 AS one", int)' in banner
        os.write(leader, b"print('wait' + 'ing'); await asyncio.sleep(300)\n")
        read_until("waiting")
        process.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in read_until(">>> ")
        os.write(leader, b"await users.count_users(db)\n")
        assert "0" in read_until(">>> ")
        os.write(leader, b"exit()\n")
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def test_a_database_that_cannot_be_opened_is_one_line(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["shell", "--catalog", "hangar_dal:OUTBOX", "--database", empty_database_url]
    assert cli.main(arguments) == 1
    assert "migrations" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["shell", "--help"])
    assert "`await` works at the prompt" in capsys.readouterr().out
