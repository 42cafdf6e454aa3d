"""Subscriptions begin, are renewed, paused, changed to other plans, and end."""

from datetime import timedelta

import pytest

from hangar_dal import Database, User, builders, plans, subscriptions, users, uuid7
from hangar_dal.errors import CheckViolation, ForeignKeyViolation, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.plans import IntervalUnit
from hangar_dal.subscriptions import PeriodKind, SubscriptionStatus
from tests.helpers.billing import day, periods, sold, subscribed
from tests.helpers.clock import Clock


async def test_a_subscription_begins_once(database: Database, user: User) -> None:
    plan, other = await sold(database), await sold(database)
    new = builders.subscription(user, plan, metadata={"seats": 3})
    begun = await subscriptions.subscribe(database, new)
    assert begun.status is SubscriptionStatus.ACTIVE
    assert (begun.period_number, begun.period_kind, begun.period_amount) == (1, PeriodKind.PAID, 3000)
    assert begun.period_starts_at == begun.created_at == database.now()
    assert begun.period_ends_at == database.now().replace(month=2)
    assert await subscriptions.subscribe(database, new) == begun
    assert await subscriptions.get_subscription(database, begun.id) == begun
    (period,) = await periods(database, begun)
    assert (period.kind, period.amount, period.due, period.ends_at) == ("PAID", 3000, 3000, begun.period_ends_at)
    with pytest.raises(UniqueViolation):
        await subscriptions.subscribe(database, new.model_copy(update={"plan_id": other.id}))


async def test_a_trial_comes_before_the_first_paid_period(database: Database, clock: Clock, user: User) -> None:
    plan = await sold(database, trial_days=29)
    trial = await subscribed(database, user, plan, starts_at=day(1, 2))
    assert (trial.status, trial.period_amount, trial.anchor_day) == (SubscriptionStatus.TRIALING, 0, 31)
    clock.now = day(1, 31)
    (renewed,) = await subscriptions.renew_due(database)
    assert (renewed.status, renewed.period_amount) == (SubscriptionStatus.ACTIVE, 3000)
    assert renewed.period_ends_at == day(2, 28)
    assert (await subscribed(database, user, plan, trial_days=0)).status is SubscriptionStatus.ACTIVE


async def test_periods_of_months_keep_their_anchor_day(database: Database, clock: Clock, user: User) -> None:
    begun = await subscribed(database, user, starts_at=day(1, 31))
    clock.now = day(6, 1)
    for ends_at in (day(3, 31), day(4, 30), day(5, 31), day(6, 30)):
        (renewed,) = await subscriptions.renew_due(database)
        assert renewed.period_ends_at == ends_at
    assert await subscriptions.renew_due(database) == []
    assert [period.number for period in await periods(database, begun)] == [1, 2, 3, 4, 5]


async def test_a_subscription_ends_with_its_period_if_it_is_to(database: Database, clock: Clock, user: User) -> None:
    begun, other = await subscribed(database, user), await subscribed(database, user)
    flagged = await subscriptions.cancel_at_period_end(database, begun.id)
    assert (flagged.status, flagged.cancel_at_period_end) == (SubscriptionStatus.ACTIVE, True)
    await subscriptions.cancel_at_period_end(database, other.id)
    assert not (await subscriptions.cancel_at_period_end(database, other.id, cancel=False)).cancel_at_period_end
    clock.advance(timedelta(days=40))
    ended, renewed = await subscriptions.renew_due(database)
    assert (ended.id, ended.status) == (begun.id, SubscriptionStatus.CANCELLED)
    assert ended.cancelled_at == begun.period_ends_at
    assert (renewed.id, renewed.period_number) == (other.id, 2)
    assert len(await periods(database, begun)) == 1


async def test_a_subscription_is_cancelled_now(database: Database, clock: Clock, user: User) -> None:
    begun = await subscribed(database, user)
    cancelled = await subscriptions.cancel(database, begun.id)
    assert (cancelled.status, cancelled.cancelled_at) == (SubscriptionStatus.CANCELLED, database.now())
    clock.advance(timedelta(days=40))
    assert await subscriptions.cancel(database, begun.id) == cancelled
    assert await subscriptions.renew_due(database) == []
    for refused in (subscriptions.resume, subscriptions.pause, subscriptions.mark_paid, subscriptions.mark_past_due):
        with pytest.raises(TriggerViolation):
            await refused(database, begun.id)
    with pytest.raises(TriggerViolation):
        await subscriptions.change_plan(database, begun.id, (await sold(database)).id)


async def test_nothing_is_renewed_while_a_payment_is_due(database: Database, clock: Clock, user: User) -> None:
    begun = await subscribed(database, user)
    for _ in range(2):
        assert (await subscriptions.mark_past_due(database, begun.id)).status is SubscriptionStatus.PAST_DUE
    clock.advance(timedelta(days=40))
    assert await subscriptions.renew_due(database) == []
    for refused in (subscriptions.pause(database, begun.id), subscriptions.change_plan(database, begun.id, uuid7())):
        with pytest.raises((TriggerViolation, NotFound)):
            await refused
    for _ in range(2):
        assert (await subscriptions.mark_paid(database, begun.id)).status is SubscriptionStatus.ACTIVE
    (renewed,) = await subscriptions.renew_due(database)
    assert renewed.period_starts_at == begun.period_ends_at


async def test_a_past_due_subscription_ends_with_its_period_if_it_is_to(
    database: Database, clock: Clock, user: User
) -> None:
    begun = await subscribed(database, user)
    await subscriptions.mark_past_due(database, begun.id)
    await subscriptions.cancel_at_period_end(database, begun.id)
    clock.advance(timedelta(days=40))
    (ended,) = await subscriptions.renew_due(database)
    assert ended.status is SubscriptionStatus.CANCELLED


async def test_a_trial_cannot_be_past_due_or_paused(database: Database, user: User) -> None:
    trial = await subscribed(database, user, trial_days=7)
    for refused in (subscriptions.mark_past_due, subscriptions.pause):
        with pytest.raises(TriggerViolation) as error:
            await refused(database, trial.id)
        assert error.value.constraint == "subscriptions_status_transition"
    with pytest.raises(CheckViolation):
        await subscriptions.mark_paid(database, trial.id)
    assert await subscriptions.resume(database, trial.id) == trial


async def test_what_is_left_of_a_paused_period_pays_for_the_next_one(
    database: Database, clock: Clock, user: User
) -> None:
    plan = await sold(database, amount=3000, interval_unit=IntervalUnit.DAY, interval_count=30)
    begun = await subscribed(database, user, plan)
    await subscriptions.cancel_at_period_end(database, begun.id)
    clock.advance(timedelta(days=10))
    paused = await subscriptions.pause(database, begun.id)
    assert (paused.status, paused.credit, paused.cancel_at_period_end) == (SubscriptionStatus.PAUSED, 2000, False)
    assert paused.period_ends_at is None
    assert await subscriptions.pause(database, begun.id) == paused
    with pytest.raises(CheckViolation):
        await subscriptions.cancel_at_period_end(database, begun.id)
    clock.advance(timedelta(days=400))
    assert await subscriptions.renew_due(database) == []
    resumed = await subscriptions.resume(database, begun.id)
    assert (resumed.period_amount, resumed.period_credit, resumed.credit) == (3000, 2000, 0)
    assert resumed.period_starts_at == database.now()
    assert await subscriptions.resume(database, begun.id) == resumed
    assert [period.kind for period in await periods(database, begun)] == ["PAID", "PAUSED", "PAID"]
    assert [period.due for period in await periods(database, begun)] == [3000, 0, 1000]


async def test_more_credit_than_a_period_costs_is_left_for_the_next(
    database: Database, clock: Clock, user: User
) -> None:
    days = {"interval_unit": IntervalUnit.DAY, "interval_count": 30}
    dear, cheap = await sold(database, amount=9000, **days), await sold(database, amount=1000, **days)
    begun = await subscribed(database, user, dear)
    changed = await subscriptions.change_plan(database, begun.id, cheap.id)
    assert (changed.period_amount, changed.period_credit, changed.credit) == (1000, 1000, 8000)
    clock.advance(timedelta(days=30))
    (renewed,) = await subscriptions.renew_due(database)
    assert (renewed.period_credit, renewed.credit) == (1000, 7000)


async def test_a_plan_of_the_same_interval_is_taken_for_the_rest_of_the_period(
    database: Database, clock: Clock, user: User
) -> None:
    small, large = await sold(database, amount=1000), await sold(database, amount=5000)
    begun = await subscribed(database, user, small, starts_at=day(1, 1))
    clock.now = day(1, 11)
    changed = await subscriptions.change_plan(database, begun.id, large.id)
    # 21 of 31 days are left: 677.4 of 1000 are credit, and 3387.1 of 5000 are the price.
    assert (changed.period_amount, changed.period_credit, changed.credit) == (3387, 677, 0)
    assert changed.period_ends_at == begun.period_ends_at == day(2, 1)
    assert await subscriptions.change_plan(database, begun.id, large.id) == changed
    back = await subscriptions.change_plan(database, begun.id, small.id)
    assert (back.period_amount, back.period_credit, back.credit) == (677, 677, 2710)
    clock.now = day(2, 1)
    (renewed,) = await subscriptions.renew_due(database)
    assert (renewed.plan_id, renewed.period_amount, renewed.period_ends_at) == (small.id, 1000, day(3, 1))
    assert len(await periods(database, begun)) == 4


async def test_a_plan_of_another_interval_begins_a_whole_period(database: Database, clock: Clock, user: User) -> None:
    monthly = await sold(database, amount=3100)
    yearly = await sold(database, amount=20000, interval_unit=IntervalUnit.YEAR)
    begun = await subscribed(database, user, monthly, starts_at=day(1, 1))
    clock.now = day(1, 31)
    changed = await subscriptions.change_plan(database, begun.id, yearly.id)
    assert (changed.period_amount, changed.period_credit) == (20000, 100)
    assert (changed.period_ends_at, changed.anchor_day) == (day(1, 31, year=2031), 31)


async def test_a_trial_goes_on_with_another_plan(database: Database, clock: Clock, user: User) -> None:
    other = await sold(database, amount=7)
    trial = await subscribed(database, user, trial_days=10)
    clock.advance(timedelta(days=3))
    changed = await subscriptions.change_plan(database, trial.id, other.id)
    assert (changed.status, changed.plan_id) == (SubscriptionStatus.TRIALING, other.id)
    assert changed.period_ends_at == trial.period_ends_at
    clock.advance(timedelta(days=7))
    changed = await subscriptions.change_plan(database, trial.id, trial.plan_id)
    assert (changed.status, changed.period_amount) == (SubscriptionStatus.ACTIVE, 3000)
    assert changed.period_starts_at == trial.period_ends_at


async def test_another_plan_is_taken_after_the_period(database: Database, clock: Clock, user: User) -> None:
    other, dollars = await sold(database, amount=7), await sold(database, currency="USD")
    begun = await subscribed(database, user)
    assert (await subscriptions.change_plan_at_period_end(database, begun.id, other.id)).next_plan_id == other.id
    assert (await subscriptions.change_plan_at_period_end(database, begun.id, None)).next_plan_id is None
    with pytest.raises(ForeignKeyViolation):
        await subscriptions.change_plan_at_period_end(database, begun.id, dollars.id)
    with pytest.raises(ForeignKeyViolation):
        await subscriptions.change_plan(database, begun.id, dollars.id)
    await subscriptions.change_plan_at_period_end(database, begun.id, other.id)
    await plans.close_plan(database, other.id)  # what was planned before is still done
    clock.advance(timedelta(days=40))
    (renewed,) = await subscriptions.renew_due(database)
    assert (renewed.plan_id, renewed.next_plan_id, renewed.period_amount) == (other.id, None, 7)


async def test_a_paused_subscription_takes_another_plan_when_it_is_resumed(database: Database, user: User) -> None:
    other = await sold(database, amount=7)
    begun = await subscribed(database, user)
    await subscriptions.pause(database, begun.id)
    assert (await subscriptions.change_plan(database, begun.id, other.id)).next_plan_id == other.id
    resumed = await subscriptions.resume(database, begun.id)
    assert (resumed.plan_id, resumed.period_amount, resumed.period_credit, resumed.credit) == (other.id, 7, 7, 2993)


async def test_a_closed_plan_takes_no_more_subscriptions(database: Database, clock: Clock, user: User) -> None:
    closed = await sold(database)
    before, other = await subscribed(database, user, closed), await subscribed(database, user)
    await plans.close_plan(database, closed.id)
    for call in (
        subscribed(database, user, closed),
        subscriptions.change_plan(database, other.id, closed.id),
        subscriptions.change_plan_at_period_end(database, other.id, closed.id),
    ):
        with pytest.raises(TriggerViolation) as refused:
            await call
        assert refused.value.constraint == "subscriptions_plan_open"
    clock.advance(timedelta(days=40))
    assert before.id in {each.id for each in await subscriptions.renew_due(database)}


async def test_a_clock_that_is_behind_cuts_nothing_before_its_beginning(
    database: Database, clock: Clock, user: User
) -> None:
    begun = await subscribed(database, user)
    clock.advance(-timedelta(seconds=5))
    paused = await subscriptions.pause(database, begun.id)
    assert (paused.period_starts_at, paused.credit) == (begun.period_starts_at, 3000)
    assert len(await periods(database, begun)) == 2


async def test_a_user_who_is_deleted_ends_all_subscriptions(database: Database, clock: Clock, user: User) -> None:
    other = await users.create_user(database, builders.user())
    active, paused = await subscribed(database, user), await subscribed(database, user)
    await subscriptions.pause(database, paused.id)
    kept = await subscribed(database, other)
    await users.delete_user(database, user.id)
    for each in (active, paused):
        left = await subscriptions.get_subscription(database, each.id)
        assert (left.user_id, left.status, left.cancelled_at) == (None, SubscriptionStatus.CANCELLED, None)
    clock.advance(timedelta(days=40))
    assert [each.id for each in await subscriptions.renew_due(database)] == [kept.id]


async def test_what_is_unknown_is_not_found(database: Database, user: User) -> None:
    for call in (
        subscriptions.get_subscription(database, uuid7()),
        subscriptions.get_period(database, uuid7(), number=1),
        subscriptions.cancel(database, uuid7()),
        subscriptions.pause(database, uuid7()),
        subscriptions.subscribe(database, builders.subscription(user, uuid7())),
    ):
        with pytest.raises(NotFound):
            await call
