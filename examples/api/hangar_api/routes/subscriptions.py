"""Plans that are sold, and the subscriptions of the user who is signed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Configured, Current, Db
from hangar_api.routes.invoices import InvoiceResponse
from hangar_api.schemas import Request
from hangar_dal import Executor, Transaction, plans, subscriptions, uuid7
from hangar_dal.commerce import billing
from hangar_dal.errors import NotFound
from hangar_dal.invoices import NewRecipient
from hangar_dal.plans import IntervalUnit, Plan
from hangar_dal.subscriptions import (
    NewSubscription,
    PeriodKind,
    Subscription,
    SubscriptionPeriod,
    SubscriptionStatus,
)

router = APIRouter(tags=["subscriptions"])
_KEY = ("created_at", "id")
_CHEAPEST = ("amount", "id")
_NUMBER = ("number",)


class PlanResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    name: str
    amount: int
    currency: str
    interval_unit: IntervalUnit
    interval_count: int
    trial_days: int
    closed_at: datetime | None

    @classmethod
    def of(cls, plan: Plan) -> "PlanResponse":
        return cls.model_validate(plan)


class PlansQuery(Request):
    currency: str
    cursor: Cursor = None
    limit: Limit = 50


class Begun(Request):
    """Sent again with the same `id`, it is one subscription. `recipient` is on its invoices."""

    id: UUID = Field(default_factory=uuid7)
    plan_id: UUID
    recipient: NewRecipient | None = None


class SubscriptionResponse(BaseModel):
    """`credit` is left of periods that were cut short, and pays for the next ones."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    plan_id: UUID
    currency: str
    status: SubscriptionStatus
    period_number: int
    period_kind: PeriodKind
    period_starts_at: datetime
    period_ends_at: datetime | None
    period_amount: int
    credit: int
    next_plan_id: UUID | None
    cancel_at_period_end: bool
    cancelled_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionResponse":
        return cls.model_validate(subscription)


class BegunResponse(BaseModel):
    """There is no invoice while the first period costs nothing."""

    subscription: SubscriptionResponse
    invoice: InvoiceResponse | None


class PeriodResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    kind: PeriodKind
    plan_id: UUID
    starts_at: datetime
    ends_at: datetime | None
    amount: int
    credit: int

    @classmethod
    def of(cls, period: SubscriptionPeriod) -> "PeriodResponse":
        return cls.model_validate(period)


class Cancelled(Request):
    """At the end of the period, unless `now` is true. `is_wanted` false takes back what is not done yet."""

    now: bool = False
    is_wanted: bool = True


class ChosenPlan(Request):
    """Now, or with the next period. What is left of a period that is cut short becomes credit."""

    plan_id: UUID
    now: bool = False


@router.get("/plans")
async def list_plans(query: Annotated[PlansQuery, Query()], db: Db) -> Page[PlanResponse]:
    """What is sold in a currency, the cheapest first."""
    after = row_of(query.cursor, Plan, _CHEAPEST)
    rows = await plans.list_open_plans(db, query.currency, after=after, limit=query.limit)
    return page(rows, query.limit, _CHEAPEST, PlanResponse.of)


@router.post("/me/subscriptions", status_code=status.HTTP_201_CREATED)
async def begin(given: Begun, current: Current, db: Db, settings: Configured) -> BegunResponse:
    new = NewSubscription(id=given.id, user_id=current.user.id, plan_id=given.plan_id)
    begun, invoice = await billing.subscribe(db, new, settings.invoice_terms, recipient=given.recipient)
    return BegunResponse(
        subscription=SubscriptionResponse.of(begun), invoice=InvoiceResponse.of(invoice) if invoice else None
    )


@router.get("/me/subscriptions")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[SubscriptionResponse]:
    """The newest first."""
    after = row_of(cursor, Subscription, _KEY)
    rows = await subscriptions.list_subscriptions_of_user(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _KEY, SubscriptionResponse.of)


@router.get("/me/subscriptions/{subscription_id}")
async def show(subscription_id: UUID, current: Current, db: Db) -> SubscriptionResponse:
    return SubscriptionResponse.of(await _own(db, subscription_id, current.user.id))


@router.get("/me/subscriptions/{subscription_id}/periods")
async def list_periods(
    subscription_id: UUID, current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[PeriodResponse]:
    """The last one first."""
    await _own(db, subscription_id, current.user.id)
    after = row_of(cursor, SubscriptionPeriod, _NUMBER)
    rows = await subscriptions.list_periods(db, subscription_id, after=after, limit=limit)
    return page(rows, limit, _NUMBER, PeriodResponse.of)


@router.post("/me/subscriptions/{subscription_id}/cancel")
async def cancel(subscription_id: UUID, given: Cancelled, current: Current, db: Db) -> SubscriptionResponse:
    """Repeating it changes nothing."""

    async def work(tx: Transaction) -> Subscription:
        await _own(tx, subscription_id, current.user.id)
        if given.now:
            return await subscriptions.cancel(tx, subscription_id)
        return await subscriptions.cancel_at_period_end(tx, subscription_id, cancel=given.is_wanted)

    return SubscriptionResponse.of(await db.in_transaction(work))


@router.post("/me/subscriptions/{subscription_id}/pause")
async def pause(subscription_id: UUID, current: Current, db: Db) -> SubscriptionResponse:
    """Repeating it changes nothing."""

    async def work(tx: Transaction) -> Subscription:
        await _own(tx, subscription_id, current.user.id)
        return await subscriptions.pause(tx, subscription_id)

    return SubscriptionResponse.of(await db.in_transaction(work))


@router.post("/me/subscriptions/{subscription_id}/resume")
async def resume(subscription_id: UUID, current: Current, db: Db, settings: Configured) -> SubscriptionResponse:
    """A whole period begins, with its invoice. Repeating it changes nothing."""

    async def work(tx: Transaction) -> Subscription:
        await _own(tx, subscription_id, current.user.id)
        resumed = await subscriptions.resume(tx, subscription_id)
        await billing.invoice_period(tx, resumed.id, resumed.period_number, settings.invoice_terms)
        return resumed

    return SubscriptionResponse.of(await db.in_transaction(work))


@router.put("/me/subscriptions/{subscription_id}/plan")
async def change_plan(
    subscription_id: UUID, given: ChosenPlan, current: Current, db: Db, settings: Configured
) -> SubscriptionResponse:
    """Repeating it changes nothing."""

    async def work(tx: Transaction) -> Subscription:
        await _own(tx, subscription_id, current.user.id)
        if not given.now:
            return await subscriptions.change_plan_at_period_end(tx, subscription_id, given.plan_id)
        changed = await subscriptions.change_plan(tx, subscription_id, given.plan_id)
        await billing.invoice_period(tx, changed.id, changed.period_number, settings.invoice_terms)
        return changed

    return SubscriptionResponse.of(await db.in_transaction(work))


async def _own(db: Executor, subscription_id: UUID, user_id: UUID) -> Subscription:
    subscription = await subscriptions.get_subscription(db, subscription_id)
    if subscription.user_id != user_id:
        raise NotFound("the user has no such subscription")
    return subscription
