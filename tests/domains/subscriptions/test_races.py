"""Many renew and change subscriptions at once, in one process and in many: each period begins once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, builders, open_database, plans, sealing, subscriptions, users
from hangar_dal.errors import TriggerViolation
from hangar_dal.subscriptions import Subscription, SubscriptionStatus
from tests.helpers.billing import periods, sold, subscribed
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together
from tests.helpers.domain_fixtures import sql_on

TASKS, PROCESSES = 64, 8
RENEW: Final = """
import asyncio, sys
from datetime import datetime
from hangar_dal import COMMERCE, Settings, open_database, sealing, subscriptions

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    now = datetime.fromisoformat(sys.argv[2])
    async with open_database(settings, catalog=COMMERCE, clock=lambda: now) as db:
        wait_for_others()
        while renewed := await subscriptions.renew_due(db, limit=3):
            for each in renewed:
                print(each.id, each.period_number)

asyncio.run(main())
"""


async def due(database: Database, clock: Clock, user: User, count: int) -> list[Subscription]:
    """Subscriptions whose period has been over for two months."""
    plan = await sold(database)
    made = [await subscribed(database, user, plan) for _ in range(count)]
    clock.advance(timedelta(days=95))
    return made


async def check(database: Database, made: list[Subscription], renewed: list[tuple[UUID, int]]) -> None:
    """Each period was begun by one caller."""
    assert Counter(renewed) == Counter((each.id, number) for each in made for number in (2, 3, 4))
    for each in made:
        assert [period.number for period in await periods(database, each)] == [1, 2, 3, 4]


async def test_many_tasks_renew_each_subscription_once(database: Database, clock: Clock, user: User) -> None:
    made = await due(database, clock, user, 40)
    renewed: list[tuple[UUID, int]] = []

    async def renew() -> None:
        while batch := await subscriptions.renew_due(database, limit=3):
            renewed.extend((each.id, each.period_number) for each in batch)

    await asyncio.gather(*(renew() for _ in range(TASKS)))
    await renew()  # what others were renewing when the last of them looked
    await check(database, made, renewed)


@pytest.mark.slow
@pytest.mark.parametrize("count", [30, pytest.param(2000, marks=pytest.mark.long, id="long")])
async def test_many_processes_renew_each_subscription_once(
    database: Database, settings: Settings, clock: Clock, user: User, count: int
) -> None:
    made = await due(database, clock, user, count)
    url, now = settings.url.get_secret_value(), clock.now.isoformat()
    said = await asyncio.to_thread(run_together, RENEW, url, now, processes=PROCESSES)
    renewed = [(UUID(key), int(number)) for lines in said for key, number in (line.split() for line in lines)]
    assert await subscriptions.renew_due(database) == []
    await check(database, made, renewed)
    print(f"{count} subscriptions, {len(renewed)} periods, {[len(lines) for lines in said]} by process")


async def test_one_subscription_that_many_tasks_change_has_one_period_after_the_other(
    database: Database, user: User
) -> None:
    begun, other = await subscribed(database, user), await sold(database)

    async def change(number: int) -> None:
        calls: list[Awaitable[Subscription]] = [
            subscriptions.pause(database, begun.id),
            subscriptions.resume(database, begun.id),
            subscriptions.change_plan(database, begun.id, other.id),
            subscriptions.change_plan(database, begun.id, begun.plan_id),
        ]
        for each in calls[number % 4 :] + calls[: number % 4]:
            await each

    await asyncio.gather(*map(change, range(TASKS // 4)))
    found = await periods(database, begun)
    now = await subscriptions.get_subscription(database, begun.id)
    assert found[-1].number == now.period_number
    # No time has passed, so nothing was used up of what was paid.
    assert sum(period.due for period in found) == now.credit + now.period_amount


async def test_the_same_subscription_of_many_tasks_begins_once(database: Database, user: User) -> None:
    new = builders.subscription(user, await sold(database))
    rows = await asyncio.gather(*(subscriptions.subscribe(database, new) for _ in range(TASKS)))
    assert {row.id for row in rows} == {new.id}
    assert len(await periods(database, rows[0])) == 1


async def test_a_plan_is_not_closed_while_somebody_subscribes(database: Database, user: User) -> None:
    """Either the subscription comes first, or the plan is closed and gets none."""
    for _ in range(5):
        plan = await sold(database)
        begun, closed = await asyncio.gather(
            subscribed(database, user, plan), plans.close_plan(database, plan.id), return_exceptions=True
        )
        assert isinstance(closed, plans.Plan)
        assert isinstance(begun, Subscription | TriggerViolation)


async def test_a_plan_that_is_being_closed_is_waited_for(postgres_url: str) -> None:
    """PostgreSQL reads the plan under a lock: else a subscription would begin after the plan was closed."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        user = await users.insert_user(db, builders.user(), hashed_password="!")
        plan = await sold(db)
        async with db.transaction() as tx:
            await plans.close_plan(tx, plan.id)
            waiting = asyncio.create_task(subscribed(db, user, plan))
            while not (waiting.done() or await waits(db)):  # noqa: ASYNC110 - the server is asked
                await asyncio.sleep(0.01)
        with pytest.raises(TriggerViolation):
            await waiting
        assert await subscriptions.list_subscriptions(db, SubscriptionStatus.ACTIVE) == []


async def waits(db: Database) -> bool:
    return bool(await sql_on(db)("SELECT 1 FROM pg_locks WHERE NOT granted"))
