"""A listener gets every notification that is committed, or a gap where some may be missing."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator

import pytest

from hangar_dal import sealing
from hangar_dal.database import Database, Executor, Gap, Notification, Notifications, Statement, open_database
from hangar_dal.database.postgresql import listening
from hangar_dal.errors import (
    ConnectionFailed,
    DatabaseClosed,
    InvalidValue,
    ListenNotSupported,
    WrongEventLoop,
)
from hangar_dal.settings import Settings
from tests.database.outside import PostgresOutside
from tests.database.proxy import Wire, wire_to
from tests.helpers import pgbouncer
from tests.helpers.waiting import until

LISTENING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
CHILD = """
import asyncio, os, sys
from hangar_dal import open_database
from hangar_dal.errors import ForkedDatabase
from hangar_dal.settings import Settings

async def main():
    async with open_database(Settings(database_url=sys.argv[1])) as db, db.listen("orders") as notifications:
        child = os.fork()
        if not child:
            try:
                await anext(notifications)
            except ForkedDatabase:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        async with open_database(Settings(database_url=sys.argv[1])) as other:
            from hangar_dal.database import Statement
            await other.run(Statement("", "NOTIFY orders, 'still there'", writes=True), ())
        assert (await anext(notifications)).payload == "still there"

asyncio.run(main())
"""


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), connect_timeout=4)


@pytest.fixture
async def database(settings: Settings, anyio_backend: str) -> AsyncIterator[Database]:
    async with open_database(settings) as db:
        yield db


@pytest.fixture
async def through_wire(settings: Settings, anyio_backend: str) -> AsyncIterator[tuple[Wire, Database]]:
    async with (
        wire_to(settings.target) as (wire, url),
        open_database(Settings(database_url=url, connect_timeout=4)) as db,
    ):
        yield wire, db


async def notify(db: Executor, channel: str, payload: str) -> None:
    await db.run(Statement("", "SELECT pg_notify($1, $2)", writes=True), (channel, payload))


async def received(notifications: Notifications, count: int) -> list[Notification | Gap]:
    async with asyncio.timeout(60):
        return [await anext(notifications) for _ in range(count)]


async def test_what_is_committed_inside_the_block_arrives_in_order(database: Database) -> None:
    await notify(database, "orders", "before")
    async with database.listen("orders") as notifications:
        async with database.transaction() as tx:
            await notify(tx, "orders", "1")
            await notify(tx, "others", "x")
            await notify(database, "orders", "2")
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as tx:
                await notify(tx, "orders", "rolled back")
                raise ZeroDivisionError
        await notify(database, "orders", "")
        assert await received(notifications, 3) == [Notification("2"), Notification("1"), Notification("")]


@pytest.mark.parametrize("channel", ["Orders", 'a "quoted" one', "sélection", "x" * 63])
async def test_a_channel_has_the_name_that_pg_notify_takes(database: Database, channel: str) -> None:
    async with database.listen(channel) as notifications:
        await notify(database, channel, "ü")
        assert await received(notifications, 1) == [Notification("ü")]


@pytest.mark.parametrize("channel", ["", "a\0b", "x" * 64, "ü" * 32])
async def test_a_name_that_postgresql_would_change_is_refused(database: Database, channel: str) -> None:
    with pytest.raises(InvalidValue):
        async with database.listen(channel):
            pass


async def test_a_lost_connection_is_opened_again_with_a_gap(database: Database, outside: PostgresOutside) -> None:
    async with database.listen("orders") as notifications:
        await notify(database, "orders", "unread")
        assert await received(notifications, 1) == [Notification("unread")]
        for n in range(2):
            await asyncio.to_thread(outside.query, f"SELECT pg_terminate_backend(pid) FROM ({LISTENING}) AS found")
            assert await received(notifications, 1) == [Gap()]
            await notify(database, "orders", str(n))
            assert await received(notifications, 1) == [Notification(str(n))]


async def test_a_reader_that_is_slower_than_the_notifications_gets_a_gap(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "KEPT", 5)
    async with database.listen("orders") as notifications:
        for n in range(8):
            await notify(database, "orders", str(n))
        await notify(database, "orders", "last")
        arrived = notifications._arrived
        await until(lambda: bool(arrived) and arrived[-1] == Notification("last"))
        found = [await anext(notifications) for _ in range(len(arrived))]
    assert found == [Gap(), *(Notification(payload) for payload in ("6", "7", "last"))]


async def test_a_connection_that_dies_without_a_word_is_noticed(
    through_wire: tuple[Wire, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "CHECK_SECONDS", 0.05)
    wire, database = through_wire
    async with database.listen("orders") as notifications:
        wire.swallow()
        assert await received(notifications, 1) == [Gap()]


async def test_a_server_that_is_away_is_an_error_and_then_a_gap(through_wire: tuple[Wire, Database]) -> None:
    wire, database = through_wire
    async with database.listen("orders") as notifications:
        wire.mute()
        wire.hang_up(b"")
        for _ in range(2):
            with pytest.raises(ConnectionFailed):
                await received(notifications, 1)
        wire.unmute()
        assert await received(notifications, 1) == [Gap()]
        await notify(database, "orders", "back")
        assert await received(notifications, 1) == [Notification("back")]


async def test_a_waiting_task_can_be_cancelled_and_go_on(database: Database) -> None:
    async with database.listen("orders") as notifications:
        for n in range(20):
            waiting = asyncio.ensure_future(anext(notifications))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await notify(database, "orders", str(n))
            assert await received(notifications, 1) == [Notification(str(n))]


async def test_nothing_is_left_on_the_server_when_the_block_ends(database: Database, outside: PostgresOutside) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.listen("orders"):
            assert len(await asyncio.to_thread(outside.query, LISTENING)) == 1
            assert database.pool_stats()["connections"].used == 0  # its connection is one of its own
            raise ZeroDivisionError
    async with asyncio.timeout(60):
        while await asyncio.to_thread(outside.query, LISTENING):
            pass


async def test_closing_the_database_ends_the_wait(settings: Settings, outside: PostgresOutside) -> None:
    db = await open_database(settings)
    async with db.listen("orders") as notifications:
        waiting = asyncio.ensure_future(anext(notifications))
        await asyncio.sleep(0)
        await db.close()
        for wait in (waiting, anext(notifications)):
            with pytest.raises(DatabaseClosed):
                await wait
        with pytest.raises(DatabaseClosed):
            async with db.listen("orders"):
                pass
    async with asyncio.timeout(60):
        while await asyncio.to_thread(outside.query, LISTENING):
            pass


async def test_closing_the_database_ends_a_listener_that_is_being_opened(through_wire: tuple[Wire, Database]) -> None:
    wire, database = through_wire
    wire.mute()

    async def listen() -> None:
        async with database.listen("orders"):
            pass

    opening = asyncio.ensure_future(listen())
    await asyncio.sleep(0)
    wire.unmute()
    await database.close()
    with pytest.raises((DatabaseClosed, ConnectionFailed)):
        await opening


async def test_another_thread_is_refused(database: Database) -> None:
    errors: list[BaseException] = []

    def use() -> None:
        try:
            asyncio.run(enter(database))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert [type(error) for error in errors] == [WrongEventLoop]


async def enter(db: Database) -> None:
    async with db.listen("orders"):
        pass


def test_a_forked_child_is_refused_and_the_parent_goes_on(postgres_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, postgres_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


async def test_sqlite_cannot_listen(sqlite_url: str) -> None:
    async with open_database(Settings(database_url=sqlite_url)) as db:
        with pytest.raises(ListenNotSupported, match="SQLite has no LISTEN"):
            async with db.listen("orders"):
                pass


@pytest.mark.parametrize("mode", pgbouncer.MODES if pgbouncer.program() else [])
async def test_a_pooler_is_refused(request: pytest.FixtureRequest, settings: Settings, mode: str) -> None:
    pooled = pgbouncer.pooled_url(request, mode, settings.url.get_secret_value())
    async with open_database(Settings(database_url=pooled)) as db:
        with pytest.raises(ListenNotSupported, match="connection pooler"):
            await enter(db)
