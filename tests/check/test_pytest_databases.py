"""`hangar_db`: a migrated database for each test of an application, on each of its dialects."""

from pathlib import Path

import pytest

from tests.check.test_pytest_plugin import PROJECT, run
from tests.check.test_pytest_plugin import application as application

TESTS = """\
import asyncio, plugged, pytest
from hangar_dal.database import Statement

ADD = Statement("add", "CREATE TABLE added (id integer)", writes=True)
TABLES = {{
    "sqlite": "SELECT count(*) FROM sqlite_schema WHERE name = 'added'",
    "postgresql": "SELECT count(*) FROM pg_class WHERE relname = 'added'",
}}

async def a_test(hangar_db):
    async with hangar_db() as one, hangar_db() as other:
        await one.run(ADD, ())
        counts = Statement("count", TABLES[one.dialect], writes=False)
        assert (await one.run(counts, ()))[0] == [(1,)]
        assert (await other.run(counts, ()))[0] == [(0,)]
        assert await plugged.count_all(other) == 0

{runner}
@pytest.mark.parametrize("number", [1, 2])
async def test_each_test_has_a_database_of_its_own(hangar_db, number):
    await a_test(hangar_db)

def test_without_a_plugin_for_coroutines(hangar_db, hangar_dialect):
    asyncio.run(a_test(hangar_db))
"""
ANYIO = "@pytest.fixture\ndef anyio_backend(): return 'asyncio'\n"


@pytest.fixture
def tested(application: Path) -> Path:
    (application / "test_it.py").write_text(TESTS.format(runner=f"{ANYIO}\n@pytest.mark.anyio"))
    return application


def test_a_test_runs_on_each_dialect(tested: Path, server: str) -> None:
    told = run(tested, "-v", HANGAR_TEST_PG=server)
    assert "6 passed" in told, told
    assert "test_without_a_plugin_for_coroutines[sqlite] PASSED" in told
    assert "test_without_a_plugin_for_coroutines[postgresql] PASSED" in told


def test_workers_of_xdist_have_databases_of_their_own(tested: Path, server: str) -> None:
    told = run(tested, "-n", "2", HANGAR_TEST_PG=server)
    assert "6 passed" in told, told


def test_nothing_is_skipped_without_a_server(tested: Path) -> None:
    told = run(tested)
    assert "3 failed, 3 passed" in told, told
    assert "no PostgreSQL server for hangar_dal" in told


def test_sqlite_alone_is_said(tested: Path) -> None:
    told = run(tested, "--hangar-sqlite-only")
    assert "3 passed" in told, told
    assert "NOT RUN: the tests of hangar_db on PostgreSQL, because of --hangar-sqlite-only" in told


def test_a_project_for_one_database_is_tested_on_it_alone(tested: Path) -> None:
    module = tested / "plugged.py"
    module.write_text(module.read_text().replace('Catalog("plugged",', 'Catalog("plugged", dialects=["sqlite"],'))
    told = run(tested)
    assert "3 passed" in told, told
    (tested / "test_it.py").write_text("def test_both(hangar_both): pass\n")
    told = run(tested, HANGAR_TEST_PG="postgresql://nobody@localhost:1/x")
    assert "the project is written for sqlite alone: use hangar_db" in told


def test_tests_without_a_database_read_no_project(application: Path) -> None:
    (application / "pyproject.toml").write_text(PROJECT.replace("plugged:CATALOG", "missing:CATALOG"))
    (application / "test_it.py").write_text("def test_plain(): pass\n")
    assert "1 passed" in run(application)
