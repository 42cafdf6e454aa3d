"""A SQLite URL means one file, with one set of permissions, to the application and to migrations."""
# ruff: noqa: ASYNC221, ASYNC240 - no other task waits here

import asyncio
import os
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from hangar_dal import ACCOUNTS, Catalog, migrations, sealing
from hangar_dal.database import Statement, open_database
from hangar_dal.errors import ConnectionFailed, DatabaseError, DatabaseFileLost, ReadOnlyTransaction, SettingsError
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run

# One migration, which makes a table of users: where the file is does not depend on what it holds.
DIARY = Path(__file__).parents[1] / "diary" / "diary"
SMALL = Catalog("small", sql=DIARY / "no queries", migrations=DIARY / "migrations")
NAMES = [
    "file:x.db",
    "file:x.db?mode=memory",
    "file:x.db?cache=shared&mode=ro",
    "file:///x.db",
    "file::memory:",
    ":memory:x",
    ":MEMORY:",
    " :memory:",
    "./:memory:",
    "x?.db",
    "x#1.db",
    "100%.db",
    "a%20b.db",
    "a b.db",
    "größe 😀.db",
    "x.db.",
    "~",
    ".//x.db",
    "-x.db",
    "a'b\"c;.db",
    "a\nb.db",
]


def settings(name: str, **values: object) -> Settings:
    return Settings(database_url=f"sqlite:///{quote(name, safe='')}", sealing_keys=sealing.new_key(), **values)


def files() -> dict[str, int]:
    """Each file below the working directory, but for those that SQLite keeps beside an open database."""
    found = [path for path in Path().rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))]
    return {str(path): stat.S_IMODE(path.lstat().st_mode) for path in found}


async def migrate(one: Settings) -> None:
    await asyncio.to_thread(migrations.apply, one.url.get_secret_value(), catalog=SMALL)


@pytest.mark.parametrize("journal", ["delete", "wal"], ids=["found when opened", "found when written"])
async def test_a_file_that_cannot_be_written_is_no_read_only_transaction(sqlite_url: str, journal: str) -> None:
    """The version of the format, not the permissions, forbids to write: root may write any file."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
    content = bytearray(path.read_bytes())
    content[18] = 3
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match="file cannot be written; check the permissions") as caught:
        async with open_database(
            Settings(database_url=sqlite_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS
        ) as db:
            await run(db, "DELETE FROM users")
    assert not isinstance(caught.value, ReadOnlyTransaction)


@pytest.mark.parametrize("name", NAMES)
async def test_the_application_opens_the_file_that_was_migrated(name: str) -> None:
    one = settings(name)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    await migrate(one)
    assert files() == {str(Path(name)): 0o600}
    async with open_database(one, catalog=SMALL) as db:
        assert await column(db, "SELECT count(*) FROM users") == [0]
        async with db.transaction(read_only=True) as tx:
            assert await column(tx, "SELECT count(*) FROM users") == [0]
    assert files() == {str(Path(name)): 0o600}


@pytest.mark.parametrize("name", NAMES)
async def test_migrations_reach_the_file_that_the_application_made(name: str) -> None:
    one = settings(name)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    async with open_database(one, check_schema=False, catalog=SMALL) as db:
        await db.run(*make_ledger(db))
    assert files() == {str(Path(name)): 0o600}
    await migrate(one)
    async with open_database(one, catalog=SMALL) as db:
        assert await column(db, "SELECT count(*) FROM ledger") == [0]


@pytest.mark.parametrize("first", ["application", "migrations"])
async def test_a_symbolic_link_leads_both_to_one_file_even_before_it_exists(first: str) -> None:
    Path("data").mkdir()
    Path("x.db").symlink_to("data/real.db")
    one = settings("x.db")
    if first == "application":
        async with open_database(one, check_schema=False, catalog=SMALL):
            pass
    await migrate(one)
    async with open_database(one, catalog=SMALL) as db:
        assert await column(db, "SELECT count(*) FROM users") == [0]
    assert files() == {"x.db": 0o777, "data/real.db": 0o600}


async def test_a_relative_path_stays_the_same_file_when_the_process_changes_its_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = settings("x.db")
    await migrate(one)
    Path("elsewhere").mkdir()
    async with open_database(one, check_schema=False, catalog=SMALL) as db:
        await db.run(*make_ledger(db))
        monkeypatch.chdir("elsewhere")
        assert await column(db, "SELECT count(*) FROM ledger") == [0]  # on a reader, which is opened only now
    assert files() == {}


async def test_a_file_that_is_gone_is_not_made_again_by_a_later_connection() -> None:
    one = settings("x.db")
    async with open_database(one, check_schema=False, catalog=SMALL) as db:
        Path("x.db").unlink()
        with pytest.raises(DatabaseFileLost):
            await column(db, "SELECT count(*) FROM users")
    assert files() == {}


async def test_opening_a_database_twice_keeps_the_locks_of_the_first() -> None:
    """POSIX drops all locks that a process has on a file when it closes any descriptor of that file.

    Without its lock, another process believes itself to be the last one, and deletes the WAL that we write to.
    """
    one = settings("x.db")
    await migrate(one)
    async with open_database(one, catalog=SMALL) as db:
        await db.run(*make_ledger(db))
        async with open_database(one, catalog=SMALL):
            pass
        program = "import sqlite3; c = sqlite3.connect('x.db'); print(c.execute('SELECT * FROM ledger').fetchall())"
        for number in range(2):
            assert subprocess.check_output([sys.executable, "-c", program], text=True).count("(") == number
            assert Path("x.db-wal").exists()
            await run(db, "INSERT INTO ledger (id, amount) VALUES (:id, 1)", id=number)


@pytest.mark.parametrize("kind", ["fifo", "directory", "socket"])
async def test_what_is_no_regular_file_is_refused_at_once(kind: str) -> None:
    if kind == "fifo":
        os.mkfifo("x.db")
    elif kind == "directory":
        Path("x.db").mkdir()
    else:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("x.db")
    one = settings("x.db")
    url = one.url.get_secret_value()
    for attempt in (
        open_database(one, check_schema=False, catalog=SMALL),
        migrate(one),
        asyncio.to_thread(migrations.pending, url, catalog=SMALL),
    ):
        with pytest.raises(ConnectionFailed, match=r"x\.db: not a regular file"):
            await attempt


@pytest.mark.parametrize("name", ["x.db/", "data/.", "data/..", "..", ".", "/"])
def test_a_name_that_can_only_be_a_directory_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="directory"):
        settings(name)


async def test_every_connection_has_the_cache_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read = Statement("test", "SELECT cache_size FROM pragma_cache_size", writes=False)
    written = Statement("test", "SELECT cache_size FROM pragma_cache_size", writes=True)
    async with open_database(settings("x.db", sqlite_cache=7)) as db:
        for statement in (read, written):
            assert (await db.run(statement, ()))[0] == [(-7 * 1024,)]
        async with db.stream(read, ()) as chunks:
            assert [rows async for rows in chunks] == [[(-7 * 1024,)]]


async def test_a_loop_of_symbolic_links_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "one.db").symlink_to(tmp_path / "two.db")
    (tmp_path / "two.db").symlink_to(tmp_path / "one.db")
    url = f"sqlite:///{tmp_path}/one.db"
    for check_schema in (True, False):
        with pytest.raises(ConnectionFailed, match="its symbolic links form a loop"):
            await open_database(Settings(database_url=url), catalog=ACCOUNTS, check_schema=check_schema)
    for command in (migrations.apply, migrations.pending):
        with pytest.raises(ConnectionFailed, match="its symbolic links form a loop"):
            await asyncio.to_thread(command, url, catalog=ACCOUNTS)
    assert {path.name for path in tmp_path.glob("*.db*")} == {"one.db", "two.db"}
