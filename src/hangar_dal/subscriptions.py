"""Subscriptions to plans: periods without gaps or overlaps, renewal, plan changes, pauses and cancellation.

`from hangar_dal import subscriptions`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic, time_of
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.models.subscriptions import DueSubscription, NextPeriod, Terms
from hangar_dal.models.subscriptions import ImportedSubscription as ImportedSubscription
from hangar_dal.models.subscriptions import NewSubscription as NewSubscription
from hangar_dal.models.subscriptions import PeriodKind as PeriodKind
from hangar_dal.models.subscriptions import Subscription as Subscription
from hangar_dal.models.subscriptions import SubscriptionPeriod as SubscriptionPeriod
from hangar_dal.models.subscriptions import SubscriptionStatus as SubscriptionStatus
from hangar_dal.next_periods import changed, first_period, paused, renewed, resumed
from hangar_dal.query import RowCount, Stream

query = COMMERCE.query


@query
async def insert_subscriptions(db: Executor, rows: list[ImportedSubscription]) -> list[Subscription]:
    """Store subscriptions with their first period in one statement; return those that are new."""
    ...


@query
async def get_subscription(db: Executor, subscription_id: UUID) -> Subscription:
    """Return the subscription with this id. Raises `NotFound` if there is none."""
    ...


@query
async def lock_subscription(db: Executor, subscription_id: UUID) -> Subscription:
    """Return the subscription with this id and lock it, so that other transactions cannot change it."""
    ...


@query
async def get_terms(db: Executor, plan_id: UUID) -> Terms:
    """Return the price and the interval of a plan."""
    ...


@query
async def list_subscriptions(
    db: Executor, status: SubscriptionStatus, *, after: Subscription | None = None, limit: PageSize = 50
) -> list[Subscription]:
    """Return a page of the subscriptions with this status, newest first."""
    ...


@query
async def list_subscriptions_of_user(
    db: Executor, user_id: UUID, *, after: Subscription | None = None, limit: PageSize = 50
) -> list[Subscription]:
    """Return a page of the subscriptions of a user, newest first."""
    ...


@query
async def list_subscriptions_of_plan(
    db: Executor,
    plan_id: UUID,
    status: SubscriptionStatus,
    *,
    after: Subscription | None = None,
    limit: PageSize = 50,
) -> list[Subscription]:
    """Return a page of the subscriptions of a plan with this status, newest first."""
    ...


@query
async def list_periods(
    db: Executor, subscription_id: UUID, *, after: SubscriptionPeriod | None = None, limit: PageSize = 50
) -> list[SubscriptionPeriod]:
    """Return a page of the periods of a subscription, latest first."""
    ...


@query
async def get_period(db: Executor, subscription_id: UUID, *, number: int) -> SubscriptionPeriod:
    """Return the period with this number. Raises `NotFound` if there is none."""
    ...


@query
async def lock_due_subscriptions(db: Executor, *, limit: BatchSize = 500) -> list[DueSubscription]:
    """Lock and return subscriptions whose period has ended, earliest end first.

    Skips subscriptions that other transactions are renewing. Used by `renew_due`.
    """
    ...


@query
async def begin_periods(db: Executor, rows: list[NextPeriod]) -> list[Subscription]:
    """Begin the next period of subscriptions in one statement, except those that have begun it already."""
    ...


@query
async def end_subscriptions(db: Executor, ids: list[UUID]) -> list[Subscription]:
    """Cancel subscriptions whose period has ended. Used by `renew_due`."""
    ...


@query
async def cancel(db: Executor, subscription_id: UUID) -> Subscription:
    """Cancel a subscription now. The end of its period does not change. Repeating the call changes nothing."""
    ...


@query
async def cancel_at_period_end(db: Executor, subscription_id: UUID, *, cancel: bool = True) -> Subscription:
    """Let a subscription end with its period instead of being renewed. `cancel=False` reverts this."""
    ...


@query
async def change_plan_at_period_end(db: Executor, subscription_id: UUID, plan_id: UUID | None) -> Subscription:
    """Switch to another plan of the same currency after this period. `plan_id=None` reverts this."""
    ...


@query
async def mark_past_due(db: Executor, subscription_id: UUID) -> Subscription:
    """Record that the period was not paid. The subscription is not renewed until `mark_paid`.

    Raises `TriggerViolation` if the subscription is not ACTIVE.
    """
    ...


@query
async def mark_paid(db: Executor, subscription_id: UUID) -> Subscription:
    """Record that the period was paid, which makes a PAST_DUE subscription ACTIVE.

    Repeating the call changes nothing.
    """
    ...


@query
def stream_subscriptions(db: Executor) -> Stream[Subscription]:
    """Stream all subscriptions, ordered by id, for an export."""
    ...


@query
def stream_subscriptions_of_user(db: Executor, user_id: UUID) -> Stream[Subscription]:
    """Stream the subscriptions of a user, oldest first, for an export."""
    ...


@query
def stream_periods_of_user(db: Executor, user_id: UUID) -> Stream[SubscriptionPeriod]:
    """Stream the periods of the subscriptions of a user, for an export."""
    ...


@query
async def move_subscriptions(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the subscriptions of the user `merged` to the user `kept`."""
    ...


async def subscribe(db: Executor, new: NewSubscription) -> Subscription:
    """Begin a subscription, with a trial if it has one. Repeating the call with the same id returns the subscription.

    Raises `TriggerViolation` if the plan is closed, and `UniqueViolation` if the id belongs to another user or plan.
    """
    terms = await get_terms(db, new.plan_id)
    if rows := await insert_subscriptions(db, [first_period(new, terms, time_of(db))]):
        return rows[0]
    found = await get_subscription(db, new.id)
    first = await get_period(db, new.id, number=1)
    if (found.user_id, first.plan_id) != (new.user_id, new.plan_id):
        raise UniqueViolation("subscriptions: another subscription has this id", constraint="subscriptions_pkey")
    return found


async def import_subscriptions(db: Executor, rows: Iterable[ImportedSubscription], *, batch_size: int = 500) -> int:
    """Store subscriptions of another system in batches, all or none, except taken ids; return how many."""
    return sum(map(len, await store_in_batches(db, insert_subscriptions, rows, batch_size)))


async def renew_due(db: Executor, *, limit: BatchSize = 500) -> list[Subscription]:
    """Renew up to `limit` subscriptions whose period has ended, or cancel them if `cancel_at_period_end`; return them.

    Several processes may call it at once; each subscription is renewed by one of them. Call it until the list is empty,
    because each call begins one period per subscription. Call it in a transaction to commit your work for the new
    periods, such as invoices, with them.
    """
    async with atomic(db) as tx:
        due = await lock_due_subscriptions(tx, limit=limit)
        ended = await end_subscriptions(tx, [each.id for each in due if each.cancel_at_period_end])
        begun = await begin_periods(tx, [renewed(each) for each in due if not each.cancel_at_period_end])
        return sorted(ended + begun, key=lambda each: each.id)


async def change_plan(db: Executor, subscription_id: UUID, plan_id: UUID) -> Subscription:
    """Switch to another plan of the same currency now. Repeating the call changes nothing.

    The unused share of the current period's amount becomes credit. If both plans have the same interval, the period
    keeps its end, and its rest costs a share of the new amount. Otherwise a full period begins now. Both shares are
    rounded down. A trial continues until its end. A paused subscription gets the new plan when it is resumed.
    """
    async with atomic(db) as tx:
        old = await lock_subscription(tx, subscription_id)
        if plan_id == old.plan_id:
            return old
        if old.period_kind is PeriodKind.PAUSED:
            return await change_plan_at_period_end(tx, subscription_id, plan_id)
        before, terms = await get_terms(tx, old.plan_id), await get_terms(tx, plan_id)
        return (await begin_periods(tx, [changed(old, before, terms, tx.now())]))[0]


async def pause(db: Executor, subscription_id: UUID) -> Subscription:
    """Pause a subscription until `resume`. The unused share of its amount becomes credit.

    Resets `cancel_at_period_end`. Raises `TriggerViolation` unless the subscription is ACTIVE. Repeating the call
    changes nothing.
    """
    async with atomic(db) as tx:
        old = await lock_subscription(tx, subscription_id)
        if old.status is SubscriptionStatus.PAUSED:
            return old
        return (await begin_periods(tx, [paused(old, tx.now())]))[0]


async def resume(db: Executor, subscription_id: UUID) -> Subscription:
    """Begin a full period now, after a pause. Repeating the call changes nothing.

    Raises `TriggerViolation` if the subscription was cancelled.
    """
    async with atomic(db) as tx:
        old = await lock_subscription(tx, subscription_id)
        if old.status not in (SubscriptionStatus.PAUSED, SubscriptionStatus.CANCELLED):
            return old
        terms = await get_terms(tx, old.next_plan_id or old.plan_id)
        return (await begin_periods(tx, [resumed(old, terms, tx.now())]))[0]
