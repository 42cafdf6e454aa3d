"""Subscriptions to plans: periods without gap or overlap, renewal, change of plan, pauses and the end.

`from hangar_dal import subscriptions`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMERCE`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Executor, atomic
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
    """Store subscriptions with their first period in one statement; returns those that are new."""
    ...


@query
async def get_subscription(db: Executor, subscription_id: UUID) -> Subscription:
    """The subscription with this id."""
    ...


@query
async def lock_subscription(db: Executor, subscription_id: UUID) -> Subscription:
    """The same, and keep other transactions from changing it."""
    ...


@query
async def get_terms(db: Executor, plan_id: UUID) -> Terms:
    """What a plan costs, and for how long."""
    ...


@query
async def list_subscriptions(
    db: Executor, status: SubscriptionStatus, *, after: Subscription | None = None, limit: PageSize = 50
) -> list[Subscription]:
    """A page of the subscriptions with this status, the newest first."""
    ...


@query
async def list_subscriptions_of_user(
    db: Executor, user_id: UUID, *, after: Subscription | None = None, limit: PageSize = 50
) -> list[Subscription]:
    """A page of the subscriptions of a user, the newest first."""
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
    """A page of the subscriptions of a plan with this status, the newest first."""
    ...


@query
async def list_periods(
    db: Executor, subscription_id: UUID, *, after: SubscriptionPeriod | None = None, limit: PageSize = 50
) -> list[SubscriptionPeriod]:
    """A page of the periods of a subscription, the last one first."""
    ...


@query
async def get_period(db: Executor, subscription_id: UUID, *, number: int) -> SubscriptionPeriod:
    """The period with this number."""
    ...


@query
async def lock_due_subscriptions(db: Executor, *, limit: BatchSize = 500) -> list[DueSubscription]:
    """Those whose period is over, the longest first, without those that others are renewing; for `renew_due`."""
    ...


@query
async def begin_periods(db: Executor, rows: list[NextPeriod]) -> list[Subscription]:
    """Begin the next period of subscriptions in one statement; leaves out those that have begun it already."""
    ...


@query
async def end_subscriptions(db: Executor, ids: list[UUID]) -> list[Subscription]:
    """Cancel subscriptions at the end of their period; for `renew_due`."""
    ...


@query
async def cancel(db: Executor, subscription_id: UUID) -> Subscription:
    """End a subscription now. Its period keeps its end. Repeating it changes nothing."""
    ...


@query
async def cancel_at_period_end(db: Executor, subscription_id: UUID, *, cancel: bool = True) -> Subscription:
    """Let a subscription end with its period instead of being renewed; `cancel=False` takes that back."""
    ...


@query
async def change_plan_at_period_end(db: Executor, subscription_id: UUID, plan_id: UUID | None) -> Subscription:
    """Go on with another plan of the same currency after this period; None takes that back."""
    ...


@query
async def mark_past_due(db: Executor, subscription_id: UUID) -> Subscription:
    """Say that the period was not paid: nothing is renewed until `mark_paid`. `TriggerViolation` if not ACTIVE."""
    ...


@query
async def mark_paid(db: Executor, subscription_id: UUID) -> Subscription:
    """Say that the period was paid after all: the subscription is ACTIVE again. Repeating it changes nothing."""
    ...


@query
def stream_subscriptions(db: Executor) -> Stream[Subscription]:
    """All subscriptions, by id, for an export."""
    ...


@query
def stream_subscriptions_of_user(db: Executor, user_id: UUID) -> Stream[Subscription]:
    """The subscriptions of a user, the oldest first, for an export."""
    ...


@query
def stream_periods_of_user(db: Executor, user_id: UUID) -> Stream[SubscriptionPeriod]:
    """The periods of the subscriptions of a user, for an export."""
    ...


@query
async def move_subscriptions(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the subscriptions of one user to another."""
    ...


async def subscribe(db: Executor, new: NewSubscription) -> Subscription:
    """Begin a subscription, with its trial if it has one. Repeating it with the same id returns the subscription.

    `TriggerViolation` if the plan is closed; `UniqueViolation` if the id belongs to another user or plan.
    """
    terms = await get_terms(db, new.plan_id)
    if rows := await insert_subscriptions(db, [first_period(new, terms, db.now())]):
        return rows[0]
    found = await get_subscription(db, new.id)
    first = await get_period(db, new.id, number=1)
    if (found.user_id, first.plan_id) != (new.user_id, new.plan_id):
        raise UniqueViolation("subscriptions: another subscription has this id", constraint="subscriptions_pkey")
    return found


async def import_subscriptions(db: Executor, rows: Iterable[ImportedSubscription], *, batch_size: int = 500) -> int:
    """Store what another system began, one statement a batch, all or none; returns how many. Taken ids are left out."""
    async with atomic(db) as tx:
        return sum([len(await insert_subscriptions(tx, batch)) for batch in batches(rows, batch_size)])


async def renew_due(db: Executor, *, limit: BatchSize = 500) -> list[Subscription]:
    """Renew up to `limit` subscriptions whose period is over, or end those that were to end; returns them.

    Several processes may do it at once: each subscription is renewed by one. Call it until it returns none: one whose
    period was over long ago gets its periods one by one. In a transaction, what you do for the new periods is committed
    with them.
    """
    async with atomic(db) as tx:
        due = await lock_due_subscriptions(tx, limit=limit)
        ended = await end_subscriptions(tx, [each.id for each in due if each.cancel_at_period_end])
        begun = await begin_periods(tx, [renewed(each) for each in due if not each.cancel_at_period_end])
        return sorted(ended + begun, key=lambda each: each.id)


async def change_plan(db: Executor, subscription_id: UUID, plan_id: UUID) -> Subscription:
    """Go to another plan of the same currency now. Repeating it changes nothing.

    What is left of the period becomes credit. If the plans have the same interval, the end stays, and the rest of the
    period costs its share of the new amount. Otherwise a whole period begins now. Both shares are rounded down. A trial
    goes on until its end, and a paused subscription takes the plan when it is resumed.
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
    """Stop a subscription until `resume`: what is left of the period becomes credit. Repeating it changes nothing.

    It takes `cancel_at_period_end` back. `TriggerViolation` unless the subscription is ACTIVE.
    """
    async with atomic(db) as tx:
        old = await lock_subscription(tx, subscription_id)
        if old.status is SubscriptionStatus.PAUSED:
            return old
        return (await begin_periods(tx, [paused(old, tx.now())]))[0]


async def resume(db: Executor, subscription_id: UUID) -> Subscription:
    """Begin a whole period now, after a pause. Repeating it changes nothing; `TriggerViolation` if it has ended."""
    async with atomic(db) as tx:
        old = await lock_subscription(tx, subscription_id)
        if old.status not in (SubscriptionStatus.PAUSED, SubscriptionStatus.CANCELLED):
            return old
        terms = await get_terms(tx, old.next_plan_id or old.plan_id)
        return (await begin_periods(tx, [resumed(old, terms, tx.now())]))[0]
