"""Worker processes are killed while they work: no message is lost, and each repeat can be recognised."""

import asyncio
import random
from pathlib import Path
from typing import Final

import pytest

from hangar_dal import Database, outbox
from hangar_dal.settings import Settings
from tests.helpers.domain_fixtures import Sql
from tests.helpers.killed_processes import check_deliveries, killed_at_random, lines_of, numbers_until, until_none
from tests.helpers.waiting import beside

KEYS = 7
LEFT = "SELECT id FROM outbox WHERE status <> 'DONE'"
RUNS = [
    pytest.param(2, 3, id="short"),
    pytest.param(8, 300, id="long", marks=pytest.mark.long),
]
WORK: Final = """
import asyncio, random, sys
from datetime import timedelta
from hangar_dal import OUTBOX, open_database, outbox
from hangar_dal.errors import MessageLeaseLost
from hangar_dal.settings import Settings
from tests.helpers.killed_processes import tell

async def main():
    settings = Settings(
        database_url=sys.argv[1], pool_size=2, sqlite_readers=1, lock_timeout=300, acquire_timeout=300
    )
    lease, poll = timedelta(seconds=2), timedelta(milliseconds=20)
    async with open_database(settings, catalog=OUTBOX) as db:
        async for batch in outbox.work(db, "mail", batch_size=5, lease=lease, poll=poll):
            for message in batch:
                if db.now() > message.lease_ends_at:
                    continue
                tell(message.ordering_key, message.dedup_key, message.attempts)
                try:
                    if message.attempts == 1 and message.dedup_key.endswith("5"):
                        soon = timedelta(milliseconds=1)
                        await outbox.fail(db, message, "again", retry_after=soon, max_attempts=1000)
                    else:
                        await outbox.done(db, message)
                except MessageLeaseLost:
                    pass

asyncio.run(main())
"""


@pytest.fixture
def clock() -> None:
    """The time of the workers: their leases end by themselves."""
    return


async def write(db: Database, sql: Sql, seed: int, stop: asyncio.Event) -> set[str]:
    """Write messages in transactions, of which every tenth is rolled back; returns the keys of the others."""
    numbers = random.Random(seed)
    kept = set()
    async for n in numbers_until(stop, lambda: sql(LEFT)):
        key = str(numbers.randrange(KEYS)) if numbers.random() < 0.5 else None
        try:
            async with db.transaction() as tx:
                await outbox.put(tx, "mail", {}, ordering_key=key, dedup_key=f"{n:06}")
                if n % 10 == 9:
                    raise ZeroDivisionError
                kept.add(f"{n:06}")
        except ZeroDivisionError:
            pass
    return kept


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kills"), RUNS)
async def test_killed_workers_lose_no_message_and_keep_the_order(
    database: Database, settings: Settings, sql: Sql, tmp_path: Path, seed: int, workers: int, kills: int
) -> None:
    log, url, stop = tmp_path / "log", settings.url.get_secret_value(), asyncio.Event()
    async with (
        beside(write(database, sql, seed, stop)) as writing,
        killed_at_random(WORK, url, printed=log, processes=workers, kills=kills, lines=20, seed=seed) as running,
    ):
        stop.set()
        written = await writing
        await until_none(lambda: sql(LEFT), running, log)
    deliveries = lines_of(log)
    repeats = check_deliveries(deliveries, written)
    assert repeats > 0
    print(f"{len(written)} messages, {kills} kills, {len(deliveries)} deliveries, {repeats} repeats")
