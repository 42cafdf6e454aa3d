"""If a backup is stopped or fails, its thread has ended and no copy remains."""
# ruff: noqa: ASYNC221, ASYNC240 - no other task waits here

import asyncio
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, Database, open_database
from hangar_dal.database.backup import Backup
from hangar_dal.database.sqlite import copying
from hangar_dal.errors import DatabaseClosed
from hangar_dal.settings import Settings
from tests.helpers.waiting import until_set


@pytest.mark.parametrize("pages", [1, 50, -1], ids=["at the first page", "halfway", "at the last page"])
async def test_a_cancelled_backup_has_ended_and_left_nothing(
    db: Database, target: Path, folder: Path, pages: int
) -> None:
    def show(copied: int, total: int) -> None:
        if copied == (total if pages < 0 else pages):
            for _ in range(3):
                task.cancel()

    task = asyncio.create_task(db.backup(target, progress=show))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(folder.iterdir()) == []
    await db.backup(target)


async def test_a_backup_that_is_cancelled_again_and_again_still_leaves_nothing(
    db: Database, target: Path, folder: Path
) -> None:
    task = asyncio.create_task(db.backup(target))
    while not task.done():
        task.cancel()
        await asyncio.sleep(0.001)
    assert task.cancelled()
    assert list(folder.iterdir()) == []


@pytest.fixture
def endless_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of a large copy takes long, too."""
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    monkeypatch.setattr(
        "hangar_dal.database.sqlite.copying.check_sealed", lambda raw, _: raw.execute(endless).fetchall()
    )


async def until_checked(db: Database, target: Path) -> asyncio.Task[Backup]:
    """A backup whose pages have been copied."""
    copied = asyncio.Event()

    def show(done: int, total: int) -> None:
        if done == total:
            copied.set()

    task = asyncio.create_task(db.backup(target, progress=show))
    await until_set(copied, task)
    return task


@pytest.mark.usefixtures("endless_check")
async def test_a_backup_that_is_being_checked_can_be_cancelled(db: Database, target: Path, folder: Path) -> None:
    task = await until_checked(db, target)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("endless_check")
async def test_closing_the_database_does_not_wait_for_a_check(options: Settings, target: Path, folder: Path) -> None:
    db = await open_database(options, catalog=ACCOUNTS)
    task = await until_checked(db, target)
    await db.close()
    assert list(folder.iterdir()) == []
    with pytest.raises(DatabaseClosed):
        await task


async def test_a_backup_that_is_cancelled_at_its_last_step_is_removed(
    db: Database, target: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    seen: list[str] = []

    def sync(path: Path) -> int:
        if path == folder:  # the copy has its name
            seen.extend(entry.name for entry in folder.iterdir())
            loop.call_soon_threadsafe(task.cancel)
        return 0

    monkeypatch.setattr(copying, "_sync", sync)
    task = asyncio.create_task(db.backup(target))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert target.name in seen
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("pages", [1, -1], ids=["at the first page", "at the last page"])
async def test_an_error_of_the_progress_callback_ends_the_backup(
    db: Database, target: Path, folder: Path, pages: int
) -> None:
    def show(copied: int, total: int) -> None:
        if copied == (total if pages < 0 else pages):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.backup(target, progress=show)
    assert list(folder.iterdir()) == []


async def test_closing_the_database_ends_a_backup(options: Settings, target: Path, folder: Path) -> None:
    db = await open_database(options, catalog=ACCOUNTS)
    begun = asyncio.Event()
    task = asyncio.create_task(db.backup(target, progress=lambda _, __: begun.set()))
    await begun.wait()
    await db.close()
    assert list(folder.iterdir()) == []
    with pytest.raises(DatabaseClosed):
        await task
    with pytest.raises(DatabaseClosed):
        await db.backup(target)


CHILD = """
import asyncio, os, signal, sys
from hangar_dal.database.backup import back_up
from hangar_dal.database.sqlite import copying
from hangar_dal.settings import Settings

copying._PAGES_PER_STEP = 1
seen = 0

def show(done, total):
    global seen
    seen += 1
    if done > total // 2:
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(back_up(Settings(), sys.argv[1], progress=show))
"""


async def test_a_killed_process_leaves_no_file_of_the_final_name(
    db: Database, options: Settings, target: Path, folder: Path, key: str
) -> None:
    environment = {**os.environ, "DATABASE_URL": options.url.get_secret_value(), "HANGAR_SEALING_KEYS": key}
    killed = subprocess.run([sys.executable, "-c", CHILD, target], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    [draft] = folder.iterdir()
    assert draft.name.endswith(".partial")
    assert draft.stat().st_mode & 0o777 == 0o600
    await db.backup(target)


async def test_a_full_disk_is_reported_and_nothing_is_left(
    db: Database, options: Settings, target: Path, folder: Path, key: str
) -> None:
    environment = {**os.environ, "DATABASE_URL": options.url.get_secret_value(), "HANGAR_SEALING_KEYS": key}
    failed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "hangar_dal.cli", "backup", target],
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert "the disk is full, has failed, or does not allow a file of this size" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []
