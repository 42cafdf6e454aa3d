"""Events are stored once, claimed for a lease, tried again with pauses, given up, and purged."""

import asyncio
from datetime import timedelta
from typing import Final

import pytest

from hangar_dal import COMMERCE, Catalog, Database, Settings, builders, webhook_events
from hangar_dal.errors import MessageLeaseLost, NotFound, TransactionError, UniqueViolation
from hangar_dal.webhook_events import ClaimedEvent, EventStatus
from tests.domains.webhook_events.receiving import receive
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together

TASKS, PROCESSES = 64, 8
RECEIVE: Final = """
import asyncio, sys
from hangar_dal import COMMERCE, Settings, builders, open_database, sealing, webhook_events

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    async with open_database(settings, catalog=COMMERCE) as db:
        wait_for_others()
        for number in range(20):
            await webhook_events.receive(db, builders.webhook_event(event_id=f"evt_{number}"))
        while events := await webhook_events.claim(db, "stripe", batch_size=3):
            for event in events:
                await webhook_events.done(db, event)
                print(event.event_id)

asyncio.run(main())
"""


async def one(db: Database) -> ClaimedEvent:
    [event] = await webhook_events.claim(db, "stripe")
    return event


async def test_an_event_is_stored_once(database: Database) -> None:
    new = builders.webhook_event(payload={"note": "größer"}, object_key="pi_1")
    event = await webhook_events.receive(database, new)
    assert (event.status, event.attempts, event.payload) == (EventStatus.RECEIVED, 0, {"note": "größer"})
    again = builders.webhook_event(event_id=event.event_id, payload={"other": 1})
    assert await webhook_events.receive(database, again) == event
    assert await webhook_events.get_event(database, event.id) == event
    assert await webhook_events.find_event(database, "stripe", event_id=event.event_id) == event
    assert await webhook_events.find_event(database, "adyen", event_id=event.event_id) is None
    other = await webhook_events.receive(database, builders.webhook_event(provider="adyen", event_id=event.event_id))
    assert other.id != event.id
    with pytest.raises(UniqueViolation) as refused:
        await webhook_events.receive(database, builders.webhook_event(id=event.id))
    assert refused.value.constraint == "webhook_events_id_key"


async def test_many_events_are_stored_once(database: Database) -> None:
    rows = [builders.webhook_event(event_id=str(n % 5)) for n in range(8)]
    assert await webhook_events.receive_many(database, rows, batch_size=3) == 5
    assert await webhook_events.receive_many(database, rows) == 0


async def test_the_same_event_of_many_tasks_is_stored_and_claimed_once(database: Database) -> None:
    new = [builders.webhook_event(event_id="evt_1") for _ in range(TASKS)]
    events = await asyncio.gather(*(webhook_events.receive(database, each) for each in new))
    assert len({event.id for event in events}) == 1
    claimed = await asyncio.gather(*(webhook_events.claim(database, "stripe") for _ in range(TASKS)))
    assert sum(map(len, claimed)) == 1


@pytest.mark.slow
async def test_the_same_events_of_many_processes_are_processed_once(database: Database, settings: Settings) -> None:
    url = settings.url.get_secret_value()
    said = await asyncio.to_thread(run_together, RECEIVE, url, processes=PROCESSES)
    printed = sorted(line for lines in said for line in lines)
    while rest := await webhook_events.claim(database, "stripe"):
        await webhook_events.done_all(database, rest)
        printed += [event.event_id for event in rest]
    assert sorted(printed) == sorted(f"evt_{number}" for number in range(20))


async def test_an_event_is_claimed_again_when_its_lease_ends(database: Database, clock: Clock) -> None:
    await receive(database, {})
    late = await one(database)
    assert await webhook_events.claim(database, "stripe") == []
    extended = await webhook_events.extend(database, late, lease=timedelta(minutes=2))
    assert extended.lease_ends_at > late.lease_ends_at
    clock.advance(timedelta(minutes=2))
    again = await one(database)
    assert again.attempts == 2
    for call in (
        webhook_events.done(database, late),
        webhook_events.fail(database, late, ""),
        webhook_events.extend(database, late),
    ):
        with pytest.raises(MessageLeaseLost):
            await call
    assert await webhook_events.release(database, late) == 0
    assert await webhook_events.release(database, again) == 1
    await webhook_events.done(database, await one(database))
    assert await webhook_events.claim(database, "stripe") == []


async def test_an_event_that_fails_is_tried_again_and_given_up(database: Database, clock: Clock) -> None:
    made = await receive(database, {}, object_key="a")
    after = await receive(database, {}, object_key="a")
    for attempt in range(1, 3):
        event = await one(database)
        assert await webhook_events.fail(database, event, "Refused", max_attempts=3)
        stored = await webhook_events.get_event(database, made.id)
        pause = timedelta(seconds=2 ** (attempt - 1))
        assert pause * 0.75 <= stored.due_at - database.now() <= pause
        assert await webhook_events.claim(database, "stripe") == []
        clock.advance(pause)
    assert not await webhook_events.fail(database, await one(database), "x" * 2000, max_attempts=3)
    [failed] = await webhook_events.list_failed_events(database)
    assert (failed.id, failed.status, failed.last_error) == (made.id, EventStatus.FAILED, "x" * 1000)
    assert await webhook_events.list_failed_events(database, after=failed) == []
    assert await webhook_events.list_failed_events(database, provider="adyen") == []
    assert (await one(database)).id == after.id
    assert (await webhook_events.retry_failed_event(database, made.id)).status is EventStatus.RECEIVED
    with pytest.raises(NotFound):
        await webhook_events.retry_failed_event(database, made.id)


async def test_the_worker_gets_batches_until_it_is_stopped(database: Database) -> None:
    for n in range(5):
        await receive(database, {"n": n})
    stop, seen = asyncio.Event(), list[object]()
    async for batch in webhook_events.work(database, "stripe", batch_size=2, stop=stop):
        seen += [event.payload["n"] for event in batch]
        await webhook_events.done_all(database, batch)
        if len(seen) == 5:
            stop.set()
    assert seen == [0, 1, 2, 3, 4]
    assert await webhook_events.find_oldest_due_event(database, "stripe") is None


async def test_what_has_ended_is_purged_in_batches(database: Database, clock: Clock) -> None:
    for _ in range(7):
        await receive(database, {})
    events = await webhook_events.claim(database, "stripe", batch_size=6)
    await webhook_events.done_all(database, events[:5])
    await webhook_events.give_up(database, events[5].id, last_error="")
    clock.advance(timedelta(days=1))
    assert await webhook_events.purge_events(database, before=database.now(), batch_size=2) == 5
    assert await webhook_events.purge_events(database, status="FAILED", before=database.now()) == 1
    oldest = await webhook_events.find_oldest_due_event(database, "stripe")
    assert oldest is not None
    assert oldest.status is EventStatus.RECEIVED


async def test_a_claim_takes_no_transaction(database: Database, catalog: Catalog) -> None:
    assert catalog is COMMERCE
    async with database.transaction() as tx:
        with pytest.raises(TransactionError):
            await webhook_events.claim(tx, "stripe")  # type: ignore[arg-type]
