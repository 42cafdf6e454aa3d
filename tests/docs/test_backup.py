"""The commands of the page on backups are run, and a restored database is the one that was backed up."""
# ruff: noqa: ASYNC221 - no other task waits here

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, builders, open_database, session_cookies, users
from tests.docs.documents import BACKUP, blocks, write_files
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher

# A process that is killed leaves its last commits in the write-ahead log.
KILLED = """
import asyncio, os, signal, sys
from hangar_dal import ACCOUNTS, builders, open_database, users

async def main():
    db = await open_database(catalog=ACCOUNTS)
    await users.insert_user(db, builders.eve_user(), hashed_password=None)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.fixture
def shop(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an application, with its database."""
    folder = tmp_path / "shop"
    folder.mkdir(mode=0o700)
    (folder / "backups").mkdir(mode=0o700)
    shutil.move(sqlite_url.removeprefix("sqlite:///"), folder / "shop.db")
    write_files(BACKUP, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    return folder


def run(name: str) -> str:
    [text] = [block.text for block in blocks(BACKUP) if block.values("run") == [name]]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(["bash", "-euc", text], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


async def test_a_backup_is_restored_by_the_commands_of_the_page(shop: Path) -> None:
    async with open_database(catalog=ACCOUNTS) as db:
        ada = await users.create_user(db, builders.user())
        made = await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
        assert "1 sealed values opened" in run("backup")
        assert (shop / "backups" / "shop.db").stat().st_mode & 0o777 == 0o600
        await users.create_user(db, builders.eve_user())
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    assert (shop / "shop.db-wal").stat().st_size > 0
    assert "applied" in run("restore")
    assert (shop / "shop.db").stat().st_mode & 0o777 == 0o600
    async with open_database(catalog=ACCOUNTS) as db:
        assert await users.count_users(db) == 1
        assert await session_cookies.get_session_cookie(db, made.id) == made
        await users.update_user(db, ada.id, display_name="Ada L.")


async def test_an_old_log_beside_a_restored_file_is_as_harmful_as_the_page_says(shop: Path) -> None:
    """The reason for the second step."""
    run("backup")
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    shutil.copy(shop / "backups" / "shop.db", shop / "shop.db")
    async with open_database(catalog=ACCOUNTS) as db:
        assert await users.count_users(db) == 1  # not in the backup


def test_the_program_of_the_page_makes_a_backup(shop: Path) -> None:
    done = subprocess.run([sys.executable, "backing_up.py"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 sealed values opened" in done.stdout
    assert (shop / "backups" / "from-python.db").exists()
