"""An application that uses none of the package's tables, though it has a table and a migration of the same name."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal.migrations.drift import database_schema
from tests.helpers.commands import run_module
from tests.helpers.postgres_server import Server

DIARY = Path(__file__).parents[1] / "diary"
HANGAR = ("hangar_dal.cli",)

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A Python module, in a copy of the application, with no setting but the database."""
    folder = shutil.copytree(DIARY, tmp_path / "diary", ignore=shutil.ignore_patterns("__pycache__"))

    def done(*command: str, code: int = 0, **environment: str) -> str:
        told = run_module(*command, cwd=folder, env=os.environ | environment)
        assert told.returncode == code, told.stdout + told.stderr
        return told.stdout + told.stderr

    return done


def test_it_has_its_own_table_and_needs_no_key(run: Run, empty_database_url: str, tmp_path: Path) -> None:
    where = {"DATABASE_URL": empty_database_url}
    assert "lacks 1 of 1 migrations: 0001_users of diary" in run("diary", code=1, **where)
    assert run(*HANGAR, "migrations", "pending", code=3, **where) == "0001_users\n"
    assert run(*HANGAR, "migrations", "apply", **where) == "applied 0001_users\n"
    assert run("diary", "Bo", "Ann", **where) == "Ann Bo\n"
    assert database_schema(empty_database_url).names == {"users"}
    assert list(tmp_path.rglob("*.key")) == []
    assert run(*HANGAR, "migrations", "status", **where).split()[:2] == ["applied", "0001_users"]
    assert run(*HANGAR, "schema", "diff", **where).startswith("clean: ")


@pytest.fixture
def server(_allowed_postgres: Server) -> tuple[str, str]:
    return "--postgresql", _allowed_postgres.url("postgres")


def test_it_is_clean_on_both_databases_and_without_them(run: Run, server: tuple[str, str]) -> None:
    scope = "project:    pyproject.toml\ncatalogs:   diary:CATALOG\nqueries:    2\nmigrations: diary (1)\n"
    for command in (["check", "--update", *server], ["check", *server], ["check", "--offline"]):
        assert run(*HANGAR, *command).startswith(scope)
    assert "migrations: diary (1)\n" in run(*HANGAR, "migrations", "verify", *server)


def test_it_cannot_be_used_together_with_the_catalog_that_has_the_same_table(run: Run, empty_sqlite_url: str) -> None:
    both = ("--catalog", "hangar_dal:ACCOUNTS", "--catalog", "diary:CATALOG", "--database", empty_sqlite_url)
    told = run(*HANGAR, "migrations", "apply", *both, code=1)
    assert "0001_users is in " in told
    assert "sql/accounts/migrations and in " in told
    assert "diary/diary/migrations; " in told
