"""The storm bites: blown at the usual way to use the drivers, it does damage. Otherwise it would prove nothing."""

import asyncio
import gc
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator

import aiosqlite
import pytest
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from hangar_dal.settings import parse_url
from tests.database.storm import Storm

pytestmark = pytest.mark.slow
TRIES = 20
CONNECTIONS = 4
TABLE = "CREATE TABLE ledger (id bigint PRIMARY KEY, amount bigint NOT NULL)"


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    """Objects that the damaged drivers leave must not cause warnings in another test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def first_damage(blow: Callable[[int], Awaitable[list[str]]], seed: int) -> list[str]:
    """What the first storm that did damage has broken."""
    for attempt in range(TRIES):
        if damage := await blow(seed + attempt):
            return damage
    return []


async def test_the_usual_pattern_over_aiosqlite_breaks(sqlite_url: str, seed: int) -> None:
    async def blow(seed: int) -> list[str]:
        async with aiosqlite.connect(parse_url(sqlite_url).path, isolation_level=None) as connection:
            await connection.execute("DROP TABLE IF EXISTS ledger")
            await connection.execute(TABLE)
            lock = asyncio.Lock()

            async def request(batch: int) -> None:
                async with lock:
                    try:
                        await connection.execute("BEGIN IMMEDIATE")
                        for half in range(2):
                            await connection.execute("INSERT INTO ledger VALUES (?, ?)", (2 * batch + half, batch))
                        await connection.commit()
                    except BaseException:
                        if connection.in_transaction:
                            await connection.rollback()
                        raise

            storm = Storm(seed=seed, writes=[request], reads=[request], cancellations=1000)
            await storm.rage()
            storm.compare(await connection.execute_fetchall("SELECT amount, id FROM ledger"))
            return storm.damage

    assert await first_damage(blow, seed)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="asyncio.wait_for loses a cancellation on Python 3.11 only")
async def test_the_usual_pattern_over_psycopg_pool_breaks(postgres_url: str, seed: int) -> None:
    async def blow(seed: int) -> list[str]:
        async with AsyncConnectionPool(
            parse_url(postgres_url, allow_insecure=True).conninfo,
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            open=False,
        ) as pool:
            async with pool.connection() as connection:
                await connection.execute("DROP TABLE IF EXISTS ledger")
                await connection.execute(TABLE.encode())

            async def request(batch: int) -> None:
                async with pool.connection() as connection:
                    for half in range(2):
                        await connection.execute("INSERT INTO ledger VALUES (%s, %s)", (2 * batch + half, batch))

            storm = Storm(seed=seed, writes=[request], reads=[request], cancellations=4000, at_once=24)
            await storm.rage()
            return storm.damage + [f"slots lost: {lost}" for lost in [await slots_lost(pool)] if lost]

    assert await first_damage(blow, seed)


async def slots_lost(pool: AsyncConnectionPool) -> int:
    connections = []
    for _ in range(CONNECTIONS):
        try:
            connections.append(await pool.getconn(timeout=2))
        except PoolTimeout:
            break
    for connection in connections:
        await pool.putconn(connection)
    return CONNECTIONS - len(connections)
