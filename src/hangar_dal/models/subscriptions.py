"""Subscriptions of users to plans, and their periods. Amounts are minor units of a currency, such as cents."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Currency, Price, Row, TrialDays
from hangar_dal.periods import IntervalUnit
from hangar_dal.values import JsonObject, uuid7

DayOfMonth = Annotated[int, Field(ge=1, le=31)]


class SubscriptionStatus(StrEnum):
    """A CANCELLED subscription has ended; a PAST_DUE one waits for a payment, and begins no other period until then."""

    TRIALING = "TRIALING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"


class PeriodKind(StrEnum):
    """TRIAL and PAUSED periods cost nothing. A PAUSED period has no end until the subscription goes on."""

    TRIAL = "TRIAL"
    PAID = "PAID"
    PAUSED = "PAUSED"


class NewSubscription(Row):
    """A subscription that begins now, or at `starts_at`. `trial_days` replaces those of the plan."""

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    plan_id: UUID
    starts_at: datetime | None = None
    trial_days: TrialDays | None = None
    metadata: JsonObject = Field(default_factory=dict)


class ImportedSubscription(Row):
    """A subscription that another system began, with the period that runs now: it gets the number 1."""

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    plan_id: UUID
    currency: Currency
    status: SubscriptionStatus
    period_kind: PeriodKind
    period_starts_at: datetime
    period_ends_at: datetime | None
    period_amount: Price = 0
    credit: Price = 0
    anchor_day: DayOfMonth
    cancel_at_period_end: bool = False
    metadata: JsonObject = Field(default_factory=dict)
    created_at: datetime


class Subscription(Row):
    """A subscription with the period that runs now, which costs `period_amount` less `period_credit`.

    `credit` is left of periods that were cut short, and pays for the next ones. If the user was deleted, there is no
    `user_id` and no `cancelled_at`, and the status is CANCELLED.
    """

    id: UUID
    user_id: UUID | None
    plan_id: UUID
    currency: Currency
    status: SubscriptionStatus
    period_number: int
    period_kind: PeriodKind
    period_starts_at: datetime
    period_ends_at: datetime | None
    period_amount: int
    period_credit: int
    credit: int
    anchor_day: int
    next_plan_id: UUID | None
    cancel_at_period_end: bool
    cancelled_at: datetime | None
    metadata: JsonObject
    created_at: datetime


class DueSubscription(Subscription):
    """A subscription whose period is over, with the terms of the plan that it goes on with."""

    period_ends_at: datetime  # pyright: ignore[reportIncompatibleVariableOverride] - rows are frozen
    next_amount: int
    next_interval_unit: IntervalUnit
    next_interval_count: int


class Terms(Row):
    """What a subscription needs to know of a plan."""

    plan_id: UUID
    currency: Currency
    amount: int
    interval_unit: IntervalUnit
    interval_count: int
    trial_days: int


class NextPeriod(Row):
    """The period that comes after the one with the number before."""

    id: UUID
    status: SubscriptionStatus
    plan_id: UUID
    period_number: int
    period_kind: PeriodKind
    period_starts_at: datetime
    period_ends_at: datetime | None
    period_amount: int
    period_credit: int
    credit: int
    anchor_day: int
    next_plan_id: UUID | None
    cancel_at_period_end: bool


class SubscriptionPeriod(Row):
    """A period of a subscription: it begins where the one before it ends."""

    subscription_id: UUID
    number: int
    kind: PeriodKind
    plan_id: UUID
    currency: Currency
    starts_at: datetime
    ends_at: datetime | None
    amount: int
    credit: int

    @property
    def due(self) -> int:
        """What is to be paid for it: the amount less the credit of earlier periods."""
        return self.amount - self.credit
