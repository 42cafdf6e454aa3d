"""Worker processes are killed while they work: each event has its effect once, and in the order of its object."""

import asyncio
from pathlib import Path
from random import Random
from typing import Final

import pytest

from hangar_dal import Database, Settings
from tests.domains.webhook_events.receiving import receive
from tests.helpers.domain_fixtures import Sql
from tests.helpers.killed_processes import check_deliveries, killed_at_random, lines_of, numbers_until, until_none
from tests.helpers.waiting import beside

OBJECTS: Final = 7
LEFT: Final = "SELECT id FROM webhook_events WHERE status <> 'PROCESSED'"
WORK: Final = """
import asyncio, sys
from datetime import timedelta
from hangar_dal import COMMERCE, Settings, open_database, sealing, webhook_events
from hangar_dal.errors import MessageLeaseLost
from tests.helpers.domain_fixtures import sql_on
from tests.domains.webhook_events.test_killed_workers import EFFECT
from tests.helpers.killed_processes import tell

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300, acquire_timeout=300)
    lease, poll = timedelta(seconds=2), timedelta(milliseconds=20)
    async with open_database(settings, catalog=COMMERCE) as db:
        async for batch in webhook_events.work(db, "stripe", batch_size=5, lease=lease, poll=poll):
            for event in batch:
                if db.now() > event.lease_ends_at:
                    continue
                tell(event.object_key, event.event_id, event.attempts)
                try:
                    if event.attempts == 1 and event.event_id.endswith("5"):
                        soon = timedelta(milliseconds=1)
                        await webhook_events.fail(db, event, "again", retry_after=soon, max_attempts=1000)
                        continue
                    async with db.transaction() as tx:
                        await sql_on(tx)(EFFECT.format(event.object_key, event.event_id))
                        await webhook_events.done(tx, event)
                except MessageLeaseLost:
                    pass

asyncio.run(main())
"""
TABLE: Final = "CREATE TABLE effects (object_key text, event_id text, place integer)"
EFFECT: Final = """
INSERT INTO effects (object_key, event_id, place)
SELECT '{0}', '{1}', count(*) FROM effects WHERE object_key = '{0}'
"""


@pytest.fixture
def clock() -> None:
    """The time of the workers: their leases end by themselves."""
    return


async def send(db: Database, sql: Sql, seed: int, stop: asyncio.Event) -> set[str]:
    """Send events as a provider does, some of them twice; returns their ids."""
    random, sent = Random(seed), list[tuple[str, str | None]]()
    async for n in numbers_until(stop, lambda: sql(LEFT)):
        sent.append((f"{n:06}", str(random.randrange(OBJECTS)) if random.random() < 0.5 else None))
        for event_id, key in [sent[-1], *random.choices(sent, k=random.random() < 0.1)]:
            await receive(db, {}, event_id=event_id, object_key=key)
    return {event_id for event_id, _ in sent}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "kills"),
    [pytest.param(2, 3, id="short"), pytest.param(8, 300, id="long", marks=pytest.mark.long)],
)
async def test_killed_workers_process_each_event_once_and_in_order(
    database: Database, settings: Settings, sql: Sql, tmp_path: Path, seed: int, workers: int, kills: int
) -> None:
    printed, url, stop = tmp_path / "printed", settings.url.get_secret_value(), asyncio.Event()
    await sql(TABLE)
    async with (
        beside(send(database, sql, seed, stop)) as sending,
        killed_at_random(WORK, url, printed=printed, processes=workers, kills=kills, lines=20, seed=seed) as running,
    ):
        stop.set()
        sent = await sending
        await until_none(lambda: sql(LEFT), running, printed)
    deliveries = lines_of(printed)
    repeats = check_deliveries(deliveries, sent)
    assert repeats > 0
    effects = await sql("SELECT object_key, event_id FROM effects ORDER BY object_key, place, event_id")
    assert sorted(str(event_id) for _, event_id in effects) == sorted(sent)
    of_objects = [each for each in effects if each[0] != "None"]
    assert of_objects == sorted(of_objects)
    print(f"{len(sent)} events, {kills} kills, {len(deliveries)} deliveries, {repeats} repeats, {len(effects)} effects")
