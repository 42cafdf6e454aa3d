"""A backup is a checked copy of one moment, or nothing is left of it."""
# ruff: noqa: ASYNC221, ASYNC240 - no other task waits here

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from database.ledger import column, make_ledger, run, sql
from hangar_dal import Database, open_database, sealing, session_cookies, users
from hangar_dal.database.backup import back_up
from hangar_dal.errors import BackupFailed, ConnectionFailed, DatabaseClosed, DatabaseFileLost
from hangar_dal.settings import Settings
from samples import local_user, session
from shop import letters, tables
from shop.models import Letter

TOTAL = 1_000
MANY = "INSERT INTO ledger (id, amount, note) SELECT i + 10, 0, hex(zeroblob(1000)) FROM (%s)"
SOME_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n"


@pytest.fixture(autouse=True)
def _a_page_per_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Much can happen between two pages."""
    monkeypatch.setattr("hangar_dal.database.sqlite.copying._PAGES_PER_STEP", 1)


@pytest.fixture
def key() -> str:
    return sealing.new_key()


@pytest.fixture
def options(sqlite_url: str, key: str) -> Settings:
    return Settings(database_url=sqlite_url, sealing_keys=key)


@pytest.fixture
async def db(options: Settings) -> AsyncIterator[Database]:
    """A database of several hundred pages, with two accounts in the ledger."""
    async with open_database(options) as one:
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


def opened(path: Path, key: str) -> Settings:
    return Settings(database_url=f"sqlite:///{path}", sealing_keys=key)


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
    await has_begun.wait()
    before = transfers
    made = await db.backup(target, progress=show)
    during = transfers - before
    for writer in writers:
        writer.cancel()
    await asyncio.gather(*writers, return_exceptions=True)
    assert during > 0
    assert done[-1] == made.pages == len(done)
    async with open_database(opened(target, key)) as copy:
        one, other = await column(copy, "SELECT amount FROM ledger WHERE id < 10 ORDER BY id")
        assert one + other == TOTAL
        assert before <= other <= transfers
        assert await column(copy, "PRAGMA quick_check") == ["ok"]


async def test_a_copy_opens_its_sealed_rows_with_the_same_keys_and_holds_no_key(
    db: Database, target: Path, key: str, folder: Path
) -> None:
    ada = await users.create_user(db, local_user())
    made = await session_cookies.create_session_cookie(db, session(ada.id))
    backup = await db.backup(target)
    assert (backup.opened, backup.undeclared, backup.unopened_count) == (1, 0, 0)
    assert (backup.path, backup.size) == (target, target.stat().st_size)
    assert [entry.name for entry in folder.iterdir()] == [target.name]
    assert key.partition(":")[2].encode() not in target.read_bytes()
    async with open_database(opened(target, key)) as copy:
        assert await session_cookies.get_session_cookie(copy, made.id) == made


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
        modes.update(entry.stat().st_mode & 0o777 for entry in folder.iterdir())

    await db.backup(target, progress=show)
    assert modes == {0o600}
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link", "pipe"])
async def test_nothing_is_overwritten(db: Database, target: Path, folder: Path, kind: str) -> None:
    other = folder / "other"
    match kind:
        case "file":
            target.write_bytes(b"kept")
        case "folder":
            target.mkdir()
        case "link":
            other.write_bytes(b"kept")
            target.symlink_to(other)
        case "dangling link":
            target.symlink_to(other)
        case _:
            os.mkfifo(target)
    before = {entry.name for entry in folder.iterdir()}
    with pytest.raises(BackupFailed, match="the name is taken"):
        await db.backup(target)
    assert {entry.name for entry in folder.iterdir()} == before


async def test_a_file_that_appears_meanwhile_is_not_overwritten(db: Database, target: Path, folder: Path) -> None:
    with pytest.raises(BackupFailed, match="File exists"):
        await db.backup(target, progress=lambda _, __: target.write_bytes(b"kept"))
    assert target.read_bytes() == b"kept"
    assert list(folder.iterdir()) == [target]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal", ".key", "-migrating"])
async def test_a_name_of_the_database_itself_is_refused(db: Database, options: Settings, suffix: str) -> None:
    path = Path(f"{options.target.path}{suffix}")
    before = {entry.name for entry in path.parent.iterdir()}
    with pytest.raises(BackupFailed, match="another name"):
        await db.backup(path)
    assert {entry.name for entry in path.parent.iterdir()} == before
    assert await column(db, "SELECT sum(amount) FROM ledger") == [TOTAL]


async def test_the_database_is_recognized_behind_links(db: Database, options: Settings, folder: Path) -> None:
    path = Path(options.target.path)
    (folder / "link.db").symlink_to(path)
    os.link(path, folder / "hard.db")
    (folder / "parent").symlink_to(path.parent)
    for name in ("link.db", "hard.db", f"parent/{path.name}", f"parent/{path.name}-journal"):
        with pytest.raises(BackupFailed):
            await db.backup(folder / name)
    assert await column(db, "SELECT sum(amount) FROM ledger") == [TOTAL]


async def test_a_log_of_an_older_file_of_this_name_is_refused(db: Database, target: Path) -> None:
    Path(f"{target}-wal").write_bytes(b"old")
    with pytest.raises(BackupFailed, match=r"copy\.db-wal exists"):
        await db.backup(target)
    assert not target.exists()


@pytest.mark.parametrize("name", ["no/folder.db", "x.db/y.db", "a\0b", "x" * 255])
async def test_a_name_that_no_file_can_have_is_an_error_with_its_reason(db: Database, folder: Path, name: str) -> None:
    (folder / "x.db").write_bytes(b"")
    with pytest.raises(BackupFailed, match="no backup was made"):
        await db.backup(folder / name)
    assert [entry.name for entry in folder.iterdir()] == ["x.db"]


@pytest.mark.parametrize(
    "name", ["größe 😀.db", "100%.db", "x?mode=memory", "file:x.db", "-x.db", "a\nb.db", "x" * 240]
)
async def test_any_name_of_a_file_will_do(
    db: Database, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    await db.backup(name)
    assert [entry.name for entry in folder.iterdir()] == [name]
    with closing(sqlite3.connect(folder / name)) as raw:
        assert raw.execute("SELECT sum(amount) FROM ledger").fetchone() == (TOTAL,)


async def test_a_relative_path_stays_the_same_file_when_the_process_changes_its_directory(
    db: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    await db.backup("copy.db", progress=lambda _, __: monkeypatch.chdir("/"))
    assert [entry.name for entry in folder.iterdir()] == ["copy.db"]


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


async def test_a_time_limit_ends_a_backup_while_it_is_checked(
    db: Database, target: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of a large copy takes long, too."""
    copied = asyncio.Event()
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    monkeypatch.setattr(
        "hangar_dal.database.sqlite.copying.check_sealed", lambda raw, _: raw.execute(endless).fetchall()
    )

    def show(done: int, total: int) -> None:
        if done == total:
            copied.set()

    task = asyncio.create_task(db.backup(target, progress=show))
    await copied.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
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
    db = await open_database(options)
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


async def test_a_sealed_value_that_the_keys_do_not_open_is_named_and_no_copy_is_left(
    db: Database, options: Settings, target: Path, folder: Path, key: str
) -> None:
    ada = await users.create_user(db, local_user())
    made = [await session_cookies.create_session_cookie(db, session(ada.id)) for _ in range(12)]
    other = Settings(database_url=options.url, sealing_keys=sealing.new_key())
    with pytest.raises(BackupFailed) as caught:
        await back_up(other, target)
    assert list(folder.iterdir()) == []
    errors = {error.row["id"]: error for error in caught.value.unopened}
    assert set(errors) == {str(each.id) for each in made}
    for error in errors.values():
        assert (error.table, error.column, error.key_id) == ("session_cookies", "cookies", key.partition(":")[0])
    assert sum(str(each.id) in str(caught.value) for each in made) == 10
    assert "and 2 more" in str(caught.value)
    backup = await back_up(other, target, accept_unopened=True)
    assert (backup.opened, backup.unopened_count, len(backup.unopened)) == (0, 12, 12)
    async with open_database(opened(target, key)) as copy:
        assert await session_cookies.get_session_cookie(copy, made[0].id) == made[0]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session_cookies SET id = upper(id)",
        "UPDATE session_cookies SET cookies = substr(cookies, 1, length(cookies) - 8) || 'AAAAAAA='",
    ],
    ids=["moved", "altered"],
)
async def test_a_sealed_value_that_was_moved_or_altered_is_found(
    db: Database, options: Settings, target: Path, change: str
) -> None:
    ada = await users.create_user(db, local_user())
    await session_cookies.create_session_cookie(db, session(ada.id))
    with closing(sqlite3.connect(options.target.path)) as raw, raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute(change)
    with pytest.raises(BackupFailed, match=r"does not open with key|is not a sealed value"):
        await db.backup(target)
    assert not target.exists()


async def test_another_key_under_the_same_id_does_not_pass(
    db: Database, options: Settings, target: Path, key: str
) -> None:
    ada = await users.create_user(db, local_user())
    await session_cookies.create_session_cookie(db, session(ada.id))
    wrong = f"{key.partition(':')[0]}:{sealing.new_key().partition(':')[2]}"
    with pytest.raises(BackupFailed, match="a different one under the same id"):
        await back_up(Settings(database_url=options.url, sealing_keys=wrong), target)


async def test_the_sealed_columns_of_an_application_are_opened_too(db: Database, target: Path) -> None:
    await tables.create_tables(db)
    await letters.insert_letter(db, Letter(place="here", secret={"a": 1}, hint="b"))
    assert (await db.backup(target)).opened == 2


async def test_a_column_that_no_model_declares_is_compared_by_key_id(
    db: Database, options: Settings, target: Path, folder: Path, key: str
) -> None:
    """Generated columns, and broken text in another column, do not disturb it."""
    for one in (key, sealing.new_key()):
        sealed = sealing.parse_keys(one).seal(b"{}", table="t", column="c", bound=())
        with closing(sqlite3.connect(options.target.path)) as raw, raw:
            raw.execute("CREATE TABLE IF NOT EXISTS t (id TEXT PRIMARY KEY, n AS (id || 1), c TEXT, d TEXT)")
            raw.execute("INSERT INTO t VALUES (?, ?, CAST(x'ff' AS TEXT))", (f"a secret {one[:5]}", sealed))
        if one == key:
            assert (await db.backup(folder / "first.db")).undeclared == 1
    with pytest.raises(BackupFailed, match=r"\n  t\.c: sealed with key") as caught:
        await db.backup(target)
    assert "a secret" not in str(caught.value)


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


async def test_a_file_that_is_no_database_is_reported(target: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    with pytest.raises(BackupFailed, match="not a SQLite database"):
        await back_up(Settings(database_url=f"sqlite:///{tmp_path}/x.db", sealing_keys=sealing.new_key()), target)
    assert list(folder.iterdir()) == []


async def test_rows_that_refer_to_nothing_are_found(
    db: Database, options: Settings, target: Path, folder: Path
) -> None:
    ada = await users.create_user(db, local_user())
    await session_cookies.create_session_cookie(db, session(ada.id))
    with closing(sqlite3.connect(options.target.path)) as raw, raw:
        raw.execute("DELETE FROM users")
    with pytest.raises(BackupFailed, match=r"rows that do not exist: session_cookies \(1\)"):
        await db.backup(target)
    assert list(folder.iterdir()) == []


async def test_a_file_that_is_replaced_during_a_backup_is_noticed(
    db: Database, options: Settings, target: Path, folder: Path
) -> None:
    with pytest.raises(DatabaseFileLost):
        await db.backup(target, progress=lambda _, __: Path(options.target.path).unlink(missing_ok=True))
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
    async with open_database(Settings(database_url="sqlite:///:memory:")) as db:
        with pytest.raises(BackupFailed, match=":memory: cannot be backed up"):
            await db.backup(target)
    assert not target.exists()


async def test_postgresql_is_refused_and_told_what_to_use(postgres_url: str, target: Path) -> None:
    options = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(options) as db:
        for attempt in (db.backup(target), back_up(options, target)):
            with pytest.raises(BackupFailed, match=r"pg_dump.*docs/deployment\.md"):
                await attempt
    assert not target.exists()


async def test_writers_and_streams_go_on_during_a_backup(db: Database, target: Path) -> None:
    async with db.stream(*sql(db, "SELECT id FROM ledger"), chunk=1) as chunks:
        await db.backup(target)
        assert sum([len(chunk) async for chunk in chunks]) == 302
