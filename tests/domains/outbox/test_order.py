"""Messages of one ordering key: one at a time, in the order in which their transactions were committed."""

import asyncio
import random
from datetime import timedelta

import pytest

from hangar_dal import Database, builders, outbox
from hangar_dal.outbox import MessageStatus
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import Sql


async def put(db: Database, key: str | None, n: int) -> None:
    await outbox.put(db, "mail", {"n": n}, ordering_key=key)


async def claim(db: Database) -> list[object]:
    return [message.payload["n"] for message in await outbox.claim(db, "mail")]


async def test_only_the_first_of_a_key_is_claimed(database: Database) -> None:
    for n, key in enumerate(["a", "a", "b", None, "a", None]):
        await put(database, key, n)
    [first, *others] = await outbox.claim(database, "mail")
    assert [message.payload["n"] for message in (first, *others)] == [0, 2, 3, 5]
    assert await claim(database) == []
    await outbox.done(database, first)
    assert await claim(database) == [1]
    assert await claim(database) == []


@pytest.mark.parametrize("end", ["done", "dead", "buried"])
async def test_the_next_one_follows_when_the_first_is_done_or_dead(database: Database, end: str) -> None:
    for n in range(3):
        await put(database, "a", n)
    for n in range(3):
        [message] = await outbox.claim(database, "mail")
        assert message.payload["n"] == n
        if end == "done":
            await outbox.done(database, message)
        elif end == "dead":
            await outbox.fail(database, message, "", max_attempts=1)
        else:
            await outbox.bury_message(database, message.id, last_error="")
    assert await claim(database) == []


async def test_the_next_one_waits_for_a_failed_one_and_for_a_delayed_one(database: Database, clock: Clock) -> None:
    await outbox.put(database, "mail", {"n": 0}, ordering_key="a", due_at=database.now() + timedelta(minutes=1))
    await put(database, "a", 1)
    assert await claim(database) == []
    clock.advance(timedelta(minutes=1))
    [message] = await outbox.claim(database, "mail")
    await outbox.fail(database, message, "", retry_after=timedelta(minutes=1))
    assert await claim(database) == []
    clock.advance(timedelta(minutes=1))
    assert await claim(database) == [0]
    clock.advance(outbox.LEASE)
    assert await claim(database) == [0]


async def test_one_in_the_middle_that_is_given_up_does_not_stop_those_behind_it(database: Database) -> None:
    written = [await outbox.put(database, "mail", {"n": n}, ordering_key="a") for n in range(4)]
    [first] = await outbox.claim(database, "mail")
    assert await claim(database) == []  # the others wait
    for message in written[1:3]:
        await outbox.bury_message(database, message.id, last_error="")
    assert await claim(database) == []
    await outbox.done(database, first)
    assert await claim(database) == [3]


async def test_a_dead_one_that_is_tried_again_comes_last(database: Database) -> None:
    for n in range(3):
        await put(database, "a", n)
    [first] = await outbox.claim(database, "mail")
    await outbox.fail(database, first, "", max_attempts=1)
    await outbox.retry_dead_message(database, first.id)
    for expected in (1, 2, 0):
        [message] = await outbox.claim(database, "mail")
        assert message.payload["n"] == expected
        await outbox.done(database, message)


async def test_a_long_queue_of_one_key_does_not_hold_up_other_messages(database: Database, sql: Sql) -> None:
    await outbox.put_many(
        database,
        [builders.message(ordering_key="a", dedup_key=str(n), payload={"n": n}) for n in range(50)],
    )
    await put(database, "b", 50)
    assert [m.payload["n"] for m in await outbox.claim(database, "mail", batch_size=5)] == [0]
    assert [m.payload["n"] for m in await outbox.claim(database, "mail", batch_size=5)] == [50]
    assert await sql("SELECT count(*) FROM outbox WHERE status = 'WAITING'") == [(49,)]  # each was looked at once


async def test_the_order_is_that_of_the_commits(database: Database) -> None:
    """Transactions that overlap: the one whose message has the lower number is always committed first."""
    committed: list[int] = []
    numbers = random.Random(1)

    async def write(n: int) -> None:
        async with database.transaction() as tx:
            await asyncio.sleep(numbers.random() / 100)
            await outbox.put(tx, "mail", {"n": n}, ordering_key="a")
            await asyncio.sleep(numbers.random() / 100)
            committed.append(n)  # no other task runs between this and COMMIT being sent

    await asyncio.gather(*(write(n) for n in range(16)))
    seen = []
    while batch := await outbox.claim(database, "mail"):
        seen += [message.payload["n"] for message in batch]
        await outbox.done_all(database, batch)
    assert seen == committed


async def test_many_workers_keep_the_order_of_each_key_and_leave_nothing(database: Database, sql: Sql) -> None:
    """While others write: what waits is woken, whoever finishes and claims at the same time."""
    keys, count = 5, 150
    seen: dict[object, list[object]] = {}
    working: set[object] = set()
    left = count

    async def write() -> None:
        for n in range(count):
            await outbox.put(database, "mail", {"key": n % keys, "n": n}, ordering_key=str(n % keys))

    async def work() -> None:
        nonlocal left
        while left:
            for message in await outbox.claim(database, "mail", batch_size=3):
                key = message.payload["key"]
                assert key not in working
                working.add(key)
                await asyncio.sleep(0)
                seen.setdefault(key, []).append(message.payload["n"])
                working.discard(key)
                async with database.transaction() as tx:
                    await outbox.done(tx, message)
                    await asyncio.sleep(0)
                left -= 1

    async with asyncio.timeout(60):
        await asyncio.gather(write(), *(work() for _ in range(4)))
    assert seen == {key: list(range(key, count, keys)) for key in range(keys)}
    assert await sql("SELECT status, count(*) FROM outbox GROUP BY status") == [(MessageStatus.DONE, count)]
