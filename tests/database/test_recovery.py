"""Idle connections die while the server is healthy: the next calls succeed, and wait for at most one of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.database.postgresql import driver as postgresql_driver
from hangar_dal.database.postgresql import engine as postgresql_engine
from hangar_dal.errors import ConnectionFailed, DatabaseClosed
from hangar_dal.settings import Settings
from tests.database.calls import IDS, READS, WRITES, Call, read, stream, transact
from tests.database.ledger import column, make_ledger
from tests.database.outside import PostgresOutside
from tests.database.pools import fill
from tests.database.proxy import Wire, wire_to
from tests.helpers.waiting import until

SIZE = 8
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=SIZE)


@pytest.fixture
async def through_wire(
    settings: Settings, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Wire, Database]]:
    """Eight connections over one wire, checked as soon as they have been idle for a moment."""
    monkeypatch.setattr(postgresql_engine, "GRACE_SECONDS", 3600)  # so that only the check's own limit ends it
    async with wire_to(settings.target) as (wire, url):
        hasty = Settings(
            database_url=url,
            sealing_keys=settings.sealing_keys,
            pool_size=SIZE,
            connect_timeout=4,
            connection_check_after=0.01,
        )
        async with open_database(hasty, catalog=ACCOUNTS) as db:
            yield wire, db


async def terminate(outside: PostgresOutside) -> None:
    """End every session, and return when the server has forgotten them."""
    await asyncio.to_thread(outside.query, f"SELECT pg_terminate_backend(pid) {OTHERS}")
    while await asyncio.to_thread(outside.query, f"SELECT pid {OTHERS}"):
        pass


EACH_CALL = pytest.mark.parametrize("call", [*READS, *WRITES])


@EACH_CALL
async def test_each_call_after_terminated_connections_succeeds(
    ledger: Database, outside: PostgresOutside, call: Call
) -> None:
    await fill(ledger, SIZE)
    await terminate(outside)
    for n in range(SIZE):
        await call(ledger, n)
    stats = ledger.pool_stats()["connections"]
    assert (stats.lost, stats.opened, stats.used, stats.idle) == (SIZE, SIZE + 1, 0, 1)
    assert await column(ledger, IDS) == [n for n in range(SIZE) if call in WRITES]


@EACH_CALL
async def test_concurrent_calls_after_terminated_connections_succeed(
    ledger: Database, outside: PostgresOutside, call: Call
) -> None:
    await fill(ledger, SIZE)
    await terminate(outside)
    await asyncio.gather(*(call(ledger, n) for n in range(SIZE)))
    stats = ledger.pool_stats()["connections"]
    assert (stats.lost, stats.used, stats.waiting) == (SIZE, 0, 0)
    assert stats.opened <= 2 * SIZE
    assert await column(ledger, IDS) == [n for n in range(SIZE) if call in WRITES]


@pytest.mark.parametrize("call", [read, transact, stream])
async def test_the_first_call_after_a_firewall_dropped_the_connections_waits_for_one_check(
    through_wire: tuple[Wire, Database], call: Call
) -> None:
    wire, db = through_wire
    await db.run(*make_ledger(db))
    await fill(db, SIZE)
    wire.swallow()
    await until(lambda: len(db._writers._stale) == SIZE)
    await call(db, 1)
    stats = db.pool_stats()["connections"]
    assert len(wire.asked) == 1
    assert (stats.lost, stats.opened, stats.used, stats.idle) == (SIZE, SIZE + 1, 0, 1)


async def test_concurrent_calls_after_a_firewall_dropped_the_connections_all_succeed(
    through_wire: tuple[Wire, Database],
) -> None:
    wire, db = through_wire
    await fill(db, SIZE)
    wire.swallow()
    await until(lambda: len(db._writers._stale) == SIZE)
    await asyncio.gather(*(read(db, n) for n in range(5 * SIZE)))
    stats = db.pool_stats()["connections"]
    assert len(wire.asked) <= SIZE  # no dead connection was lent
    assert (stats.lost, stats.used, stats.waiting) == (SIZE, 0, 0)


async def test_a_checked_connection_that_lives_is_used_again(through_wire: tuple[Wire, Database]) -> None:
    _, db = through_wire
    await fill(db, SIZE)
    await until(lambda: len(db._writers._stale) == SIZE)
    await asyncio.gather(*(read(db, n) for n in range(SIZE)))
    await until(lambda: not db.pool_stats()["connections"].used)  # the last ones may still be checked
    stats = db.pool_stats()["connections"]
    assert (stats.lost, stats.opened, stats.used, stats.idle) == (0, SIZE, 0, SIZE)


async def test_a_database_can_be_closed_while_a_connection_is_checked(through_wire: tuple[Wire, Database]) -> None:
    wire, db = through_wire
    await fill(db, SIZE)
    wire.swallow()
    await until(lambda: len(db._writers._stale) == SIZE)
    call = asyncio.create_task(read(db, 0))
    await until(lambda: len(wire.asked) == 1, call)
    async with asyncio.timeout(60):
        await db.close()
    with pytest.raises(DatabaseClosed):
        await call


async def test_a_server_that_accepts_and_says_nothing_fails_every_call_in_line(
    through_wire: tuple[Wire, Database], outside: PostgresOutside
) -> None:
    wire, db = through_wire
    await terminate(outside)
    wire.mute()
    failed = await asyncio.gather(*(read(db, n) for n in range(3 * SIZE)), return_exceptions=True)
    assert {type(error) for error in failed} == {ConnectionFailed}
    assert len(wire.asked) <= 2 * SIZE  # when nothing is left to wait for, one failure is reported to all
    stats = db.pool_stats()["connections"]
    assert (stats.used, stats.idle, stats.waiting) == (0, 0, 0)
    wire.unmute()
    await fill(db, SIZE)  # no place is taken by an opening that failed


async def test_calls_in_line_get_a_lent_connection_if_none_can_be_opened(
    through_wire: tuple[Wire, Database],
) -> None:
    wire, db = through_wire
    async with db.transaction():
        wire.mute()
        calls = [asyncio.create_task(read(db, n)) for n in range(3 * SIZE)]
        await until(lambda: sum(call.done() for call in calls) >= SIZE)
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(result) for result in results} == {type(None), ConnectionFailed}
    stats = db.pool_stats()["connections"]
    assert (stats.opened, stats.used, stats.idle, stats.waiting) == (1, 0, 1, 0)


async def test_a_call_that_gives_up_while_the_server_is_silent_is_not_told_that_the_pool_is_busy(
    settings: Settings,
) -> None:
    async with wire_to(settings.target) as (wire, url):
        impatient = Settings(
            database_url=url,
            sealing_keys=settings.sealing_keys,
            pool_size=2,
            acquire_timeout=0.2,
            connect_timeout=4,
        )
        async with open_database(impatient, catalog=ACCOUNTS) as db, db.transaction():
            wire.mute()
            with pytest.raises(ConnectionFailed, match="no connection could be opened"):
                await read(db, 0)


async def test_an_opening_that_began_before_a_call_does_not_fail_it(
    through_wire: tuple[Wire, Database], outside: PostgresOutside
) -> None:
    wire, db = through_wire
    await terminate(outside)
    wire.mute()
    early = [asyncio.create_task(read(db, n)) for n in range(SIZE)]
    await until(lambda: len(wire.asked) == SIZE)
    wire.unmute()
    late = [asyncio.create_task(read(db, n)) for n in range(SIZE)]
    assert await asyncio.gather(*late) == [None] * SIZE
    await asyncio.gather(*early, return_exceptions=True)


@pytest.mark.slow
async def test_an_opening_ends_wherever_the_server_falls_silent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_driver, "SETTLE_SECONDS", 0.2)
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(wire_to(settings.target)) for _ in range(8)]
        hasty = [Settings(database_url=url, sealing_keys=settings.sealing_keys, connect_timeout=4) for _, url in wires]
        for after, (wire, _) in enumerate(wires):
            wire.mute(after=after)
        await asyncio.gather(*(ends_in_time(open_and_close(each)) for each in hasty))
        for wire, _ in wires:
            wire.unmute()
        opened = [await stack.enter_async_context(open_database(each, catalog=ACCOUNTS)) for each in hasty]
        for after, (wire, _) in enumerate(wires):
            wire.mute(after=after)
        await terminate(PostgresOutside(settings.target))
        await asyncio.gather(*(ends_in_time(read(db, 0)) for db in opened))


async def open_and_close(settings: Settings) -> None:
    async with open_database(settings, catalog=ACCOUNTS):
        pass


async def ends_in_time(work: Awaitable[object]) -> None:
    with pytest.raises(ConnectionFailed, match="no answer in time"):
        async with asyncio.timeout(120):
            await work


async def test_a_transaction_whose_connection_dies_under_begin_begins_on_another(
    through_wire: tuple[Wire, Database],
) -> None:
    wire, db = through_wire
    await db.run(*make_ledger(db))
    await fill(db, SIZE)
    wire.cut_after(0)
    await transact(db, 1)
    assert await column(db, IDS) == [1]
    assert db.pool_stats()["connections"].lost == SIZE
