"""A project for one database needs the driver of that database only, in each command and in its tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [
    "init shop --domain orders --dialect {dialect}",
    "migrations apply",
    "migrations status",
    "migrations list",
    "new query orders.find_order_by_title --returns list[Order] --diff",
    "check {server} --update",
    "check {server}",
    "check --offline",
    "check {server} --matrix",
    "explain {server}",
    "migrations verify {server}",
    "schema",
    "schema diff",
]
# Runs all commands in one process, which cannot import the other driver.
PROGRAM = """
import os
import sys

sys.modules[sys.argv[1]] = None

import pytest

from hangar_dal.cli import main

for command in sys.argv[3:]:
    assert main(command.split()) == 0, command
assert pytest.main(["-q", "-p", "no:cacheprovider"]) == 0
os.chdir(sys.argv[2])
assert main(["import", os.environ["DATABASE_URL"], "--package", "other"]) == 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_project_works_without_the_other_driver(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("HANGAR_TEST", "PYTEST"))}
    named, other = "", "psycopg"
    env["DATABASE_URL"] = f"sqlite:///{Path.cwd()}/shop.db"
    if dialect == "postgresql":
        env["HANGAR_TEST_PG"] = request.getfixturevalue("server")
        env["DATABASE_URL"] = request.getfixturevalue("empty_postgres_url")
        named, other = f"--postgresql {env['HANGAR_TEST_PG']}", "aiosqlite"
    commands = [each.format(dialect=dialect, server=named) for each in COMMANDS]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, other, tmp_path, *commands],
        cwd=Path.cwd(),
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "3 passed" in done.stdout
