"""Compute the first and the next period of a subscription: when it ends and what it costs.

Pure functions, for `subscriptions`.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.models.subscriptions import (
    DueSubscription,
    ImportedSubscription,
    NewSubscription,
    NextPeriod,
    PeriodKind,
    Subscription,
    SubscriptionStatus,
    Terms,
)
from hangar_dal.periods import IntervalUnit, share, shifted

_STATUS: Final = {
    PeriodKind.TRIAL: SubscriptionStatus.TRIALING,
    PeriodKind.PAID: SubscriptionStatus.ACTIVE,
    PeriodKind.PAUSED: SubscriptionStatus.PAUSED,
}


def first_period(new: NewSubscription, terms: Terms, now: datetime) -> ImportedSubscription:
    """Return the first period: a trial if the plan has one, else a paid period.

    The day on which the first paid period begins is the anchor day.
    """
    starts_at = new.starts_at or now
    trial_days = terms.trial_days if new.trial_days is None else new.trial_days
    paid_at = shifted(starts_at, IntervalUnit.DAY, trial_days, anchor_day=starts_at.day)
    kind = PeriodKind.TRIAL if trial_days else PeriodKind.PAID
    return ImportedSubscription(
        **new.model_dump(exclude={"starts_at", "trial_days"}),
        currency=terms.currency,
        status=_STATUS[kind],
        period_kind=kind,
        period_starts_at=starts_at,
        period_ends_at=paid_at if trial_days else _end(terms, paid_at, paid_at.day),
        period_amount=0 if trial_days else terms.amount,
        anchor_day=paid_at.day,
        created_at=now,
    )


def renewed(due: DueSubscription) -> NextPeriod:
    """Return the full period that follows the ended one."""
    terms = Terms(
        plan_id=due.next_plan_id or due.plan_id,
        currency=due.currency,
        amount=due.next_amount,
        interval_unit=due.next_interval_unit,
        interval_count=due.next_interval_count,
        trial_days=0,
    )
    ends_at = _end(terms, due.period_ends_at, due.anchor_day)
    return _paid(due, terms, due.period_ends_at, ends_at)


def changed(old: Subscription, before: Terms, terms: Terms, now: datetime) -> NextPeriod:
    """Return the period on another plan that begins now; see `subscriptions.change_plan`."""
    at, left = _cut(old, now)
    ends_at, is_same = old.period_ends_at, _interval(before) == _interval(terms)
    if ends_at is None or not left:
        return _paid(old, terms, at, _end(terms, at, old.anchor_day))
    if old.period_kind is PeriodKind.TRIAL:
        return _next(old, PeriodKind.TRIAL, at, ends_at, plan_id=terms.plan_id)
    if is_same:
        begun_at = shifted(ends_at, terms.interval_unit, -terms.interval_count, anchor_day=old.anchor_day)
        return _paid(old, terms, at, ends_at, left=left, amount=share(terms.amount, left, ends_at - begun_at))
    return _paid(old, terms, at, _end(terms, at, at.day), left=left, anchor_day=at.day)


def paused(old: Subscription, now: datetime) -> NextPeriod:
    """Return the PAUSED period, without an end, that begins now."""
    at, left = _cut(old, now)
    return _next(old, PeriodKind.PAUSED, at, None, credit=old.credit + _rest(old, left), next_plan_id=old.next_plan_id)


def resumed(old: Subscription, terms: Terms, now: datetime) -> NextPeriod:
    """Return a full period that begins now. Its day becomes the anchor day of later periods."""
    at, _ = _cut(old, now)
    return _paid(old, terms, at, _end(terms, at, at.day), anchor_day=at.day)


def _cut(old: Subscription, now: datetime) -> tuple[datetime, timedelta]:
    """Return when the next period begins if it begins now, and how much time of the current period is left then."""
    at = max(now, old.period_starts_at)
    if old.period_ends_at is None:
        return at, timedelta(0)
    at = min(at, old.period_ends_at)
    return at, old.period_ends_at - at


def _rest(old: Subscription, left: timedelta) -> int:
    """Return the share of the current period's amount for the time that is left."""
    return share(old.period_amount, left, old.period_ends_at - old.period_starts_at) if old.period_ends_at else 0


def _interval(terms: Terms) -> tuple[IntervalUnit, int]:
    return terms.interval_unit, terms.interval_count


def _end(terms: Terms, starts_at: datetime, anchor_day: int) -> datetime:
    return shifted(starts_at, terms.interval_unit, terms.interval_count, anchor_day=anchor_day)


def _paid(
    old: Subscription,
    terms: Terms,
    at: datetime,
    ends_at: datetime,
    *,
    left: timedelta = timedelta(0),
    amount: int | None = None,
    anchor_day: int | None = None,
) -> NextPeriod:
    """Return a paid period; credit is used first."""
    price, credit = terms.amount if amount is None else amount, old.credit + _rest(old, left)
    used = min(price, credit)
    new = _next(old, PeriodKind.PAID, at, ends_at, plan_id=terms.plan_id, credit=credit - used)
    priced = {"period_amount": price, "period_credit": used, "anchor_day": anchor_day or old.anchor_day}
    return new.model_copy(update=priced)


def _next(
    old: Subscription,
    kind: PeriodKind,
    at: datetime,
    ends_at: datetime | None,
    *,
    plan_id: UUID | None = None,
    credit: int | None = None,
    next_plan_id: UUID | None = None,
) -> NextPeriod:
    """Return a period that costs nothing. A pause resets `cancel_at_period_end`."""
    return NextPeriod(
        id=old.id,
        status=_STATUS[kind],
        plan_id=plan_id or old.plan_id,
        period_number=old.period_number + 1,
        period_kind=kind,
        period_starts_at=at,
        period_ends_at=ends_at,
        period_amount=0,
        period_credit=0,
        credit=old.credit if credit is None else credit,
        anchor_day=old.anchor_day,
        next_plan_id=next_plan_id,
        cancel_at_period_end=old.cancel_at_period_end and kind is not PeriodKind.PAUSED,
    )
