"""A key is worked on once: its repetitions get the stored answer, and other requests with it are refused."""

from datetime import timedelta

import pytest

from hangar_dal import Database, Transaction, User, accounts, builders, idempotency_keys, payments, users
from hangar_dal.errors import (
    IdempotencyKeyBusy,
    IdempotencyKeyReused,
    IdempotencyLeaseLost,
    InvalidValue,
    TransactionError,
)
from hangar_dal.idempotency_keys import Answer, ClaimedKey
from tests.helpers.clock import Clock

REQUEST = {"amount": 1000, "currency": "EUR"}
PAID = Answer(status=201, body={"status": "größer"})


async def pay(tx: Transaction) -> Answer:
    payment = await payments.create_payment(tx, builders.payment())
    return Answer(status=201, body={"id": str(payment.id)})


async def refuse(_: object = None) -> Answer:
    raise LookupError


async def count(db: Database) -> int:
    async with payments.stream_payments(db) as rows:
        return len([row async for row in rows])


async def test_a_repeated_request_gets_the_stored_answer(database: Database) -> None:
    first = await idempotency_keys.run(database, "payments", "k1", REQUEST, pay)
    same = {"currency": "EUR", "amount": 1000}
    assert await idempotency_keys.run(database, "payments", "k1", same, refuse) == first
    assert await idempotency_keys.run_leased(database, "payments", "k1", REQUEST, refuse) == first
    assert await count(database) == 1
    await idempotency_keys.run(database, "other", "k1", REQUEST, pay)
    await idempotency_keys.run(database, "payments", "k2", REQUEST, pay)
    assert await count(database) == 3
    stored = await idempotency_keys.find_key(database, "payments", "k1")
    assert stored is not None
    assert (stored.answer_status, stored.answer, stored.claim_id) == (201, first.body, None)


async def test_a_key_with_another_request_is_refused(database: Database) -> None:
    await idempotency_keys.run(database, "payments", "k1", REQUEST, pay)
    other = {"amount": 1001, "currency": "EUR"}
    with pytest.raises(IdempotencyKeyReused):
        await idempotency_keys.run(database, "payments", "k1", other, pay)
    with pytest.raises(IdempotencyKeyReused):
        await idempotency_keys.claim(database, "payments", "k1", other)
    await idempotency_keys.claim(database, "payments", "k2", REQUEST)
    with pytest.raises(IdempotencyKeyReused):
        await idempotency_keys.run(database, "payments", "k2", other, pay)
    assert await count(database) == 1


async def test_work_that_raises_leaves_the_key_free(database: Database) -> None:
    async def half(tx: Transaction) -> Answer:
        await pay(tx)
        raise LookupError

    with pytest.raises(LookupError):
        await idempotency_keys.run(database, "payments", "k1", REQUEST, half)
    assert await count(database) == 0
    with pytest.raises(LookupError):
        await idempotency_keys.run_leased(database, "payments", "k1", REQUEST, refuse)
    assert await idempotency_keys.find_key(database, "payments", "k1") is None
    await idempotency_keys.run(database, "payments", "k1", REQUEST, pay)


async def test_the_answer_is_committed_with_the_work_of_a_larger_transaction(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as tx:
            await idempotency_keys.run(tx, "payments", "k1", REQUEST, pay)
            raise LookupError
    assert await count(database) == 0
    assert await idempotency_keys.find_key(database, "payments", "k1") is None


async def test_a_lease_keeps_others_away_until_it_ends(database: Database, clock: Clock) -> None:
    lost = await idempotency_keys.claim(database, "payments", "k1", REQUEST)
    assert isinstance(lost, ClaimedKey)
    with pytest.raises(IdempotencyKeyBusy):
        await idempotency_keys.claim(database, "payments", "k1", REQUEST)
    with pytest.raises(IdempotencyKeyBusy):
        await idempotency_keys.run(database, "payments", "k1", REQUEST, pay)
    clock.advance(idempotency_keys.LEASE)
    again = await idempotency_keys.claim(database, "payments", "k1", REQUEST)
    assert isinstance(again, ClaimedKey)
    with pytest.raises(IdempotencyLeaseLost):
        await idempotency_keys.finish(database, lost, PAID)
    assert not await idempotency_keys.release(database, lost)
    await idempotency_keys.finish(database, again, PAID)
    assert await idempotency_keys.claim(database, "payments", "k1", REQUEST) == PAID
    with pytest.raises(IdempotencyLeaseLost):
        await idempotency_keys.finish(database, again, PAID)


async def test_a_lease_that_ended_can_be_finished_until_somebody_takes_it_over(
    database: Database, clock: Clock
) -> None:
    held = await idempotency_keys.claim(database, "payments", "k1", REQUEST)
    assert isinstance(held, ClaimedKey)
    clock.advance(timedelta(hours=1))
    async with database.transaction() as tx:
        await pay(tx)
        await idempotency_keys.finish(tx, held, PAID)
    assert await idempotency_keys.run(database, "payments", "k1", REQUEST, pay) == PAID


async def test_a_released_key_is_free(database: Database) -> None:
    held = await idempotency_keys.claim(database, "payments", "k1", REQUEST)
    assert isinstance(held, ClaimedKey)
    assert await idempotency_keys.release(database, held)
    assert isinstance(await idempotency_keys.claim(database, "payments", "k1", {}), ClaimedKey)


async def test_a_claim_takes_no_transaction(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(TransactionError):
            await idempotency_keys.claim(tx, "payments", "k1", REQUEST)  # type: ignore[arg-type]


async def test_an_expired_key_is_free_and_is_purged(database: Database, clock: Clock) -> None:
    for n in range(5):
        await idempotency_keys.run(database, "payments", f"k{n}", REQUEST, pay)
    clock.advance(idempotency_keys.LIFETIME)
    held = await idempotency_keys.claim(database, "payments", "slow", REQUEST, lifetime=timedelta(seconds=1))
    assert isinstance(held, ClaimedKey)
    await idempotency_keys.run(database, "payments", "k0", {"amount": 1}, pay)
    assert await count(database) == 6
    clock.advance(timedelta(seconds=1))
    assert await idempotency_keys.purge_expired_keys(database, batch_size=2) == 4
    assert await idempotency_keys.find_key(database, "payments", "k0")
    await idempotency_keys.finish(database, held, PAID)  # nobody deletes what somebody works on
    assert await idempotency_keys.purge_expired_keys(database) == 1


async def test_keys_and_bodies_have_a_form(database: Database) -> None:
    for scope, key in (("", "k"), ("s", ""), ("s", "k" * 201)):
        with pytest.raises(InvalidValue):
            await idempotency_keys.run(database, scope, key, REQUEST, pay)
    with pytest.raises(ValueError, match="status"):
        Answer(status=99)


async def test_keys_of_a_user_are_exported_moved_and_deleted(database: Database, user: User) -> None:
    merged = await users.create_user(database, builders.user())
    await idempotency_keys.run(database, "payments", "k1", REQUEST, pay, user_id=merged.id)
    await accounts.merge_users(database, kept=user.id, merged=merged.id)
    async with idempotency_keys.stream_keys_of_user(database, user.id) as rows:
        assert [row.key async for row in rows] == ["k1"]
    async with accounts.export_user(database, user.id) as pieces:
        assert '"k1"' in "".join([piece async for piece in pieces])
    await accounts.erase_user(database, user.id)
    assert await idempotency_keys.find_key(database, "payments", "k1") is None
