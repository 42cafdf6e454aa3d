"""Messages are written with their event, claimed by one worker at a time, and delivered again until they are done."""

import asyncio
from datetime import timedelta

import pytest

from hangar_dal import Database, builders, outbox, uuid7
from hangar_dal.errors import InvalidValue, MessageLeaseLost, NotFound, TransactionError
from hangar_dal.outbox import ClaimedMessage, MessageStatus
from hangar_dal.waking import LONGEST_RETRY_PAUSE
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import Sql

SECOND = timedelta(seconds=1)


async def claim_one(db: Database) -> ClaimedMessage:
    [message] = await outbox.claim(db, "mail")
    return message


async def test_a_message_is_written_with_its_transaction_or_not_at_all(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await outbox.put(tx, "mail", {"to": "ada"})
            raise ZeroDivisionError
    assert await outbox.claim(database, "mail") == []
    async with database.transaction() as tx:
        written = await outbox.put(tx, "mail", {"to": "ada"})
    assert written.status is MessageStatus.PENDING
    assert await outbox.get_message(database, written.id) == written
    message = await claim_one(database)
    assert (message.id, message.payload, message.attempts) == (written.id, {"to": "ada"}, 1)


async def test_a_key_is_written_once_per_topic(database: Database) -> None:
    first = await outbox.put(database, "mail", {"n": 1}, dedup_key="order-1")
    assert await outbox.put(database, "mail", {"n": 2}, dedup_key="order-1") == first
    assert await outbox.find_message(database, "mail", dedup_key="order-1") == first
    other = await outbox.put(database, "push", {"n": 1}, dedup_key="order-1")
    assert other.id != first.id
    await outbox.done(database, await claim_one(database))
    assert (await outbox.put(database, "mail", {"n": 3}, dedup_key="order-1")).status is MessageStatus.DONE
    assert await outbox.find_message(database, "mail", dedup_key="order-2") is None


async def test_many_tasks_that_write_one_key_write_one_message(database: Database, sql: Sql) -> None:
    written = await asyncio.gather(*(outbox.put(database, "mail", {"n": n}, dedup_key="same") for n in range(64)))
    assert len({message.id for message in written}) == 1
    assert len(await sql("SELECT 1 FROM outbox")) == 1


async def test_many_messages_are_written_in_one_statement_a_batch(
    database: Database, hangar_queries: HangarQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MESSAGES_PER_STATEMENT", 5)
    await outbox.put(database, "mail", {}, dedup_key="3")
    rows = [builders.message(dedup_key=str(n % 8), payload={"n": n}) for n in range(10)]
    with hangar_queries() as sent:
        assert await outbox.put_many(database, rows) == 7
    assert sent.names.count("outbox.insert_messages") == 2
    claimed = await outbox.claim(database, "mail")
    assert [message.payload.get("n") for message in claimed] == [None, 0, 1, 2, 4, 5, 6, 7]


async def test_a_message_is_claimed_by_one_worker_until_its_lease_ends(database: Database, clock: Clock) -> None:
    await outbox.put(database, "mail", {})
    first = await claim_one(database)
    assert await outbox.claim(database, "mail") == []
    assert await outbox.claim(database, "push") == []
    clock.advance(outbox.LEASE)
    second = await claim_one(database)
    assert (second.id, second.attempts) == (first.id, 2)


async def test_a_worker_whose_message_was_claimed_by_another_can_no_longer_mark_it(
    database: Database, clock: Clock
) -> None:
    await outbox.put(database, "mail", {})
    late = await claim_one(database)
    clock.advance(outbox.LEASE)
    holder = await claim_one(database)
    for attempt in (
        lambda: outbox.done(database, late),
        lambda: outbox.fail(database, late, "late"),
        lambda: outbox.fail(database, late, "late", max_attempts=1),
        lambda: outbox.extend(database, late),
    ):
        with pytest.raises(MessageLeaseLost):
            await attempt()
    assert await outbox.release(database, late) == 0
    assert await outbox.done_all(database, [late]) == 0
    assert (await outbox.get_message(database, late.id)).status is MessageStatus.CLAIMED
    await outbox.done(database, holder)
    with pytest.raises(MessageLeaseLost):
        await outbox.done(database, holder)


async def test_a_lease_that_has_ended_does_no_harm_while_nobody_else_has_the_message(
    database: Database, clock: Clock
) -> None:
    await outbox.put(database, "mail", {})
    message = await claim_one(database)
    clock.advance(2 * outbox.LEASE)
    await outbox.done(database, message)
    assert (await outbox.get_message(database, message.id)).status is MessageStatus.DONE


async def test_what_a_message_caused_is_rolled_back_if_its_lease_was_lost(database: Database, clock: Clock) -> None:
    await outbox.put(database, "mail", {})
    late = await claim_one(database)
    clock.advance(outbox.LEASE)
    await claim_one(database)
    with pytest.raises(MessageLeaseLost):
        async with database.transaction() as tx:
            await outbox.put(tx, "effects", {}, dedup_key=late.dedup_key)
            await outbox.done(tx, late)
    assert await outbox.find_message(database, "effects", dedup_key=late.dedup_key) is None


async def test_a_lease_is_extended(database: Database, clock: Clock) -> None:
    await outbox.put(database, "mail", {})
    message = await claim_one(database)
    clock.advance(outbox.LEASE - SECOND)
    extended = await outbox.extend(database, message)
    assert extended.lease_ends_at == database.now() + outbox.LEASE
    clock.advance(outbox.LEASE - SECOND)
    assert await outbox.claim(database, "mail") == []
    clock.advance(SECOND)
    assert (await claim_one(database)).claim_id != message.claim_id


async def test_a_failed_message_comes_back_later_each_time_and_dies(database: Database, clock: Clock) -> None:
    written = await outbox.put(database, "mail", {})
    pauses = []
    for _ in range(3):
        assert await outbox.fail(database, await claim_one(database), "no answer", max_attempts=4)
        failed = await outbox.get_message(database, written.id)
        pauses.append(failed.due_at - database.now())
        assert (failed.status, failed.last_error) == (MessageStatus.PENDING, "no answer")
        assert await outbox.claim(database, "mail") == []
        clock.advance(pauses[-1])
    for pause, seconds in zip(pauses, (1, 2, 4), strict=True):
        assert 0.75 * seconds <= pause.total_seconds() <= seconds
    assert not await outbox.fail(database, await claim_one(database), "x" * 2000, max_attempts=4)
    dead = await outbox.get_message(database, written.id)
    assert (dead.status, dead.attempts, dead.finished_at) == (MessageStatus.DEAD, 4, database.now())
    assert dead.last_error == "x" * 1000
    clock.advance(timedelta(days=1))
    assert await outbox.claim(database, "mail") == []


async def test_the_pause_after_a_failure_has_an_end(database: Database, clock: Clock) -> None:
    await outbox.put(database, "mail", {})
    message = (await claim_one(database)).model_copy(update={"attempts": 5000})
    await outbox.fail(database, message, "", max_attempts=10_000)
    clock.advance(LONGEST_RETRY_PAUSE)
    message = await claim_one(database)
    await outbox.fail(database, message, "", retry_after=timedelta(days=1))
    clock.advance(timedelta(days=1) - SECOND)
    assert await outbox.claim(database, "mail") == []
    for wrong in (timedelta(0), timedelta.max):
        with pytest.raises(InvalidValue):
            await outbox.fail(database, message, "", retry_after=wrong)


async def test_a_released_message_is_claimed_at_once_and_was_not_tried(database: Database) -> None:
    await outbox.put(database, "mail", {})
    message = await claim_one(database)
    assert await outbox.release(database, message) == 1
    assert (await claim_one(database)).attempts == 1


async def test_a_message_with_a_due_date_waits_for_it(database: Database, clock: Clock) -> None:
    later = database.now() + SECOND
    await outbox.put(database, "mail", {}, due_at=later)
    await outbox.put_many(database, [builders.message(dedup_key="many", due_at=later)])
    assert await outbox.claim(database, "mail") == []
    assert await outbox.find_oldest_due_message(database, "mail") is None
    clock.advance(SECOND)
    oldest = await outbox.find_oldest_due_message(database, "mail")
    assert oldest is not None
    assert oldest.due_at == later
    assert len(await outbox.claim(database, "mail")) == 2


async def test_messages_of_several_claims_are_marked_at_once(database: Database, clock: Clock) -> None:
    await outbox.put_many(database, [builders.message(dedup_key=str(n)) for n in range(5)])
    first = await outbox.claim(database, "mail", batch_size=2)
    second = await outbox.claim(database, "mail", batch_size=2)
    assert await outbox.done_all(database, [*first, *second]) == 4
    assert await outbox.done_all(database, first) == 0
    assert await outbox.done_all(database, []) == 0
    assert len(await outbox.claim(database, "mail")) == 1


async def test_dead_letters_are_listed_and_tried_again(database: Database, clock: Clock) -> None:
    for topic in ("mail", "push", "mail"):
        message = await outbox.put(database, topic, {})
        await outbox.bury_message(database, message.id, last_error="given up")
        clock.advance(SECOND)
    newest, second, oldest = await outbox.list_dead_messages(database)
    assert await outbox.list_dead_messages(database, after=newest, limit=1) == [second]
    assert await outbox.list_dead_messages(database, topic="mail") == [newest, oldest]
    again = await outbox.retry_dead_message(database, oldest.id)
    assert (again.status, again.attempts, again.finished_at) == (MessageStatus.PENDING, 0, None)
    assert again.number > newest.number
    assert (await claim_one(database)).id == oldest.id
    with pytest.raises(NotFound):
        await outbox.retry_dead_message(database, oldest.id)


async def test_a_claimed_message_can_be_given_up_by_an_operator(database: Database) -> None:
    await outbox.put(database, "mail", {})
    message = await claim_one(database)
    buried = await outbox.bury_message(database, message.id, last_error="wrong address")
    assert (buried.status, buried.finished_at) == (MessageStatus.DEAD, database.now())
    with pytest.raises(MessageLeaseLost):
        await outbox.done(database, message)
    with pytest.raises(NotFound):
        await outbox.bury_message(database, uuid7(), last_error="")


async def test_a_purge_deletes_what_is_finished_and_nothing_else(database: Database, clock: Clock, sql: Sql) -> None:
    await outbox.put_many(database, [builders.message(dedup_key=str(n)) for n in range(7)])
    claimed = await outbox.claim(database, "mail")
    await outbox.done_all(database, claimed[:4])
    await outbox.bury_message(database, claimed[4].id, last_error="")
    clock.advance(SECOND)
    await outbox.done(database, claimed[5])
    before = database.now()
    assert await outbox.purge_messages(database, before=before, batch_size=2) == 4
    assert await outbox.purge_messages(database, before=before) == 0
    assert await outbox.purge_messages(database, status="DEAD", before=before) == 1
    assert await sql("SELECT status FROM outbox ORDER BY number") == [("DONE",), ("CLAIMED",)]


async def test_a_claim_is_committed_before_anybody_works_on_it(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(TransactionError):
            await outbox.claim(tx, "mail")  # type: ignore[arg-type]
        with pytest.raises(TransactionError):
            outbox.work(tx, "mail")  # type: ignore[arg-type]
    for wrong in (timedelta(0), timedelta.max):
        with pytest.raises(InvalidValue):
            await outbox.claim(database, "mail", lease=wrong)
