"""A database to back up, and a folder for the copies."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import Database, open_database, sealing
from hangar_dal.database.sqlite.copying import Copying
from hangar_dal.settings import Settings
from tests.backup.copies import TOTAL
from tests.database.ledger import make_ledger, run
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher
from tests.shop import CATALOG

MANY = "INSERT INTO ledger (id, amount, note) SELECT i + 10, 0, hex(zeroblob(1000)) FROM (%s)"
SOME_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n"


@pytest.fixture(autouse=True)
def _page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next page is copied only after the loop has heard of the one before: much can happen between two pages."""

    def page_by_page(*, progress: Callable[[int, int], object], **given: Any) -> Copying:
        loop = asyncio.get_running_loop()

        def step(copied: int, total: int) -> None:
            progress(copied, total)
            heard = threading.Event()
            loop.call_soon_threadsafe(heard.set)
            assert heard.wait(60)

        return Copying(progress=step, **given)

    monkeypatch.setattr("hangar_dal.database.sqlite.copying._PAGES_PER_STEP", 1)
    monkeypatch.setattr("hangar_dal.database.sqlite.copying.Copying", page_by_page)


@pytest.fixture
def key() -> str:
    return sealing.new_key()


@pytest.fixture
def options(sqlite_url: str, key: str) -> Settings:
    return Settings(database_url=sqlite_url, sealing_keys=key)


@pytest.fixture
async def db(options: Settings) -> AsyncIterator[Database]:
    """A database of several hundred pages, with two accounts in the ledger."""
    async with open_database(options, catalog=CATALOG) as one:
        await one.run(*make_ledger(one))
        await run(one, f"INSERT INTO ledger (id, amount) VALUES (1, {TOTAL}), (2, 0)")
        await run(one, MANY % SOME_NUMBERS)
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


@pytest.fixture
def target(folder: Path) -> Path:
    return folder / "copy.db"
