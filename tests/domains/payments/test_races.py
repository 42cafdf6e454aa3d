"""Many capture and refund one payment at once, in one process and in many: never more than there is, each once."""

import asyncio
from typing import Final
from uuid import UUID

import pytest

from hangar_dal import Database, Settings, builders, payments, uuid7
from hangar_dal.errors import ConstraintViolation, TriggerViolation
from hangar_dal.payments import PaymentStatus
from tests.helpers.commands import run_together
from tests.helpers.commerce import authorized, captured

TASKS, PROCESSES = 64, 8
WRITE: Final = """
import asyncio, sys
from uuid import UUID
from hangar_dal import COMMERCE, Settings, open_database, sealing
from tests.domains.payments.test_races import move

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    async with open_database(settings, catalog=COMMERCE) as db:
        wait_for_others()
        print(*[await move(db, UUID(sys.argv[2])) for _ in range(int(sys.argv[3]))])

asyncio.run(main())
"""


async def move(db: Database, payment_id: UUID) -> int:
    """Capture 100, and say it twice, as after a lost answer; refund 40 of it. Returns how much was captured."""
    key = uuid7()
    try:
        row = await payments.capture(db, payment_id, capture_id=key, amount=100)
    except TriggerViolation as error:
        if error.constraint != "payment_captures_within_amount":
            raise
        return 0
    assert await payments.capture(db, payment_id, capture_id=key, amount=100) == row
    await payments.refund(db, payment_id, refund_id=key, amount=40)
    return 100


async def check(db: Database, payment_id: UUID, moved: int) -> None:
    payment = await payments.get_payment(db, payment_id)
    assert payment.captured == moved <= payment.amount
    assert payment.refunded == moved * 4 // 10
    assert await payments.list_wrong_revenue(db) == []


async def test_captures_of_many_tasks_never_exceed_the_amount(database: Database) -> None:
    paid = await authorized(database, 5050)
    moved = await asyncio.gather(*(move(database, paid.id) for _ in range(TASKS)))
    assert sum(moved) == 5000
    await check(database, paid.id, 5000)


@pytest.mark.slow
@pytest.mark.parametrize("times", [4, pytest.param(200, marks=pytest.mark.long, id="long")])
async def test_captures_of_many_processes_never_exceed_the_amount(
    database: Database, settings: Settings, times: int
) -> None:
    paid = await authorized(database, 100 * PROCESSES * times - 150)
    url = settings.url.get_secret_value()
    said = await asyncio.to_thread(run_together, WRITE, url, str(paid.id), str(times), processes=PROCESSES)
    moved = sum(int(amount) for lines in said for amount in lines[-1].split())
    assert moved == 100 * PROCESSES * times - 200
    await check(database, paid.id, moved)


async def test_refunds_of_many_tasks_never_exceed_what_was_captured(database: Database) -> None:
    paid = await captured(database, 5050)

    async def back(_: int) -> int:
        try:
            return (await payments.refund(database, paid.id, refund_id=uuid7(), amount=100)).amount
        except TriggerViolation as error:
            if error.constraint != "payment_refunds_within_captured":
                raise
            return 0

    assert sum(await asyncio.gather(*map(back, range(TASKS)))) == 5000
    assert (await payments.get_payment(database, paid.id)).refunded == 5000


async def test_the_same_payment_and_capture_of_many_tasks_are_stored_once(database: Database) -> None:
    new, key = builders.payment(provider_reference="pi_1"), uuid7()

    async def pay(_: int) -> UUID:
        made = await payments.create_payment(database, new)
        await payments.authorize_payment(database, made.id, provider_reference="pi_1")
        return (await payments.capture(database, made.id, capture_id=key)).id

    assert set(await asyncio.gather(*map(pay, range(TASKS)))) == {key}
    paid = await payments.get_payment(database, new.id)
    assert (paid.status, paid.captured) == (PaymentStatus.CAPTURED, 1000)
    assert len(await payments.list_captures(database, new.id)) == 1


async def test_a_dispute_is_won_or_lost_and_not_both(database: Database) -> None:
    paid = await captured(database)
    await payments.dispute_payment(database, paid.id)
    key = uuid7()

    async def end(number: int) -> str | None:
        try:
            if number % 2:
                return (await payments.win_dispute(database, paid.id)).status
            await payments.lose_dispute(database, paid.id, refund_id=key)
        except ConstraintViolation:
            return None
        return "LOST"

    ends = await asyncio.gather(*map(end, range(16)))
    after = await payments.get_payment(database, paid.id)
    assert after.status is PaymentStatus.REFUNDED  # who loses a dispute that was won disputes it again
    assert after.refunded == 1000
    assert "LOST" in ends
    assert len(await payments.list_refunds(database, paid.id)) == 1
