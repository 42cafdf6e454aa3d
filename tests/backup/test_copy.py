"""A backup is a checked copy of one moment."""
# ruff: noqa: ASYNC240 - no other task waits here

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, Database, builders, open_database, sealing, session_cookies, users
from hangar_dal.database.backup import back_up
from hangar_dal.database.sqlite import copying
from hangar_dal.errors import BackupFailed, ConnectionFailed, DatabaseFileLost
from hangar_dal.settings import Settings
from tests.backup.copies import TOTAL, opened
from tests.database.ledger import column, run, sql
from tests.helpers.waiting import until_set


async def test_a_copy_under_writers_ends_after_one_pass_and_is_of_one_moment(
    db: Database, target: Path, key: str
) -> None:
    transfers = 0
    has_begun = asyncio.Event()
    done: list[int] = []

    async def transfer() -> None:
        nonlocal transfers
        while True:
            async with db.transaction() as tx:
                await run(tx, "UPDATE ledger SET amount = amount - 1 WHERE id = 1")
                await run(tx, "UPDATE ledger SET amount = amount + 1 WHERE id = 2")
            transfers += 1
            has_begun.set()

    def show(copied: int, total: int) -> None:
        assert not done or done[-1] < copied, "the copy was started again"
        assert copied <= total
        done.append(copied)

    writers = [asyncio.create_task(transfer()) for _ in range(3)]
    await until_set(has_begun, *writers)
    before = transfers
    made = await db.backup(target, progress=show)
    during = transfers - before
    for writer in writers:
        writer.cancel()
    await asyncio.gather(*writers, return_exceptions=True)
    assert during > 0
    assert done[-1] == made.pages == len(done)
    async with open_database(opened(target, key), catalog=ACCOUNTS) as copy:
        one, other = await column(copy, "SELECT amount FROM ledger WHERE id < 10 ORDER BY id")
        assert one + other == TOTAL
        assert before <= other <= transfers
        assert await column(copy, "PRAGMA quick_check") == ["ok"]


async def test_a_copy_opens_its_sealed_rows_with_the_same_keys_and_holds_no_key(
    db: Database, target: Path, key: str, folder: Path
) -> None:
    ada = await users.create_user(db, builders.user())
    made = await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
    backup = await db.backup(target)
    assert (backup.opened, backup.undeclared, backup.unopened_count) == (1, 0, 0)
    assert (backup.path, backup.size) == (target, target.stat().st_size)
    assert [entry.name for entry in folder.iterdir()] == [target.name]
    assert key.partition(":")[2].encode() not in target.read_bytes()
    async with open_database(opened(target, key), catalog=ACCOUNTS) as copy:
        assert await session_cookies.get_session_cookie(copy, made.id) == made


async def test_writers_and_streams_go_on_during_a_backup(db: Database, target: Path) -> None:
    async with db.stream(*sql(db, "SELECT id FROM ledger"), chunk=1) as chunks:
        await db.backup(target)
        assert sum([len(chunk) async for chunk in chunks]) == 302


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777], indirect=True, ids=oct)
async def test_only_the_owner_can_read_a_copy_from_its_first_byte(
    db: Database, target: Path, folder: Path, umask: int
) -> None:
    modes = set()

    def show(_: int, __: int) -> None:
        with suppress(FileNotFoundError):  # the draft got its name in the meantime
            modes.update(entry.stat().st_mode & 0o777 for entry in folder.iterdir())

    await db.backup(target, progress=show)
    assert modes == {0o600}
    assert target.stat().st_mode & 0o777 == 0o600


async def test_a_damaged_page_is_found(db: Database, options: Settings, target: Path, folder: Path) -> None:
    path = Path(options.target.path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'ledger'").fetchall()
    damaged = folder.parent / "damaged.db"
    shutil.copy(path, damaged)
    with damaged.open("r+b") as file:
        file.seek((page - 1) * 4096 + 100)
        file.write(b"\xff" * 2000)
    with pytest.raises(BackupFailed, match="damaged"):
        await back_up(Settings(database_url=f"sqlite:///{damaged}", sealing_keys=sealing.new_key()), target)
    assert list(folder.iterdir()) == []


async def test_an_index_without_its_entries_is_found(
    db: Database, options: Settings, target: Path, folder: Path
) -> None:
    """Reading the tables does not show it."""
    await run(db, "CREATE INDEX ledger_amount ON ledger (amount) WHERE id < 10")
    with closing(sqlite3.connect(options.target.path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'ledger_amount'").fetchall()
    damaged = folder.parent / "damaged.db"
    shutil.copy(options.target.path, damaged)
    with damaged.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes([0x0A, 0, 0, 0, 0, 0x10, 0, 0]))  # the header of a leaf that holds nothing
    with pytest.raises(BackupFailed, match=r"the database is damaged: .*ledger_amount"):
        await back_up(Settings(database_url=f"sqlite:///{damaged}", sealing_keys=sealing.new_key()), target)
    assert list(folder.iterdir()) == []


async def test_a_file_that_is_no_database_is_reported(target: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    with pytest.raises(BackupFailed, match="not a SQLite database"):
        await back_up(Settings(database_url=f"sqlite:///{tmp_path}/x.db", sealing_keys=sealing.new_key()), target)
    assert list(folder.iterdir()) == []


async def test_rows_that_refer_to_nothing_are_found(
    db: Database, options: Settings, target: Path, folder: Path
) -> None:
    ada = await users.create_user(db, builders.user())
    await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
    with closing(sqlite3.connect(options.target.path)) as raw, raw:
        raw.execute("DELETE FROM users")
    with pytest.raises(BackupFailed, match=r"rows that do not exist: .*session_cookies \(1\)"):
        await db.backup(target)
    assert list(folder.iterdir()) == []


async def test_a_file_that_is_replaced_during_a_backup_is_noticed(
    db: Database, options: Settings, target: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copying.Copying

    def unlinking(**given: Any) -> copying.Copying:
        """Delete the file in the thread that copies. The event loop may hear of the progress too late."""
        return copy(**given | {"progress": lambda _, __: Path(options.target.path).unlink(missing_ok=True)})

    monkeypatch.setattr(copying, "Copying", unlinking)
    with pytest.raises(DatabaseFileLost):
        await db.backup(target)
    assert list(folder.iterdir()) == []
    with pytest.raises(DatabaseFileLost):
        await db.backup(target)


async def test_a_missing_database_is_not_created(target: Path, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ConnectionFailed, match="there is no such database file"):
        await back_up(Settings(database_url=f"sqlite:///{tmp_path}/none.db"), target)
    assert not list(tmp_path.glob("none.db*"))
    assert list(folder.iterdir()) == []


async def test_a_missing_key_file_is_not_created(sqlite_url: str, target: Path) -> None:
    """The command needs no keys for a database without sealed values."""
    assert (await back_up(Settings(database_url=sqlite_url), target)).opened == 0
    assert not Path(f"{sqlite_url.removeprefix('sqlite:///')}.key").exists()


async def test_memory_is_refused(target: Path) -> None:
    async with open_database(Settings(database_url="sqlite:///:memory:"), catalog=ACCOUNTS) as db:
        with pytest.raises(BackupFailed, match=":memory: cannot be backed up"):
            await db.backup(target)
    assert not target.exists()


async def test_postgresql_is_refused_and_told_what_to_use(postgres_url: str, target: Path) -> None:
    options = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(options, catalog=ACCOUNTS) as db:
        for attempt in (db.backup(target), back_up(options, target)):
            with pytest.raises(BackupFailed, match=r"pg_dump.*docs/deployment\.md"):
                await attempt
    assert not target.exists()
