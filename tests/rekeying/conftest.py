"""A database of an application, with values that are sealed with an old key, and both keys to open it with."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import Database, Settings, open_database
from hangar_dal.sealing import new_key
from tests import shop
from tests.helpers.commands import run_here, run_module
from tests.helpers.domain_fixtures import Sql as Sql
from tests.helpers.domain_fixtures import sql_on
from tests.shop import addresses, letters, samples
from tests.shop.models import Letter
from tests.shop.tables import create_tables

SHOP = (addresses, letters, samples)  # imported, so that their queries are declared
ROOT = Path(__file__).parents[2]
KEYS = [sys.executable, "-m", "hangar_dal.cli", "keys"]

Command = Callable[..., tuple[int, str]]


def id_of(entry: str) -> str:
    return entry.partition(":")[0]


@pytest.fixture
def old() -> str:
    return new_key()


@pytest.fixture
def new() -> str:
    return new_key()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Names the application's catalog, which uses the package's."""
    path = tmp_path / "pyproject.toml"
    path.write_text('[tool.hangar_dal]\ncatalogs = ["tests.shop:CATALOG"]\nmodules = ["tests.shop"]\n')
    return path


@pytest.fixture
async def before(database_url: str, old: str, anyio_backend: str) -> AsyncIterator[Database]:
    """The application before the new key: it has only the old one."""
    settings = Settings(database_url=database_url, sealing_keys=old)
    async with open_database(settings, catalog=shop.CATALOG) as db:
        await create_tables(db)
        yield db


@pytest.fixture
async def after(before: Database, database_url: str, old: str, new: str) -> AsyncIterator[Database]:
    """The application with both keys. It seals with the new one."""
    settings = Settings(database_url=database_url, sealing_keys=f"{new},{old}")
    async with open_database(settings, catalog=shop.CATALOG) as db:
        yield db


@pytest.fixture
def sql(before: Database) -> Sql:
    return sql_on(before)


@pytest.fixture
def environment(database_url: str, project: Path, new: str, old: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database_url,
        "HANGAR_SEALING_KEYS": f"{new},{old}",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def command(environment: dict[str, str], project: Path) -> Command:
    """Runs `hangar-dal keys` in an empty folder; its exit code and all that it says."""

    def run(*arguments: str, **more: str) -> tuple[int, str]:
        return run_here("keys", *arguments, "--project", str(project), env=environment | more)

    return run


@pytest.fixture
def process(environment: dict[str, str], project: Path) -> Command:
    """The same in a process of its own, which may import modules from the folder."""

    def run(*arguments: str, named: Sequence[str] = ("--project", str(project)), **more: str) -> tuple[int, str]:
        done = run_module("hangar_dal.cli", "keys", *arguments, *named, env=environment | more)
        return done.returncode, done.stdout + done.stderr

    return run


async def write_letters(db: Database, number: int, **changes: Any) -> list[Letter]:
    """Letters with a secret and a hint each: two sealed columns, bound to different columns of the row."""
    written = [Letter(place=f"place {n}", secret={"n": n}, hint=f"hint {n}", **changes) for n in range(number)]
    async with db.transaction() as tx:
        for letter in written:
            await letters.insert_letter(tx, letter)
    return written
