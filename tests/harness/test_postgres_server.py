"""The private PostgreSQL server is private, whatever the shell says, and gone afterwards, however pytest ends.

Each test runs a pytest of its own, with a server of its own: those that say nothing about the package are `long`.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.helpers import pgbouncer

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif("HANGAR_TEST_PG" in os.environ, reason="HANGAR_TEST_PG: the server is not ours"),
    pytest.mark.skipif("postgresql" not in os.environ.get("HANGAR_TEST_BACKENDS", "postgresql"), reason="SQLite alone"),
]


@pytest.fixture
def inner(tmp_path: Path):
    """A run of pytest of its own, over one test file, with this suite's fixtures."""

    def run(
        test: str, *options: str, plugin: str = "", shell: tuple[str, ...] = (), **environment: str
    ) -> subprocess.Popen[str]:
        (tmp_path / "test_inner.py").write_text(test, encoding="utf-8")
        (tmp_path / "earlier.py").write_text(plugin, encoding="utf-8")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "HANGAR"))}
        plugins = ("-p", "no:schemathesis", "-p", "earlier", "-p", "tests.conftest")
        command = ("-m", "pytest", *plugins, "--rootdir", tmp_path, "-s", *options, tmp_path)
        return subprocess.Popen(
            [*shell, sys.executable, *map(str, command)],
            cwd=tmp_path,
            env=clean | {"PYTHONPATH": f"{ROOT}:{tmp_path}", "PYTHONDONTWRITEBYTECODE": "1"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return run


def test_no_port_is_opened(empty_postgres_url: str) -> None:
    with psycopg.connect(empty_postgres_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


@pytest.mark.long
def test_a_connection_left_open_does_not_keep_its_database(inner) -> None:
    run = inner(
        """
import psycopg

LEFT = []

def test_one(empty_postgres_url):
    LEFT.append(psycopg.connect(empty_postgres_url))

def test_two(empty_postgres_url):
    with psycopg.connect(empty_postgres_url) as connection:
        names = [name for (name,) in connection.execute("SELECT datname FROM pg_database")]
        assert LEFT[0].info.dbname not in names
"""
    )
    output, _ = run.communicate()
    assert run.returncode == 0, output


def test_the_shell_of_a_developer_changes_nothing(inner) -> None:
    run = inner(
        """
import os
import psycopg

def test_inner(empty_postgres_url):
    assert not [name for name in os.environ if name.startswith(("PG", "POSTGRES", "DATABASE"))]
    with psycopg.connect(empty_postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        assert connection.execute("SHOW lc_messages").fetchone() == ("C",)
""",
        PGHOST="nowhere.invalid",
        PGPORT="1",
        PGDATA="/nowhere",
        PGOPTIONS="-c nonsense=1",
        PGSSLMODE="verify-full",
        DATABASE_URL="postgresql://nowhere.invalid/",
        POSTGRES_HOST="nowhere.invalid",
        LC_ALL="tlh_QO.UTF-8",
    )
    output, _ = run.communicate()
    assert run.returncode == 0, output


@pytest.mark.long
def test_a_suite_in_the_background_lets_its_programs_be_interrupted(inner) -> None:
    run = inner(
        """
import signal
import subprocess

def test_inner():
    with subprocess.Popen(["sleep", "600"]) as program:
        program.send_signal(signal.SIGINT)
        assert program.wait() == -signal.SIGINT
""",
        shell=("sh", "-c", 'trap "" INT; exec "$@"', "sh"),
        HANGAR_TEST_BACKENDS="sqlite",
    )
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 0, output


@pytest.mark.long
def test_the_seed_of_a_run_is_shown_and_can_be_chosen(inner) -> None:
    run = inner("def test_inner(seed): assert seed == 7", "--hypothesis-seed=7", HANGAR_TEST_BACKENDS="sqlite")
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 0, output
    assert "seed 7" in output


@pytest.mark.parametrize(
    "end",
    [signal.SIGKILL, *(pytest.param(end, marks=pytest.mark.long) for end in (signal.SIGTERM, signal.SIGINT))],
    ids=lambda end: end.name,
)
def test_nothing_is_left_when_pytest_is_ended(inner, end: signal.Signals) -> None:
    run = inner(
        """
import os
import time
from pathlib import Path

def test_inner(empty_postgres_url):
    place = Path(os.environ["HANGAR_TEST_PG_PLACE"])
    server = (place / "data" / "postmaster.pid").read_text().split()[0]
    print(f"\\nPLACE {place} {server}", flush=True)
    time.sleep(600)
"""
    )
    assert run.stdout
    place, server = next(line.split()[1:] for line in run.stdout if line.startswith("PLACE"))
    assert Path("/proc", server).exists()
    run.send_signal(end)
    run.communicate(timeout=300)
    patience = time.monotonic() + 60
    while (Path(place).exists() or Path("/proc", server).exists()) and time.monotonic() < patience:
        time.sleep(0.02)
    assert not Path(place).exists()
    assert not Path("/proc", server).exists()


@pytest.mark.long
@pytest.mark.skipif(pgbouncer.program() is None, reason="PgBouncer is not installed")
def test_no_pgbouncer_is_left_when_pytest_is_killed(inner) -> None:
    run = inner(
        """
import time

def test_inner(_pgbouncer_session):
    print(f"\\nPLACE {_pgbouncer_session.server.host}", flush=True)
    time.sleep(600)
"""
    )
    assert run.stdout
    directory = next(Path(line.split()[1]) for line in run.stdout if line.startswith("PLACE"))
    process = Path("/proc", (directory / "pid").read_text().strip())
    assert process.exists()
    run.kill()
    run.communicate(timeout=300)
    patience = time.monotonic() + 60
    while (directory.exists() or process.exists()) and time.monotonic() < patience:
        time.sleep(0.02)
    assert not directory.exists()
    assert not process.exists()


@pytest.mark.long
def test_one_server_does_for_all_workers(inner) -> None:
    run = inner(
        """
import os
import psycopg
import pytest

@pytest.mark.parametrize("n", range(4))
def test_inner(empty_postgres_url, n, tmp_path_factory):
    with psycopg.connect(empty_postgres_url) as connection:
        (started,) = connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()
    (tmp_path_factory.getbasetemp().parent / "started").open("a").write(started + "\\n")
    (tmp_path_factory.getbasetemp().parent / "workers").open("a").write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
""",
        "-n2",
        "--dist=each",
        "--basetemp=base",
    )
    output, _ = run.communicate()
    assert run.returncode == 0, output
    base = Path(run.args[-1]) / "base"
    assert len(set((base / "workers").read_text().split("\n")[:-1])) == 2
    assert len(set((base / "started").read_text().split("\n")[:-1])) == 1


def test_without_any_postgresql_the_run_fails_in_one_line(inner) -> None:
    run = inner(
        "def test_inner(): pass",
        plugin="from tests.helpers import postgres_server\npostgres_server.candidates = lambda: ()\n",
    )
    output, _ = run.communicate()
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert output.startswith("ERROR: no PostgreSQL 14 or newer was found")
    assert len(output.strip().splitlines()) == 1, output


@pytest.mark.long
def test_an_old_postgresql_is_passed_over(inner) -> None:
    run = inner(
        "def test_inner(): pass", plugin="from tests.helpers import postgres_server\npostgres_server.OLDEST = 99\n"
    )
    output, _ = run.communicate()
    assert run.returncode == pytest.ExitCode.USAGE_ERROR, output


def test_a_server_that_does_not_answer_fails_in_one_line_without_its_password(inner) -> None:
    given = "postgresql://tester:correct-horse@127.0.0.1:1/postgres"
    run = inner("def test_inner(): pass", HANGAR_TEST_PG=given)
    output, _ = run.communicate()
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert output.startswith("ERROR: HANGAR_TEST_PG: ")
    assert "correct-horse" not in output


def test_an_unknown_backend_is_refused(inner) -> None:
    run = inner("def test_inner(): pass", HANGAR_TEST_BACKENDS="sqlite,mysql")
    output, _ = run.communicate()
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "mysql" in output


def test_sqlite_alone_runs_each_test_that_leaves_its_postgresql_database_to_the_next(inner) -> None:
    test = """
import pytest
from tests.conftest import anyio_backend
from tests.helpers.kept_databases import database, kept_databases, postgres_url

@pytest.mark.anyio
async def test_inner(database):
    assert database.dialect == "sqlite"
"""
    output, _ = inner(test, HANGAR_TEST_BACKENDS="sqlite").communicate()
    assert "1 passed" in output
    assert "skipped" not in output
