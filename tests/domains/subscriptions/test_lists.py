"""Pages, imports and exports of subscriptions, what merging users does with them, and the plans of the statements."""

import json
import re
from datetime import timedelta
from typing import Any

from hangar_dal import Database, User, accounts, builders, subscriptions, users, uuid7
from hangar_dal.subscriptions import ImportedSubscription, PeriodKind, SubscriptionStatus
from tests.conftest import BACKENDS
from tests.helpers.billing import day, periods, sold, subscribed
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import Explain

ACTIVE = SubscriptionStatus.ACTIVE
SERVING = {
    "idx_plans_created",
    "idx_plans_open",
    "idx_subscriptions_due",
    "idx_subscriptions_plan",
    "idx_subscriptions_status",
    "idx_subscriptions_user",
}


async def test_subscriptions_are_listed_in_pages(database: Database, clock: Clock, user: User) -> None:
    plan, other = await sold(database), await users.create_user(database, builders.user())
    made = []
    for _ in range(3):
        made.insert(0, await subscribed(database, user, plan))
        clock.advance(timedelta(seconds=1))
    trial = await subscribed(database, other, trial_days=7)
    for read in (
        lambda **page: subscriptions.list_subscriptions(database, ACTIVE, **page),
        lambda **page: subscriptions.list_subscriptions_of_user(database, user.id, **page),
        lambda **page: subscriptions.list_subscriptions_of_plan(database, plan.id, ACTIVE, **page),
    ):
        first = await read(limit=2)
        assert first == made[:2]
        assert await read(after=first[-1]) == made[2:]
    assert await subscriptions.list_subscriptions(database, SubscriptionStatus.TRIALING) == [trial]
    assert await subscriptions.list_subscriptions_of_plan(database, plan.id, SubscriptionStatus.TRIALING) == []


async def test_periods_are_listed_in_pages(database: Database, clock: Clock, user: User) -> None:
    begun = await subscribed(database, user)
    clock.advance(timedelta(days=100))
    while await subscriptions.renew_due(database):
        pass
    made = (await periods(database, begun))[::-1]
    first = await subscriptions.list_periods(database, begun.id, limit=3)
    assert first == made[:3]
    assert await subscriptions.list_periods(database, begun.id, after=first[-1]) == made[3:]
    assert await subscriptions.get_period(database, begun.id, number=2) == made[-2]


async def test_at_most_as_many_as_asked_are_renewed_those_that_waited_longest_first(
    database: Database, clock: Clock, user: User
) -> None:
    plan = await sold(database)
    made = [await subscribed(database, user, plan, starts_at=day(1, 9 - number)) for number in range(5)]
    clock.now = day(2, 20)
    renewed = [await subscriptions.renew_due(database, limit=2) for _ in range(4)]
    expected = [{made[4].id, made[3].id}, {made[2].id, made[1].id}, {made[0].id}, set()]
    assert [{each.id for each in batch} for batch in renewed] == expected


async def test_subscriptions_of_another_system_are_imported_and_all_are_exported(
    database: Database, clock: Clock, user: User
) -> None:
    plan = await sold(database)
    rows = [
        ImportedSubscription(
            user_id=user.id,
            plan_id=plan.id,
            currency="EUR",
            status=status,
            period_kind=kind,
            period_starts_at=day(1, 1),
            period_ends_at=None if kind is PeriodKind.PAUSED else day(1, 20),
            period_amount=3000 if kind is PeriodKind.PAID else 0,
            credit=5,
            anchor_day=20,
            created_at=day(1, 1, year=2020),
        )
        for status, kind in (
            (SubscriptionStatus.TRIALING, PeriodKind.TRIAL),
            (SubscriptionStatus.ACTIVE, PeriodKind.PAID),
            (SubscriptionStatus.PAST_DUE, PeriodKind.PAID),
            (SubscriptionStatus.PAUSED, PeriodKind.PAUSED),
        )
    ]
    assert await subscriptions.import_subscriptions(database, rows, batch_size=3) == 4
    assert await subscriptions.import_subscriptions(database, rows) == 0
    async with subscriptions.stream_subscriptions(database) as stream:
        stored = [each async for each in stream]
    assert [each.status for each in stored] == [row.status for row in rows]
    clock.now = day(2, 1)
    assert {each.id for each in await subscriptions.renew_due(database)} == {rows[0].id, rows[1].id}
    assert (await periods(database, stored[1]))[-1].due == 2995


async def test_an_export_has_the_subscriptions_of_a_user_with_their_periods(database: Database, user: User) -> None:
    begun = await subscribed(database, user)
    await subscribed(database, await users.create_user(database, builders.user()))
    async with accounts.export_user(database, user.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    assert [each["id"] for each in document["subscriptions"]] == [str(begun.id)]
    assert [each["subscription_id"] for each in document["subscription_periods"]] == [str(begun.id)]


async def test_a_merge_moves_subscriptions(database: Database, user: User) -> None:
    merged = await users.create_user(database, builders.user())
    mine, theirs = await subscribed(database, user), await subscribed(database, merged)
    await accounts.merge_users(database, kept=user.id, merged=merged.id)
    found = await subscriptions.list_subscriptions_of_user(database, user.id)
    assert {(each.id, each.status) for each in found} == {(mine.id, ACTIVE), (theirs.id, ACTIVE)}


async def test_an_erased_user_leaves_subscriptions_that_have_ended(database: Database, user: User) -> None:
    begun = await subscribed(database, user)
    await accounts.erase_user(database, user.id)
    left = await subscriptions.get_subscription(database, begun.id)
    assert (left.user_id, left.status) == (None, SubscriptionStatus.CANCELLED)
    assert await subscriptions.list_subscriptions_of_user(database, uuid7()) == []


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain) -> None:
    found = explained("plans", "subscriptions")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        # On PostgreSQL the scratch is almost empty, where other statements read a whole table because it is faster.
        whole = {query for query, plan in plans if {"subscriptions", "subscription_periods"} & {*plan.whole}}
        assert [query for query in whole if re.search(r"\.(list|lock|get)_", query)] == []
