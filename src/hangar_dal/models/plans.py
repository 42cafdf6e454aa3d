"""Plans to subscribe to, with an amount per interval."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from hangar_dal.models.row import Currency, Label, Price, Row, TrialDays
from hangar_dal.periods import IntervalUnit
from hangar_dal.values import JsonObject, uuid7

IntervalCount = Annotated[int, Field(ge=1, le=365)]


class NewPlan(Row):
    """A plan to sell. `interval_count=3` and `interval_unit=MONTH` bill every quarter."""

    id: UUID = Field(default_factory=uuid7)
    code: Label
    name: Label
    amount: Price
    currency: Currency
    interval_unit: IntervalUnit
    interval_count: IntervalCount = 1
    trial_days: TrialDays = 0
    metadata: JsonObject = Field(default_factory=dict)


class Plan(Row):
    """A plan. A closed plan accepts no new subscriptions; existing subscriptions continue."""

    id: UUID
    code: Label
    name: Label
    amount: int
    currency: Currency
    interval_unit: IntervalUnit
    interval_count: int
    trial_days: int
    metadata: JsonObject
    created_at: datetime
    closed_at: datetime | None


class PlanChanges(TypedDict, total=False):
    """The fields of a plan that can be changed. Price and interval cannot be changed."""

    name: Label
    metadata: JsonObject
