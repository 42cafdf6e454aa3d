"""Commands that need a PostgreSQL server get the one that the tests would have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.postgres_server import Server

RUNNER = Path(__file__).parents[1] / "with_postgres.py"
ASK = "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_URL']); print(c.info.host, flush=True)"

pytestmark = pytest.mark.usefixtures("postgres_server")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HANGAR")}
    return subprocess.run(
        [sys.executable, RUNNER, *arguments],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_command_runs_and_the_first_failure_is_told() -> None:
    fails = ("python", "-c", "import sys; sys.exit(7)", "--", "python", "-c", "import sys; sys.exit(8)")
    done = run(*fails, "--", sys.executable, "-c", ASK)
    assert done.returncode == 7, done.stderr
    place = Path(done.stdout.strip())
    assert place.name.startswith("hangar-pg-")
    assert not place.exists(), "its server and its directory are gone"


def test_a_server_that_is_named_is_taken(postgres_server: Server) -> None:
    named = postgres_server.url(postgres_server.maintenance)
    done = run(sys.executable, "-c", ASK, HANGAR_TEST_PG=named)
    assert (done.returncode, done.stdout.strip()) == (0, postgres_server.host), done.stderr


def test_a_name_that_is_no_url_is_told_in_one_line() -> None:
    done = run(sys.executable, "-c", ASK, HANGAR_TEST_PG="no url at all")
    assert (done.returncode, done.stderr) == (4, "HANGAR_TEST_PG is no PostgreSQL URL\n")
