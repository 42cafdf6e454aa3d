"""The benchmarks run. What they measure decides nothing here: a test knows no quiet machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.commands import run_module

ROOT = Path(__file__).parents[2]
CASES = [
    "typed row by key",
    "thousand typed rows",
    "insert one row",
    "sealed row by key",
    "import 1,000 plain rows",
    "import 1,000 sealed rows",
]


def run(*arguments: str, module: str = "benchmarks", **environment: str) -> str:
    done = run_module(module, *arguments, cwd=ROOT, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_case_is_measured_beside_the_driver(empty_database_url: str) -> None:
    dialect = empty_database_url.partition(":")[0]
    arguments = ("--database", dialect, "--quick", "--rounds", "1", "--json")
    found = json.loads(run(*arguments, HANGAR_TEST_PG=empty_database_url))
    assert [(result["database"], result["case"]) for result in found["results"]] == [(dialect, case) for case in CASES]
    assert all(result["ratios"] for result in found["results"])
    assert all(ratio["median"] > 0 for result in found["results"] for ratio in result["ratios"])


def test_help_says_how_a_ratio_is_read() -> None:
    assert "a tenth longer" in run("--help")


def test_the_calls_whose_instructions_are_counted_run(database_url: str) -> None:
    command = [sys.executable, "benchmarks/few_calls.py", database_url, "0"]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=300).returncode == 0


def test_calls_from_a_thread_are_compared_with_awaited_ones(database_url: str) -> None:
    told = run(database_url, "1", module="benchmarks.blocking")
    assert [line.split(": ")[1] for line in told.splitlines()] == ["row by key", "transaction of three"]


def test_help_says_that_instructions_are_counted_with_valgrind() -> None:
    assert "valgrind must be installed" in run("--help", module="benchmarks.instructions")


def test_a_generated_application_is_checked_on_both_databases_and_offline(empty_postgres_url: str) -> None:
    told = run("--modules", "1", "--rounds", "1", module="benchmarks.check", HANGAR_TEST_PG=empty_postgres_url)
    assert told.startswith("22 statements of 10 queries, ")
    assert told.count("under the bound: ") == 3
