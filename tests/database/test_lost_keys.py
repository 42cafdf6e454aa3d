"""A key file that is gone is reported when the database is opened, and no new key is made beside sealed rows."""
# ruff: noqa: ASYNC221, ASYNC240 - no other task waits here

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, Database, builders, open_database, session_cookies, users
from hangar_dal.errors import ConnectionFailed, DatabaseBusy, SettingsError
from hangar_dal.sealing import new_key, parse_keys
from hangar_dal.settings import Settings
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher


@pytest.fixture
def key(sqlite_url: str) -> Path:
    """Where the key file of the database is looked for."""
    return Path(f"{sqlite_url.removeprefix('sqlite:///')}.key")


def sealed_text() -> str:
    return parse_keys(new_key()).seal(b"{}", table="t", column="c", bound=())


async def fill(url: str, rows: int = 1) -> None:
    async with open_database(Settings(database_url=url), catalog=ACCOUNTS) as db:
        user = await users.create_user(db, builders.user())
        for _ in range(rows):
            await session_cookies.create_session_cookie(db, builders.session_cookie(user.id))


async def test_a_lost_key_file_is_an_error_and_not_a_reason_for_a_new_key(sqlite_url: str, key: Path) -> None:
    await fill(sqlite_url)
    kept = key.read_text()
    key.unlink()
    for _ in range(2):
        with pytest.raises(SettingsError) as caught:
            await open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS)
        for part in (
            str(key),
            "session_cookies.cookies",
            kept.splitlines()[-1].partition(":")[0],
            "hangar-dal keys new",
        ):
            assert part in str(caught.value)
    assert not key.exists()
    key.write_text(kept)
    key.chmod(0o600)
    await fill(sqlite_url)


async def test_keys_of_the_settings_need_no_key_file(sqlite_url: str, key: Path) -> None:
    await fill(sqlite_url)
    key.unlink()
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=new_key()), catalog=ACCOUNTS):
        pass
    assert not key.exists()


async def test_a_database_without_sealed_rows_gets_its_key(sqlite_url: str, key: Path) -> None:
    await fill(sqlite_url, rows=0)
    key.unlink()
    await fill(sqlite_url)
    assert key.exists()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("v1.", id="no key id"),
        pytest.param("v1.k1.c2hvcnQ=", id="too short"),
        pytest.param("v1.public." + "_-" * 40, id="no base64"),
        pytest.param("v2" + sealed_text()[2:], id="another version"),
        pytest.param(f" {sealed_text()}", id="a space before it"),
        pytest.param(sealed_text().encode(), id="bytes"),
    ],
)
async def test_a_value_that_only_looks_sealed_is_none(sqlite_url: str, key: Path, text: object) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as raw, raw:
        raw.execute("CREATE TABLE notes (note ANY) STRICT")
        raw.execute("INSERT INTO notes VALUES (?)", (text,))
    await fill(sqlite_url, rows=0)
    assert key.exists()


@pytest.mark.parametrize("quoted", ['"a table"', '"sélect"', '"a""b"'])
async def test_a_sealed_value_is_found_wherever_an_application_keeps_it(
    sqlite_url: str, key: Path, quoted: str
) -> None:
    """The package does not know the application's models at this moment."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as raw, raw:
        raw.execute(f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, n INTEGER, {quoted} TEXT) STRICT")
        raw.executemany(f"INSERT INTO {quoted} (n, {quoted}) VALUES (?, ?)", [(1, None), (2, ""), (3, sealed_text())])
    with pytest.raises(SettingsError):
        await open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS)
    assert not key.exists()


async def test_a_sealed_value_that_is_in_the_log_only_is_found(sqlite_url: str, key: Path) -> None:
    """A process that was killed leaves what it wrote in the write-ahead log."""
    program = (
        "import os, sqlite3, sys; raw = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "raw.execute('PRAGMA journal_mode = WAL'); raw.execute('CREATE TABLE t (c TEXT) STRICT');"
        "raw.execute('INSERT INTO t VALUES (?)', (sys.argv[2],)); os._exit(0)"
    )
    path = sqlite_url.removeprefix("sqlite:///")
    subprocess.run([sys.executable, "-c", program, path, sealed_text()], check=True)
    with pytest.raises(SettingsError):
        await open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS)
    assert not key.exists()


async def test_a_database_that_cannot_be_read_gets_no_key(sqlite_url: str, key: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        raw.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseBusy):
            await open_database(Settings(database_url=sqlite_url, lock_timeout=0.1), catalog=ACCOUNTS)
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    with pytest.raises(ConnectionFailed):
        await open_database(Settings(database_url=f"sqlite:///{tmp_path}/x.db"), catalog=ACCOUNTS)
    assert not key.exists()
    assert not (tmp_path / "x.db.key").exists()


async def test_a_key_that_another_process_makes_meanwhile_is_used(
    sqlite_url: str, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was missing when this process looked; by now the other one has made it and sealed a row."""
    await fill(sqlite_url)
    looks = iter([key, None])
    monkeypatch.setattr("hangar_dal.database.opening.missing_key_file", lambda _: next(looks))
    db: Database = await open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS)
    await db.close()
