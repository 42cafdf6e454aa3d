"""The README's first command ends in this script: it works, more than once, and says what it did."""

import os
import subprocess
from pathlib import Path

import pytest

from hangar_dal import sealing
from tests.helpers.commands import run_module

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def key() -> str:
    return sealing.new_key()


def quickstart(url: str, key: str) -> subprocess.CompletedProcess[str]:
    environment = {"DATABASE_URL": url, "HANGAR_SEALING_KEYS": key, "PYTHONPATH": str(EXAMPLES)}
    return run_module("quickstart", env=os.environ | environment, strict=True)


def test_it_reports_each_step_and_may_be_run_again(database_url: str, key: str):
    done = quickstart(database_url, key)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "storage_state.json: 15 cookies of 4 hosts" in done.stdout
    assert "in the table: v1.k" in done.stdout
    assert "opened again, and equal to storage_state.json" in done.stdout
    assert "quickstart with 2 of them" in done.stdout
    assert "'Quick Start', phone None; e-mail, not mentioned, still quickstart@hangar.example" in done.stdout
    assert "1 expired session(s) deleted so far" in done.stdout
    assert "left in all: 1" in done.stdout
    assert "\033" not in done.stdout, "colours are for terminals"

    again = quickstart(database_url, key)
    assert again.returncode == 0, again.stderr
    assert "is there from an earlier run; 1 stored session(s) deleted" in again.stdout
    assert "left in all: 1" in again.stdout


def test_it_names_the_command_that_is_missing(empty_database_url: str, key: str):
    done = quickstart(empty_database_url, key)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "hangar-dal migrations apply" in done.stderr
