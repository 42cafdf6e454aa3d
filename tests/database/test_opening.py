"""What opening refuses, what it leaves behind when it does, and what closing leaves."""

import asyncio
import gc
import logging
import re
import sqlite3
import stat
import threading
import warnings
import weakref
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, Statement, open_database
from hangar_dal.database.postgresql import engine as postgresql_engine
from hangar_dal.database.sqlite import engine as sqlite_engine
from hangar_dal.errors import (
    ConnectionFailed,
    InvalidValue,
    ReadOnlyTransaction,
    SchemaOutOfDate,
    UnsupportedVersion,
)
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run
from tests.database.outside import Outside
from tests.helpers.clock import Clock


async def test_it_can_be_entered_or_awaited(settings: Settings, outside: Outside) -> None:
    async with open_database(settings, catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT 1") == [1]
    db = await open_database(settings, catalog=ACCOUNTS)
    assert await column(db, "SELECT 1") == [1]
    await db.close()
    assert outside.transactions_left_open() == 0


def test_a_url_or_a_catalog_in_place_of_settings_is_refused_and_not_repeated(database_url: str) -> None:
    fix = re.escape("write open_database(Settings(database_url=...), catalog=...)")
    for given in (database_url, ACCOUNTS):
        with pytest.raises(TypeError, match=f"takes Settings, not {type(given).__name__}; {fix}") as caught:
            open_database(given)  # type: ignore[arg-type]  # the wrong type is the point
        assert database_url not in str(caught.value)


async def test_time_is_the_clocks_in_utc(settings: Settings, clock: Clock) -> None:
    async with open_database(settings, clock=clock, catalog=ACCOUNTS) as db, db.transaction() as tx:
        assert db.now() == tx.now() == clock()
    async with open_database(settings, catalog=ACCOUNTS) as db:
        assert abs((datetime.now(UTC) - db.now()).total_seconds()) < 3600
    async with open_database(settings, clock=datetime.now, catalog=ACCOUNTS) as db:
        with pytest.raises(InvalidValue, match="clock"):
            db.now()


async def test_an_unmigrated_database_is_refused_unless_told_otherwise(empty_database_url: str) -> None:
    settings = Settings(database_url=empty_database_url, sealing_keys=sealing.new_key())
    with pytest.raises(SchemaOutOfDate, match="`hangar-dal migrations apply`") as caught:
        await open_database(settings, catalog=ACCOUNTS)
    assert "0001_users" in caught.value.pending
    async with open_database(settings, check_schema=False, catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT 1") == [1]


async def test_opening_makes_one_connection(settings: Settings) -> None:
    """The check of the migrations uses it, too."""
    async with open_database(settings, catalog=ACCOUNTS) as db:
        assert sum(stats.opened for stats in db.pool_stats().values()) == 1
        assert await column(db, "SELECT count(*) FROM users") == [0]


async def test_a_refused_opening_leaves_nothing_open(empty_database_url: str) -> None:
    settings = Settings(database_url=empty_database_url, sealing_keys=sealing.new_key())
    before = set(threading.enumerate()), len(asyncio.all_tasks())
    for _ in range(3):
        with pytest.raises(SchemaOutOfDate):
            await open_database(settings, catalog=ACCOUNTS)
    assert {thread for thread in threading.enumerate() if not thread.daemon} <= before[0]
    assert len(asyncio.all_tasks()) == before[1]


async def test_a_cancelled_opening_leaves_nothing_open(settings: Settings) -> None:
    """Wherever it is cancelled."""
    before = set(threading.enumerate()), len(asyncio.all_tasks())

    async def open_it() -> Database:
        return await open_database(settings, catalog=ACCOUNTS)

    for steps in range(12):
        opening = asyncio.create_task(open_it())
        for _ in range(steps):
            await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert {thread for thread in threading.enumerate() if not thread.daemon} <= before[0], steps
        assert len(asyncio.all_tasks()) == before[1], steps


async def test_closing_ends_every_thread_and_task(settings: Settings) -> None:
    before = set(threading.enumerate()), len(asyncio.all_tasks())
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await asyncio.gather(*(run(db, "SELECT 1") for _ in range(20)))
    assert {thread for thread in threading.enumerate() if not thread.daemon} <= before[0]
    assert len(asyncio.all_tasks()) == before[1]


async def test_a_sqlite_library_that_is_too_old_is_refused(sqlite_url: str) -> None:
    settings = Settings(database_url=sqlite_url)
    with pytest.raises(UnsupportedVersion, match=rf"{re.escape(sqlite3.sqlite_version)}.*99\.0\.0"):
        await sqlite_engine.open_engine(settings, settings.target, minimum=(99, 0, 0))


async def test_a_postgresql_server_that_is_too_old_is_refused(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url)
    with pytest.raises(UnsupportedVersion, match=r"PostgreSQL \d\d .*99 or newer"):
        await postgresql_engine.open_engine(settings, settings.target, minimum=99)


async def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    password = token_hex()
    settings = Settings(
        database_url=f"postgresql://ada:{password}@/shop?host={tmp_path}", sealing_keys=sealing.new_key()
    )
    with pytest.raises(ConnectionFailed, match="the socket of the server does not exist") as caught:
        await open_database(settings, catalog=ACCOUNTS)
    assert password not in str(caught.value)


async def test_a_postgresql_database_that_does_not_exist_is_told_by_name(postgres_url: str) -> None:
    url = re.sub(r"hangar_\w+", "hangar_nowhere", postgres_url)
    with pytest.raises(ConnectionFailed, match=r"hangar_nowhere.*does not exist"):
        await open_database(Settings(database_url=url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS)


async def test_a_sqlite_file_in_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailed, match="folder"):
        await open_database(
            Settings(database_url=f"sqlite:///{tmp_path}/none/x.db", sealing_keys=sealing.new_key()), catalog=ACCOUNTS
        )


async def test_a_missing_sqlite_file_is_refused_and_stays_missing(tmp_path: Path) -> None:
    with pytest.raises(SchemaOutOfDate, match="`hangar-dal migrations apply`"):
        await open_database(Settings(database_url=f"sqlite:///{tmp_path}/misspelt.db"), catalog=ACCOUNTS)
    assert not list(tmp_path.glob("misspelt*"))  # noqa: ASYNC240


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database " * 1000)
    with pytest.raises(ConnectionFailed, match="not a SQLite database"):
        await open_database(
            Settings(database_url=f"sqlite:///{tmp_path}/x.db", sealing_keys=sealing.new_key()), catalog=ACCOUNTS
        )


async def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    async with open_database(Settings(database_url=f"sqlite:///{path}"), check_schema=False, catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("new.db*")}  # noqa: ASYNC240
    assert modes.keys() >= {"new.db", "new.db-wal", "new.db-shm"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    ("pragma", "value"), [("foreign_keys", 1), ("synchronous", 2), ("secure_delete", 1), ("journal_mode", "wal")]
)
@pytest.mark.parametrize("read_only", [False, True])
async def test_each_sqlite_connection_is_set_up(
    sqlite_url: str, pragma: str, value: object, *, read_only: bool
) -> None:
    async with (
        open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS) as db,
        db.transaction(read_only=read_only) as tx,
    ):
        assert await column(tx, f"SELECT {pragma} FROM pragma_{pragma}") == [value]
        assert await column(tx, "SELECT query_only FROM pragma_query_only") == [int(read_only)]


async def test_each_postgresql_session_is_set_up(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), lock_timeout=1.5)
    expected = {
        "TimeZone": "UTC",
        "statement_timeout": "30s",
        "lock_timeout": "1500ms",
        "idle_in_transaction_session_timeout": "1min",
        "client_connection_check_interval": "1s",
    }
    async with open_database(settings, catalog=ACCOUNTS) as db:
        for name, value in expected.items():
            assert await column(db, f"SELECT current_setting('{name}')") == [value]
        assert await column(db, "SELECT '{\"b\": [1.5, null]}'::jsonb") == [b'{"b": [1.5, null]}']  # Pydantic parses it
        [instant] = await column(db, "SELECT now()")
        assert instant.tzinfo is UTC


async def test_what_a_failed_transaction_set_does_not_reach_the_next_task(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=1)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        with pytest.raises(LookupError):
            async with db.transaction() as tx:
                await run(tx, "SELECT pg_advisory_lock(1)")
                raise LookupError
        ours = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        assert await column(db, f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {ours}") == [0]
        assert await column(db, "SELECT current_setting('TimeZone')") == ["UTC"]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("SET ROLE pg_read_all_data", "CURRENT_USER::text"),
        ("SET application_name = 'other'", "current_setting('application_name')"),
        ("SET lock_timeout = 1", "current_setting('lock_timeout')"),
    ],
)
async def test_a_failed_transaction_brings_the_session_back_to_its_settings(
    postgres_url: str, change: str, state: str
) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=1)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        before = await column(db, f"SELECT {state}")
        await run(db, change)
        assert await column(db, f"SELECT {state}") != before
        with pytest.raises(LookupError):
            async with db.transaction() as tx:
                await column(tx, "SELECT 1")
                raise LookupError
        assert await column(db, f"SELECT {state}") == before


async def test_a_memory_database_migrates_itself_and_is_one_connection() -> None:
    async with open_database(Settings(database_url="sqlite:///:memory:"), catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT count(*) FROM users") == [0]
        await db.run(*make_ledger(db))
        await run(db, "INSERT INTO ledger (id, amount) VALUES (1, 1)")
        async with db.transaction(read_only=True) as tx:
            assert await column(tx, "SELECT id FROM ledger") == [1]
        sneaky = Statement("sneaky", "INSERT INTO ledger (id, amount) VALUES (2, 1)", writes=False)
        with pytest.raises(ReadOnlyTransaction):
            async with db.transaction(read_only=True) as tx:
                await tx.run(sneaky, ())
        async with db.transaction(read_only=True):
            pass
        await db.run(sneaky, ())
        assert await column(db, "SELECT id FROM ledger") == [1, 2]


async def test_drivers_log_no_parameters(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    await database.run(*make_ledger(database))
    caplog.set_level(logging.DEBUG)
    await run(database, "INSERT INTO ledger (id, amount, note) VALUES (1, 1, :note)", note="a secret note")
    assert "a secret note" not in caplog.text


async def test_an_abandoned_database_object_warns_and_frees_its_file(sqlite_url: str) -> None:
    db = await open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS)
    await db.close()
    abandoned = weakref.ref(db)
    del db
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()
    assert abandoned() is None
