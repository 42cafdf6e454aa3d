"""Subscriptions of users to plans, and their periods. Amounts are in minor units of a currency, such as cents."""

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
    """A CANCELLED subscription has ended. A PAST_DUE subscription is not renewed until it is paid."""

    TRIALING = "TRIALING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"


class PeriodKind(StrEnum):
    """TRIAL and PAUSED periods cost nothing. A PAUSED period has no end until the subscription is resumed."""

    TRIAL = "TRIAL"
    PAID = "PAID"
    PAUSED = "PAUSED"


class NewSubscription(Row):
    """A subscription that begins now or at `starts_at`. `trial_days` overrides the trial of the plan."""

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    plan_id: UUID
    starts_at: datetime | None = None
    trial_days: TrialDays | None = None
    metadata: JsonObject = Field(default_factory=dict)


class ImportedSubscription(Row):
    """A subscription that began in another system, with its current period, which becomes period number 1."""

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
    """A subscription with its current period, which costs `period_amount` minus `period_credit`.

    `credit` is the unused amount of shortened periods. It pays for the next periods. If the user was deleted, `user_id`
    and `cancelled_at` are None, and the status is CANCELLED.
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
    """A subscription whose period has ended, with the terms of the plan for its next period."""

    period_ends_at: datetime  # pyright: ignore[reportIncompatibleVariableOverride] - rows are frozen
    next_amount: int
    next_interval_unit: IntervalUnit
    next_interval_count: int


class Terms(Row):
    """The price, interval and trial of a plan."""

    plan_id: UUID
    currency: Currency
    amount: int
    interval_unit: IntervalUnit
    interval_count: int
    trial_days: int


class NextPeriod(Row):
    """The next period of a subscription. `period_number` is one higher than the current number."""

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
    """A period of a subscription. It begins when the previous period ends."""

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
        """The amount to pay for the period: `amount` minus the credit from earlier periods."""
        return self.amount - self.credit
