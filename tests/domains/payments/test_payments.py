"""Payments from their creation to their end, repeated calls, disputes, lists and revenue."""

from datetime import date, timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, builders, payment_methods, payments, users, uuid7
from hangar_dal.errors import CheckViolation, ForeignKeyViolation, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.payments import PaymentStatus, Revenue
from tests.helpers.clock import Clock
from tests.helpers.commerce import authorized, captured


async def test_a_payment_is_created_once(database: Database, user: User) -> None:
    method = await payment_methods.add_payment_method(database, builders.payment_method(user))
    new = builders.payment(user, method, reference="order:1", provider_reference="pi_1", metadata={"note": "größer"})
    made = await payments.create_payment(database, new)
    assert await payments.create_payment(database, new) == made
    assert (made.status, made.captured, made.refunded) == (PaymentStatus.CREATED, 0, 0)
    assert (made.payer_id, made.payment_method_id) == (user.id, method.id)
    assert await payments.find_payment(database, provider="stripe", provider_reference="pi_1") == made
    assert await payments.find_payment(database, provider="adyen", provider_reference="pi_1") is None
    for other in ({"amount": 1}, {"currency": "USD"}, {"metadata": {}}, {"reference": None}):
        with pytest.raises(UniqueViolation) as refused:
            await payments.create_payment(database, new.model_copy(update=other))
        assert refused.value.constraint == "payments_pkey"
    with pytest.raises(UniqueViolation) as refused:
        await payments.create_payment(database, new.model_copy(update={"id": uuid7()}))
    assert refused.value.constraint == "payments_provider_provider_reference_key"
    with pytest.raises(UniqueViolation) as refused:
        other = await payments.create_payment(database, builders.payment())
        await payments.authorize_payment(database, other.id, provider_reference="pi_1")
    assert refused.value.constraint == "payments_provider_provider_reference_key"
    with pytest.raises(ForeignKeyViolation):
        await payments.create_payment(database, builders.payment(uuid7()))


async def test_a_payment_is_made_with_a_method_of_its_payer(database: Database, user: User) -> None:
    ben = await users.create_user(database, builders.user())
    method = await payment_methods.add_payment_method(database, builders.payment_method(user))
    for payer in (ben, None):
        with pytest.raises(TriggerViolation) as refused:
            await payments.create_payment(database, builders.payment(payer, method))
        assert refused.value.constraint == "payments_method_of_payer"


async def test_a_payment_is_authorised_captured_and_refunded_in_parts(database: Database) -> None:
    made = await payments.create_payment(database, builders.payment(amount=1000))
    paid = await payments.authorize_payment(database, made.id, provider_reference="pi_1")
    assert paid.status is PaymentStatus.AUTHORIZED
    assert await payments.authorize_payment(database, made.id, provider_reference="pi_1") == paid
    one, two, three, four = uuid7(), uuid7(), uuid7(), uuid7()
    first = await payments.capture(database, made.id, capture_id=one, amount=300)
    assert await payments.capture(database, made.id, capture_id=one, amount=300) == first
    paid = await payments.get_payment(database, made.id)
    assert (paid.status, paid.captured) == (PaymentStatus.CAPTURED, 300)
    back = await payments.refund(database, made.id, refund_id=three, amount=100)
    assert await payments.refund(database, made.id, refund_id=three, amount=100) == back
    assert (await payments.get_payment(database, made.id)).status is PaymentStatus.PARTIALLY_REFUNDED
    rest = await payments.capture(database, made.id, capture_id=two)
    assert rest.amount == 700
    assert await payments.capture(database, made.id, capture_id=two) == rest
    assert await payments.authorize_payment(database, made.id, provider_reference="pi_1")
    paid = await payments.get_payment(database, made.id)
    assert (paid.status, paid.captured, paid.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, 1000, 100)
    assert (await payments.refund(database, made.id, refund_id=four)).amount == 900
    paid = await payments.get_payment(database, made.id)
    assert (paid.status, paid.refunded) == (PaymentStatus.REFUNDED, 1000)
    assert await payments.list_captures(database, made.id) == [first, rest]
    page = await payments.list_refunds(database, made.id, limit=1)
    assert page == [back]
    assert [each.id for each in await payments.list_refunds(database, made.id, after=back)] == [four]


async def test_no_more_is_captured_than_authorised_and_no_more_refunded_than_captured(database: Database) -> None:
    paid = await authorized(database, 1000)
    await payments.capture(database, paid.id, capture_id=uuid7(), amount=600)
    for amount, rule in ((401, "payment_captures_within_amount"), (10**15, "payment_captures_within_amount")):
        with pytest.raises(TriggerViolation) as refused:
            await payments.capture(database, paid.id, capture_id=uuid7(), amount=amount)
        assert refused.value.constraint == rule
    with pytest.raises(TriggerViolation) as refused:
        await payments.refund(database, paid.id, refund_id=uuid7(), amount=601)
    assert refused.value.constraint == "payment_refunds_within_captured"
    await payments.refund(database, paid.id, refund_id=uuid7())
    with pytest.raises(CheckViolation):
        await payments.refund(database, paid.id, refund_id=uuid7())
    with pytest.raises(TriggerViolation) as refused:
        await payments.capture(database, paid.id, capture_id=uuid7())
    assert refused.value.constraint == "payment_captures_open"
    assert await payments.list_wrong_revenue(database) == []


async def test_ids_of_captures_and_refunds_are_not_used_for_others(database: Database) -> None:
    paid, other = await authorized(database), await authorized(database)
    key = uuid7()
    await payments.capture(database, paid.id, capture_id=key, amount=100)
    await payments.refund(database, paid.id, refund_id=key, amount=50)
    for payment_id, amount in ((other.id, 100), (paid.id, 99)):
        with pytest.raises(UniqueViolation) as refused:
            await payments.capture(database, payment_id, capture_id=key, amount=amount)
        assert refused.value.constraint == "payment_captures_pkey"
        with pytest.raises(UniqueViolation) as refused:
            await payments.refund(database, payment_id, refund_id=key, amount=amount)
        assert refused.value.constraint == "payment_refunds_pkey"
    for move in (
        payments.capture(database, uuid7(), capture_id=uuid7()),
        payments.refund(database, uuid7(), refund_id=uuid7()),
        payments.authorize_payment(database, uuid7(), provider_reference="pi_1"),
    ):
        with pytest.raises(NotFound):
            await move


async def test_a_payment_fails_or_is_cancelled_until_it_is_captured(database: Database) -> None:
    made = await payments.create_payment(database, builders.payment())
    failed = await payments.fail_payment(database, made.id, failure_code="card_declined")
    assert (failed.status, failed.failure_code) == (PaymentStatus.FAILED, "card_declined")
    assert await payments.fail_payment(database, made.id) == failed
    gone = await payments.cancel_payment(database, (await authorized(database)).id)
    assert await payments.cancel_payment(database, gone.id) == gone
    paid = await captured(database)
    for refused_call in (
        payments.authorize_payment(database, failed.id, provider_reference="pi_1"),
        payments.cancel_payment(database, failed.id),
        payments.fail_payment(database, gone.id),
        payments.fail_payment(database, paid.id),
        payments.cancel_payment(database, paid.id),
        payments.dispute_payment(database, gone.id),
    ):
        with pytest.raises(TriggerViolation) as refused:
            await refused_call
        assert refused.value.constraint == "payments_status_transition"
    with pytest.raises(TriggerViolation) as refused:
        await payments.capture(database, failed.id, capture_id=uuid7())
    assert refused.value.constraint == "payment_captures_open"
    with pytest.raises(TriggerViolation) as refused:
        await payments.refund(database, gone.id, refund_id=uuid7(), amount=1)
    assert refused.value.constraint == "payment_refunds_open"


@pytest.mark.parametrize("refunded", [0, 100])
async def test_a_dispute_that_is_won_returns_to_where_it_came_from(database: Database, refunded: int) -> None:
    paid = await captured(database)
    if refunded:
        await payments.refund(database, paid.id, refund_id=uuid7(), amount=refunded)
    before = (await payments.get_payment(database, paid.id)).status
    with pytest.raises(NotFound):
        await payments.win_dispute(database, paid.id)
    disputed = await payments.dispute_payment(database, paid.id)
    assert disputed.status is PaymentStatus.DISPUTED
    assert await payments.dispute_payment(database, paid.id) == disputed
    with pytest.raises(TriggerViolation) as refused:
        await payments.refund(database, paid.id, refund_id=uuid7(), amount=1)
    assert refused.value.constraint == "payment_refunds_of_dispute"
    won = await payments.win_dispute(database, paid.id)
    assert won.status is before
    assert await payments.win_dispute(database, paid.id) == won


async def test_a_dispute_that_is_lost_refunds_what_is_left(database: Database) -> None:
    paid = await authorized(database, 1000)
    await payments.capture(database, paid.id, capture_id=uuid7(), amount=800)
    await payments.refund(database, paid.id, refund_id=uuid7(), amount=100)
    key = uuid7()
    lost = await payments.lose_dispute(database, paid.id, refund_id=key)
    assert await payments.lose_dispute(database, paid.id, refund_id=key) == lost
    assert lost.amount == 700
    after = await payments.get_payment(database, paid.id)
    assert (after.status, after.refunded, after.disputed_at) == (PaymentStatus.REFUNDED, 800, database.now())
    with pytest.raises(TriggerViolation):
        await payments.win_dispute(database, paid.id)


async def test_payments_are_listed_by_key(database: Database, clock: Clock, user: User) -> None:
    made = []
    for n in range(6):
        made.append(await payments.create_payment(database, builders.payment(user, reference=f"order:{n % 2}")))
        clock.advance(timedelta(minutes=1))
    await payments.cancel_payment(database, made[0].id)
    gone, *rest = [await payments.get_payment(database, each.id) for each in made]
    first = await payments.list_payments_of_payer(database, user.id, limit=2)
    assert first + await payments.list_payments_of_payer(database, user.id, after=first[-1]) == [*rest[::-1], gone]
    cancelled = PaymentStatus.CANCELLED
    assert await payments.list_payments_of_payer(database, user.id, status=cancelled) == [gone]
    page = await payments.list_payments_with_status(database, PaymentStatus.CREATED, limit=2)
    assert page == rest[:2]
    page = await payments.list_payments_with_status(
        database, PaymentStatus.CREATED, created_before=made[4].created_at, after=page[-1]
    )
    assert page == rest[2:3]
    page = await payments.list_payments_of_reference(database, "order:0", limit=1)
    assert page + await payments.list_payments_of_reference(database, "order:0", after=page[-1]) == [
        gone,
        rest[1],
        rest[3],
    ]


async def test_revenue_is_summed_by_day_and_currency(database: Database, clock: Clock) -> None:
    day = clock.now.date()
    for n in range(20):
        paid = await captured(database, 1000 + n)
        if n % 2:
            await payments.refund(database, paid.id, refund_id=uuid7(), amount=100)
    clock.advance(timedelta(days=1))
    await payments.refund(database, paid.id, refund_id=uuid7(), amount=5)
    await captured(database, 7, currency="USD")
    everything: Any = {"since": date(2000, 1, 1), "until": date(2100, 1, 1)}
    found = await payments.list_revenue(database, "EUR", **everything)
    tomorrow = day + timedelta(days=1)
    assert found == [
        Revenue(currency="EUR", day=day, captured=20_190, refunded=1000),
        Revenue(currency="EUR", day=tomorrow, captured=0, refunded=5),
    ]
    assert [each.net for each in found] == [19_190, -5]
    assert await payments.list_revenue(database, "EUR", after=found[0], **everything) == found[1:]
    assert await payments.list_revenue(database, "EUR", since=day, until=day) == found[:1]
    assert [each.captured for each in await payments.list_revenue(database, "USD", **everything)] == [7]
    assert await payments.list_wrong_revenue(database) == []


async def test_an_import_makes_what_the_streams_gave(database: Database, user: User) -> None:
    """Into the same database: everything is there. The sums are tried with a payment that only the import knows."""
    paid = await captured(database, payer=user)
    await payments.refund(database, paid.id, refund_id=uuid7(), amount=100)
    paid = await payments.get_payment(database, paid.id)
    async with payments.stream_payments(database) as stream:
        rows = [each async for each in stream]
    async with payments.stream_captures(database) as stream_of_captures:
        captures = [each async for each in stream_of_captures]
    async with payments.stream_refunds(database) as stream_of_refunds:
        refunds = [each async for each in stream_of_refunds]
    assert rows == [paid]
    assert await payments.import_payments(database, rows, captures=captures, refunds=refunds) == 0
    other = paid.model_copy(update={"id": uuid7(), "provider_reference": "pi_other"})
    at = {"payment_id": other.id}
    new = [each.model_copy(update={**at, "id": uuid7(), "amount": 300}) for _ in range(3) for each in captures]
    back = [each.model_copy(update={**at, "id": uuid7()}) for each in refunds]
    assert await payments.import_payments(database, [other], captures=new, refunds=back, batch_size=2) == 5
    stored = await payments.get_payment(database, other.id)
    assert (stored.status, stored.captured, stored.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, 900, 100)
    assert await payments.list_wrong_revenue(database) == []
