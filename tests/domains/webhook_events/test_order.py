"""Events of one object: one at a time, in the order in which their transactions were committed."""

import asyncio
import random
from datetime import timedelta

import pytest

from hangar_dal import Database, builders, webhook_events
from hangar_dal.webhook_events import EventStatus
from tests.domains.webhook_events.receiving import receive
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import Sql


async def put(db: Database, key: str | None, n: int) -> None:
    await receive(db, {"n": n}, object_key=key)


async def claim(db: Database) -> list[object]:
    return [event.payload["n"] for event in await webhook_events.claim(db, "stripe")]


async def test_only_the_first_of_a_key_is_claimed(database: Database) -> None:
    for n, key in enumerate(["a", "a", "b", None, "a", None]):
        await put(database, key, n)
    [first, *others] = await webhook_events.claim(database, "stripe")
    assert [event.payload["n"] for event in (first, *others)] == [0, 2, 3, 5]
    assert await claim(database) == []
    await webhook_events.done(database, first)
    assert await claim(database) == [1]
    assert await claim(database) == []


@pytest.mark.parametrize("end", ["done", "dead", "buried"])
async def test_the_next_one_follows_when_the_first_is_done_or_dead(database: Database, end: str) -> None:
    for n in range(3):
        await put(database, "a", n)
    for n in range(3):
        [event] = await webhook_events.claim(database, "stripe")
        assert event.payload["n"] == n
        if end == "done":
            await webhook_events.done(database, event)
        elif end == "dead":
            await webhook_events.fail(database, event, "", max_attempts=1)
        else:
            await webhook_events.give_up(database, event.id, last_error="")
    assert await claim(database) == []


async def test_the_next_one_waits_for_a_failed_one_and_for_a_delayed_one(database: Database, clock: Clock) -> None:
    await receive(database, {"n": 0}, object_key="a", due_at=database.now() + timedelta(minutes=1))
    await put(database, "a", 1)
    assert await claim(database) == []
    clock.advance(timedelta(minutes=1))
    [event] = await webhook_events.claim(database, "stripe")
    await webhook_events.fail(database, event, "", retry_after=timedelta(minutes=1))
    assert await claim(database) == []
    clock.advance(timedelta(minutes=1))
    assert await claim(database) == [0]
    clock.advance(webhook_events.LEASE)
    assert await claim(database) == [0]


async def test_one_in_the_middle_that_is_given_up_does_not_stop_those_behind_it(database: Database) -> None:
    written = [await receive(database, {"n": n}, object_key="a") for n in range(4)]
    [first] = await webhook_events.claim(database, "stripe")
    assert await claim(database) == []  # the others wait
    for event in written[1:3]:
        await webhook_events.give_up(database, event.id, last_error="")
    assert await claim(database) == []
    await webhook_events.done(database, first)
    assert await claim(database) == [3]


async def test_a_failed_one_that_is_tried_again_comes_last(database: Database) -> None:
    for n in range(3):
        await put(database, "a", n)
    [first] = await webhook_events.claim(database, "stripe")
    await webhook_events.fail(database, first, "", max_attempts=1)
    await webhook_events.retry_failed_event(database, first.id)
    for expected in (1, 2, 0):
        [event] = await webhook_events.claim(database, "stripe")
        assert event.payload["n"] == expected
        await webhook_events.done(database, event)


async def test_a_long_queue_of_one_key_does_not_hold_up_other_events(database: Database, sql: Sql) -> None:
    await webhook_events.receive_many(
        database,
        [builders.webhook_event(object_key="a", event_id=str(n), payload={"n": n}) for n in range(50)],
    )
    await put(database, "b", 50)
    assert [m.payload["n"] for m in await webhook_events.claim(database, "stripe", batch_size=5)] == [0]
    assert [m.payload["n"] for m in await webhook_events.claim(database, "stripe", batch_size=5)] == [50]
    assert await sql("SELECT count(*) FROM webhook_events WHERE status = 'WAITING'") == [(49,)]


async def test_the_order_is_that_of_the_commits(database: Database) -> None:
    """Transactions that overlap: the one whose event has the lower number is always committed first."""
    committed: list[int] = []
    numbers = random.Random(1)

    async def write(n: int) -> None:
        async with database.transaction() as tx:
            await asyncio.sleep(numbers.random() / 100)
            await receive(tx, {"n": n}, object_key="a")
            await asyncio.sleep(numbers.random() / 100)
            committed.append(n)  # no other task runs between this and COMMIT being sent

    await asyncio.gather(*(write(n) for n in range(16)))
    seen = []
    while batch := await webhook_events.claim(database, "stripe"):
        seen += [event.payload["n"] for event in batch]
        await webhook_events.done_all(database, batch)
    assert seen == committed


async def test_many_workers_keep_the_order_of_each_key_and_leave_nothing(database: Database, sql: Sql) -> None:
    """While others write: what waits is woken, also by workers that finish and claim at the same time."""
    keys, count = 5, 150
    seen: dict[object, list[object]] = {}
    working: set[object] = set()
    left = count

    async def write() -> None:
        for n in range(count):
            await receive(database, {"key": n % keys, "n": n}, object_key=str(n % keys))

    async def work() -> None:
        nonlocal left
        while left:
            for event in await webhook_events.claim(database, "stripe", batch_size=3):
                key = event.payload["key"]
                assert key not in working
                working.add(key)
                await asyncio.sleep(0)
                seen.setdefault(key, []).append(event.payload["n"])
                working.discard(key)
                async with database.transaction() as tx:
                    await webhook_events.done(tx, event)
                    await asyncio.sleep(0)
                left -= 1

    async with asyncio.timeout(60):
        await asyncio.gather(write(), *(work() for _ in range(4)))
    assert seen == {key: list(range(key, count, keys)) for key in range(keys)}
    assert await sql("SELECT status, count(*) FROM webhook_events GROUP BY status") == [(EventStatus.PROCESSED, count)]
