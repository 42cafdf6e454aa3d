"""What the tests of plans, subscriptions and invoices share."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hangar_dal import Database, User, builders, invoices, plans, subscriptions
from hangar_dal.invoices import Invoice
from hangar_dal.plans import Plan
from hangar_dal.subscriptions import Subscription, SubscriptionPeriod


def day(month: int, number: int, *, year: int = 2030) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


async def sold(database: Database, **given: Any) -> Plan:
    """A plan; 3000 EUR cents a month unless something else is given."""
    return await plans.create_plan(database, builders.plan(**given))


async def subscribed(database: Database, user: User, plan: Plan | None = None, **given: Any) -> Subscription:
    """A subscription of a user, to a plan of its own unless one is given."""
    plan = plan or await sold(database)
    return await subscriptions.subscribe(database, builders.subscription(user, plan, **given))


async def periods(database: Database, subscription: Subscription) -> list[SubscriptionPeriod]:
    """The periods of a subscription, the first one first, which have no gap and no overlap."""
    found = (await subscriptions.list_periods(database, subscription.id, limit=1000))[::-1]
    for before, after in pairwise(found):
        assert (before.number + 1, before.ends_at) == (after.number, after.starts_at)
    return found


async def drafted(database: Database, user: User, **given: Any) -> Invoice:
    """A draft of 1190 EUR cents, with tax."""
    return await invoices.create_invoice(database, builders.invoice(user, **given))


async def issued(database: Database, user: User, **given: Any) -> Invoice:
    """An invoice of 1190 EUR cents that is due in a fortnight."""
    draft = await drafted(database, user, **given)
    return await invoices.issue_invoice(database, draft.id, due_at=database.now() + timedelta(days=14))
