"""A SQLite file that is deleted, moved or replaced while it is open is noticed, and no file is created in its place."""
# ruff: noqa: ASYNC221, ASYNC240 - no other task waits here

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, Database, migrations, open_database, sealing
from hangar_dal.errors import DatabaseFileLost
from hangar_dal.migrations.targets import target_of
from hangar_dal.migrations.yoyo_session import migrating
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run, sql
from tests.database.open_files import open_files

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
COUNT = "SELECT count(*) FROM ledger"
OTHER_READER = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM ledger').fetchall()"


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def options(sqlite_url: str) -> Settings:
    return Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())


@pytest.fixture
async def db(options: Settings) -> AsyncIterator[Database]:
    """A database with the table `ledger`, which one reader has read already."""
    async with open_database(options, catalog=ACCOUNTS) as one:
        await one.run(*make_ledger(one))
        await column(one, COUNT)
        yield one


def delete(path: Path) -> None:
    path.unlink()


def move(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))


def replace(path: Path) -> None:
    """Put another database of the same schema in its place, as a careless restore does."""
    copy = path.with_suffix(".other")
    shutil.copy(path, copy)
    copy.rename(path)


def rewrite(path: Path) -> None:
    """Delete it and create it again. The inode is in use, so it is not given to the new file."""
    path.unlink()
    path.write_bytes(b"")


CHANGES = pytest.mark.parametrize("change", [delete, move, replace, rewrite])


async def until_lost(attempt: Callable[[], Awaitable[object]]) -> DatabaseFileLost:
    """What an attempt that goes well for at most a second raises then."""
    while True:
        try:
            await attempt()
        except DatabaseFileLost as error:
            return error
        await asyncio.sleep(0.02)


def left_in(folder: Path) -> dict[str, bytes]:
    """The files and what they hold. The `-shm` file holds locks and marks of readers."""
    files = (entry for entry in folder.iterdir() if entry.is_file())
    return {entry.name: b"" if entry.name.endswith("-shm") else entry.read_bytes() for entry in files}


@CHANGES
async def test_the_first_write_after_the_change_is_not_acknowledged(
    db: Database, path: Path, change: Callable[[Path], None]
) -> None:
    change(path)
    with pytest.raises(DatabaseFileLost, match="committed to the lost file") as caught:
        await run(db, INSERT, id=1)
    assert str(caught.value).startswith(f"{path}: the file was ")
    with pytest.raises(DatabaseFileLost) as again:
        await run(db, INSERT, id=2)
    assert "last change" not in str(again.value)


@CHANGES
async def test_a_transaction_that_was_open_does_not_end_well(
    db: Database, path: Path, change: Callable[[Path], None]
) -> None:
    with pytest.raises(DatabaseFileLost):
        async with db.transaction() as tx:
            await run(tx, INSERT, id=1)
            change(path)


@CHANGES
async def test_an_error_after_the_change_is_explained_by_it(
    db: Database, path: Path, change: Callable[[Path], None]
) -> None:
    """What SQLite says about it would only mislead."""
    await run(db, INSERT, id=1)
    change(path)
    with pytest.raises(DatabaseFileLost):
        await run(db, INSERT, id=1)


async def test_work_that_is_repeated_after_conflicts_is_not_repeated(db: Database, path: Path) -> None:
    calls = 0

    async def work(tx: object) -> None:
        nonlocal calls
        calls += 1
        await run(tx, INSERT, id=calls)
        path.unlink()

    with pytest.raises(DatabaseFileLost):
        await db.in_transaction(work)
    assert calls == 1


@CHANGES
async def test_readers_notice_it_without_a_write(db: Database, path: Path, change: Callable[[Path], None]) -> None:
    change(path)
    before = left_in(path.parent)
    await until_lost(lambda: column(db, COUNT))
    assert left_in(path.parent) == before


@CHANGES
async def test_a_connection_that_is_opened_later_does_not_read_the_new_file(
    options: Settings, path: Path, change: Callable[[Path], None]
) -> None:
    async with open_database(options, check_schema=False, catalog=ACCOUNTS) as db:  # no reader is open yet
        change(path)
        before = left_in(path.parent)
        with pytest.raises(DatabaseFileLost):
            await column(db, "SELECT count(*) FROM users")
        with pytest.raises(DatabaseFileLost):
            async with db.stream(*sql(db, "SELECT 1")):
                pass
        assert left_in(path.parent) == before  # neither the new file nor the log of the old one was touched


@CHANGES
async def test_an_open_stream_notices_it(db: Database, path: Path, change: Callable[[Path], None]) -> None:
    endless = "SELECT * FROM (WITH RECURSIVE n (v) AS (VALUES (1) UNION ALL SELECT v FROM n) SELECT v FROM n)"
    with pytest.raises(DatabaseFileLost):
        async with db.stream(*sql(db, endless), chunk=1) as chunks:
            change(path)
            async for _ in chunks:
                await asyncio.sleep(0.02)


@CHANGES
async def test_a_reading_transaction_notices_it(db: Database, path: Path, change: Callable[[Path], None]) -> None:
    with pytest.raises(DatabaseFileLost):
        async with db.transaction(read_only=True) as tx:
            change(path)
            while True:
                await column(tx, COUNT)
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("change", [delete, rewrite])
async def test_a_log_that_is_deleted_is_noticed_and_an_orderly_close_saves_what_was_acknowledged(
    options: Settings, path: Path, suffix: str, change: Callable[[Path], None]
) -> None:
    acknowledged = 0
    async with open_database(options, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        await column(db, COUNT)
        change(Path(f"{path}{suffix}"))

        async def write() -> None:
            nonlocal acknowledged
            await run(db, INSERT, id=acknowledged)
            acknowledged += 1

        error = await until_lost(write)
        assert str(error).startswith(f"{path}{suffix}: the file was ")
        assert "orderly" in str(error)
    async with open_database(options, catalog=ACCOUNTS) as db:
        assert await column(db, COUNT) == [acknowledged]


async def test_a_symbolic_link_that_leads_elsewhere_is_noticed(options: Settings, path: Path, tmp_path: Path) -> None:
    """The next process would open another file under the same name."""
    link = tmp_path / "link.db"
    link.symlink_to(path)
    one = Settings(database_url=f"sqlite:///{link}", sealing_keys=sealing.new_key())
    async with open_database(one, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        link.unlink()
        link.symlink_to(shutil.copy(path, tmp_path / "other.db"))
        with pytest.raises(DatabaseFileLost, match=r"link\.db"):
            await run(db, INSERT, id=1)


async def test_a_file_that_is_copied_read_or_linked_is_not_lost(db: Database, path: Path, tmp_path: Path) -> None:
    for number in range(3):
        subprocess.run(["cp", "-a", path, tmp_path / f"copy{number}"], check=True)
        os.link(path, tmp_path / f"link{number}")
        path.chmod(0o640)
        os.utime(path)
        await run(db, INSERT, id=number)
        subprocess.run([sys.executable, "-c", OTHER_READER, path], check=True)
    await asyncio.sleep(1.1)  # a look at the files
    assert await column(db, COUNT) == [3]


async def test_a_folder_that_cannot_be_reached_for_a_while_says_nothing_about_the_file(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_: object) -> os.stat_result:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr("hangar_dal.database.sqlite.watched.os.stat", unreachable)
        await run(db, INSERT, id=1)
    assert await column(db, COUNT) == [1]


@CHANGES
def test_migrations_notice_it(sqlite_url: str, path: Path, change: Callable[[Path], None], tmp_path: Path) -> None:
    with pytest.raises(DatabaseFileLost), migrating(target_of(sqlite_url), [tmp_path]) as (backend, _):
        change(path)
        with backend.transaction():
            pytest.fail("a migration would run now")


@CHANGES
def test_migrations_do_not_go_on_in_the_file_that_has_the_name_now(
    sqlite_url: str, path: Path, change: Callable[[Path], None], tmp_path: Path
) -> None:
    went_on = False
    with pytest.raises(DatabaseFileLost) as caught, migrating(target_of(sqlite_url), [tmp_path]) as (backend, _):
        change(path)
        with backend.copy():
            went_on = True
    assert not went_on
    # The connection that was refused is closed, though the traceback still refers to it.
    assert caught.tb
    assert not [file for file in open_files() if file.startswith(f"{tmp_path}/")]


@CHANGES
def test_migrations_do_not_end_well_if_it_happens_during_one(
    sqlite_url: str, path: Path, change: Callable[[Path], None], tmp_path: Path
) -> None:
    with (
        pytest.raises(DatabaseFileLost, match="committed to the lost file"),
        migrating(target_of(sqlite_url), [tmp_path]) as (backend, _),
        backend.transaction(),
    ):
        backend.execute("CREATE TABLE t (x INTEGER)")
        change(path)


def test_reading_what_migrations_are_applied_creates_no_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    assert migrations.pending(url, catalog=ACCOUNTS)
    assert not (tmp_path / "none.db").exists()
