"""The pytest plugin, as an application's own test run meets it."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from secrets import token_hex

import pytest

from tests.helpers.commands import run_module

PROJECT = """\
[tool.hangar_dal]
catalogs = ["plugged:CATALOG"]

[tool.pytest]
anyio_mode = "auto"
filterwarnings = ["error"]
"""
MODULE = """\
from pathlib import Path
from hangar_dal import ACCOUNTS, Catalog, Executor

HERE = Path(__file__).parent
CATALOG = Catalog("plugged", sql=HERE / "sql", migrations=HERE / "migrations")

@CATALOG.query
async def count_all(db: Executor) -> int: ...
"""
# One small migration: a check takes most of its time to apply them.
MIGRATIONS = Path(__file__).parents[1] / "diary" / "diary" / "migrations"
SQL = "-- name: count_all\n-- scan: counts all of them.\nSELECT count(*) AS every FROM users;\n"
TESTS = """\
import plugged, pytest

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend(): return "asyncio"

def test_check(hangar_check): hangar_check()

def test_offline(hangar_check): hangar_check(offline=True)

async def test_both(hangar_both):
    async with hangar_both() as both:
        assert (await both.same(plugged.count_all)).value == 0
        assert both.sqlite.dialect == "sqlite"
"""
COUNTED = """\
import plugged, pytest
from hangar_dal import Settings, open_database

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend(): return "asyncio"

@pytest.mark.parametrize("limit", [2, 3])
async def test_count(hangar_queries, limit):
    async with open_database(Settings(database_url="sqlite:///:memory:"), catalog=plugged.CATALOG) as db:
        with hangar_queries(at_most=limit):
            for _ in range(3): await plugged.count_all(db)
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "application"
    for dialect in ("sqlite", "postgresql"):
        (folder / "sql" / dialect).mkdir(parents=True)
        (folder / "sql" / dialect / "plugged.sql").write_text(SQL)
    shutil.copytree(MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "plugged.py").write_text(MODULE)
    (folder / "test_it.py").write_text(TESTS)
    return folder


# What a CI run says of itself makes pytest repeat messages in its summary.
FOREIGN = ("PYTEST_", "HANGAR_TEST_", "CI", "BUILD_NUMBER")
OPTIONS = ("-p", "no:cacheprovider", "-p", "no:schemathesis")


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """What pytest says, the plugin loaded by its entry point. The package has been imported before pytest starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    imported = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    path = {"PYTHONPATH": str(folder)}
    done = run_module("pytest", *OPTIONS, *imported, *arguments, cwd=folder, env=kept | path | environment)
    return done.stdout + done.stderr


def test_an_application_checks_its_queries_and_compares_its_functions(application: Path, server: str) -> None:
    told = run(application, "-k", "check or both", HANGAR_TEST_PG=server)
    assert "2 passed" in told, told
    told = run(
        application, "-k", "check", "--hangar-postgresql", server, HANGAR_TEST_PG="postgresql://nobody@localhost:1/x"
    )
    assert "1 passed" in told, told
    told = run(application, "-k", "check", "-o", f"hangar_postgresql={server}")
    assert "1 passed" in told, told


def test_the_summary_says_what_was_checked(application: Path) -> None:
    accounts = 'CATALOG = Catalog("plugged", sql=HERE / "sql", uses=[ACCOUNTS])'
    (application / "plugged.py").write_text(re.sub("^CATALOG = .*", accounts, MODULE, flags=re.MULTILINE))
    told = run(application, "-k", "offline")
    assert "= checked by hangar_dal =" in told, told
    assert (
        told.count("\nproject:    pyproject.toml\ncatalogs:   plugged:CATALOG\nuses:       hangar_dal.ACCOUNTS (") == 2
    )


def test_queries_that_are_not_named_fail_the_test(application: Path) -> None:
    (application / "pyproject.toml").write_text(PROJECT.partition("\n\n")[2])
    told = run(application, "-k", "offline")
    assert "1 failed" in told, told
    assert "the catalog plugged:CATALOG was not checked: pyproject.toml has no [tool.hangar_dal]" in told
    assert "\ncatalogs:   none\n" in told


def test_findings_fail_the_test_that_asked_and_are_all_shown(application: Path) -> None:
    (application / "sql" / "postgresql" / "plugged.sql").write_text(SQL.replace("count(*)", "now()"))
    told = run(application, "-k", "offline")
    assert "1 failed" in told, told
    for rule in ("twins-differ", "clock", "snapshot-missing"):
        assert rule in told
    assert "Traceback" not in told
    assert "hangar_check: 4 findings (clock, snapshot-missing, twins-differ)\n" in told
    assert "test_offline - Failed: hangar_check: 4 findings (" in told, "the summary shows the first line"


def test_what_is_checked_may_stand_in_another_file(application: Path) -> None:
    (application / "pyproject.toml").rename(application / "other.toml")
    (application / "pytest.ini").write_text("[pytest]\nanyio_mode = auto\nhangar_project = other.toml\n")
    told = run(application, "-k", "offline")
    assert "snapshot-missing" in told, told


def test_a_block_that_sends_too_many_queries_fails_with_their_names_and_lines(application: Path) -> None:
    (application / "test_it.py").write_text(COUNTED)
    told = run(application)
    assert "1 passed, 1 failed" in told or "1 failed, 1 passed" in told, told
    loop = "plugged.count_all ran 3 times at test_it.py:13: it runs in a loop; fetch all rows with one statement"
    assert f"E           {loop}\n" in told, told
    assert "Error: hangar_queries: 3 queries were sent, at most 2 allowed\n" in told
    assert "counting.py" not in told, "the traceback ends in the test"


def test_without_a_server_a_test_that_needs_one_fails_rather_than_being_skipped(application: Path) -> None:
    told = run(application, "-k", "check or both")
    assert "set HANGAR_TEST_PG" in told
    assert "1 failed" in told, told
    assert "1 error" in told, told
    assert "skipped" not in told


def test_a_wrong_url_fails_by_the_name_of_its_option_or_variable(application: Path) -> None:
    password = token_hex()
    wrong = f"mysql://anna:{password}@localhost"
    for arguments, environment, source in (
        (["--hangar-postgresql", wrong], {}, "--hangar-postgresql"),
        (["-o", f"hangar_throwaway={wrong}"], {}, "hangar_throwaway in pytest's configuration"),
        ([], {"HANGAR_TEST_PG": wrong}, "HANGAR_TEST_PG"),
    ):
        told = run(application, "-k", "test_check", *arguments, **environment)
        assert f"{source}: mysql:// is not supported" in told, told
        assert password not in told


def test_a_run_that_does_not_use_the_plugin_does_not_import_the_package(tmp_path: Path) -> None:
    assert [each.value for each in entry_points(group="pytest11", name="hangar_dal")] == ["hangar_dal_pytest"]
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n"
        "def test_nothing(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('hangar_dal')\n"
        "    assert not {'hangar_dal', 'pydantic', 'psycopg', 'aiosqlite', 'yoyo'} & sys.modules.keys()\n"
    )
    others = (f"-pno:{each.name}" for each in entry_points(group="pytest11") if each.name != "hangar_dal")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, *others],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout + done.stderr
