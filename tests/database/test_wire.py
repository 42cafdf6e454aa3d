"""The network freezes or is cut: nothing is half applied, nobody waits for ever, and all recovers."""

import asyncio

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.database.postgresql import driver as postgresql_driver
from hangar_dal.database.postgresql import engine as postgresql_engine
from hangar_dal.errors import CommitUnknown, ConnectionFailed, DatabaseError, HangarError
from hangar_dal.settings import Settings
from tests.database.ledger import column, endless, endless_write, make_ledger, run, sql
from tests.database.outside import outside_of
from tests.database.proxy import wire_to
from tests.database.storm import UNKNOWN

RUNNING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'INSERT%'"
)


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=postgres_url, sealing_keys=sealing.new_key())


async def test_a_frozen_network_does_not_hold_a_cancelled_caller(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_driver, "SETTLE_SECONDS", 0.2)
    async with wire_to(settings.target) as (wire, url):
        through = Settings(database_url=url, sealing_keys=settings.sealing_keys)
        async with open_database(through, catalog=ACCOUNTS) as db:
            reading = asyncio.create_task(db.run(*endless(db)))
            await asyncio.sleep(0.1)
            wire.freeze()
            reading.cancel()
            # psycopg alone waits five seconds for its request to stop, and five more for the statement to end.
            done, _ = await asyncio.wait({reading}, timeout=9)
            wire.thaw()
            assert done
            assert reading.cancelled()
            assert await column(db, "SELECT 1") == [1]


async def test_ping_gives_up_on_a_frozen_network(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_driver, "SETTLE_SECONDS", 0.2)
    async with wire_to(settings.target) as (wire, url):
        through = Settings(database_url=url, sealing_keys=settings.sealing_keys)
        async with open_database(through, catalog=ACCOUNTS) as db:
            wire.freeze()
            with pytest.raises(ConnectionFailed, match=r"no answer within 0\.1 seconds"):
                await asyncio.wait_for(db.ping(timeout=0.1), 300)
            wire.thaw()
            await db.ping(timeout=300)


@pytest.mark.parametrize(
    "severity",
    [b"SFATAL\0VFATAL\0", b"SFATAL\0", b"SERROR\0VERROR\0"],
    ids=["fatal", "fatal, as old ones say", "error"],
)
async def test_what_a_pooler_says_before_it_hangs_up_is_a_lost_connection(settings: Settings, severity: bytes) -> None:
    """PgBouncer gives a client whose server is gone the state of a protocol violation, as for too few parameters."""
    fields = severity + b"C08P01\0Mserver conn crashed?\0\0"
    async with wire_to(settings.target) as (wire, url):
        through = Settings(database_url=url, sealing_keys=settings.sealing_keys, pool_size=1)
        async with open_database(through) as db:
            with pytest.raises(ConnectionFailed):
                async with db.transaction() as tx:
                    await tx.run(*sql(db, "SELECT 1"))
                    wire.hang_up(b"E" + (len(fields) + 4).to_bytes(4) + fields)
                    await tx.run(*sql(db, "SELECT 1"))


async def test_a_write_that_is_cancelled_on_a_frozen_network_is_in_doubt_and_ends_on_the_server(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_driver, "SETTLE_SECONDS", 0.2)
    outside = outside_of(settings.target)
    async with open_database(settings, catalog=ACCOUNTS) as direct, wire_to(settings.target) as (wire, url):
        await direct.run(*make_ledger(direct))
        async with open_database(
            Settings(database_url=url, sealing_keys=settings.sealing_keys), catalog=ACCOUNTS
        ) as db:
            writing = asyncio.create_task(db.run(*endless_write(db)))
            while not outside.query(RUNNING):  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(0.01)
            wire.freeze()
            writing.cancel()
            done, _ = await asyncio.wait({writing}, timeout=9)
            wire.thaw()
            assert done
            with pytest.raises(asyncio.CancelledError) as caught:
                writing.result()
            assert caught.value.__notes__ == [UNKNOWN]
            assert await asyncio.to_thread(outside.transactions_left_open) == 0
            assert await column(db, "SELECT id FROM ledger") == []


async def test_a_frozen_network_does_not_hold_a_statement_past_its_timeout(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_engine, "GRACE_SECONDS", 1)
    async with wire_to(settings.target) as (wire, url):
        hasty = Settings(database_url=url, sealing_keys=settings.sealing_keys, statement_timeout=2)
        async with open_database(hasty, catalog=ACCOUNTS) as db:
            await column(db, "SELECT 1")
            wire.freeze()
            with pytest.raises(ConnectionFailed):
                await asyncio.wait_for(column(db, "SELECT 1"), timeout=30)
            wire.thaw()
            assert await column(db, "SELECT 1") == [1]


@pytest.mark.slow
async def test_a_wire_cut_at_any_byte_leaves_everything_or_nothing(settings: Settings) -> None:
    async with open_database(settings, catalog=ACCOUNTS) as direct:
        await direct.run(*make_ledger(direct))
        async with wire_to(settings.target) as (wire, url):
            seen = {"committed": 0, "unknown": 0, "not applied": 0}
            async with open_database(
                Settings(database_url=url, sealing_keys=settings.sealing_keys, pool_size=1), catalog=ACCOUNTS
            ) as db:
                for cut in range(1, 600):
                    await column(db, "SELECT 1")  # the connection is there, and the cut hits the transaction
                    wire.cut_after(cut)
                    outcome = await two_rows(db, cut)
                    found = await column(direct, "SELECT id FROM ledger WHERE amount = :cut", cut=cut)
                    expected = {"committed": {2}, "unknown": {0, 2}, "not applied": {0}}[outcome]
                    assert len(found) in expected, f"cut after {cut} bytes: {outcome}"
                    seen[outcome] += 1
                    if wire.bytes_left:  # all was said before the cut
                        break
                    await recovered(db)
    assert all(seen.values()), seen


async def two_rows(db: Database, cut: int) -> str:
    try:
        async with db.transaction() as tx:
            for half in range(2):
                await run(tx, "INSERT INTO ledger (id, amount) VALUES (:id, :cut)", id=2 * cut + half, cut=cut)
    except CommitUnknown:
        return "unknown"
    except DatabaseError:
        return "not applied"
    return "committed"


async def recovered(db: Database) -> None:
    while True:
        try:
            await column(db, "SELECT 1")
            return
        except HangarError:
            await asyncio.sleep(0.001)
