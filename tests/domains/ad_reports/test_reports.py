"""Roll impressions and clicks up into reports, once each, and purge them."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, accounts, ad_reports, ad_serving, campaigns
from hangar_dal.campaigns import Campaign
from hangar_dal.errors import NotFound
from tests.helpers.advertising import campaign, creative, seen
from tests.helpers.clock import Clock


@pytest.fixture
async def made(database: Database, user: User) -> Campaign:
    made = await campaign(database, user)
    await creative(database, made)
    return made


async def sums(db: Database, made: Campaign) -> tuple[int, int, int]:
    today = db.now().date()
    totals = await ad_reports.get_report_totals(db, made.id, since=today - timedelta(days=9), until=today)
    assert await ad_reports.list_wrong_reports(db) == []
    return totals.impressions, totals.clicks, totals.spent


async def test_rolling_up_counts_each_row_once(database: Database, made: Campaign) -> None:
    assert await sums(database, made) == (0, 0, 0)
    for number in range(5):
        await seen(database, click=number < 3)
    assert await ad_reports.report_clicks(database) == 0
    assert await ad_reports.report_impressions(database, batch_size=2) == 2
    assert await sums(database, made) == (2, 0, 20)
    assert await ad_reports.roll_up(database, batch_size=2) == 6
    assert await sums(database, made) == (5, 3, 50)
    assert await ad_reports.roll_up(database) == 0
    await seen(database)
    assert await ad_reports.roll_up(database) == 2
    assert await sums(database, made) == (6, 4, 60)


async def test_many_tasks_that_roll_up_count_nothing_twice(database: Database, made: Campaign) -> None:
    for _ in range(30):
        await seen(database)
    counts = await asyncio.gather(*(ad_reports.roll_up(database, batch_size=4) for _ in range(16)))
    counts.append(await ad_reports.roll_up(database))
    assert sum(counts) == 60
    assert await sums(database, made) == (30, 30, 300)


async def test_reports_are_by_campaign_creative_and_day(database: Database, clock: Clock, made: Campaign) -> None:
    await creative(database, made)
    first_day = clock.now.date()
    for _ in range(3):
        for _ in range(12):
            await seen(database)
        clock.advance(timedelta(days=1))
    await ad_reports.roll_up(database)
    days = {"since": first_day, "until": first_day + timedelta(days=1)}
    page = await ad_reports.list_reports(database, made.id, **days, limit=3)
    rest = await ad_reports.list_reports(database, made.id, **days, after=page[-1])
    rows = [*page, *rest]
    own = await campaigns.list_creatives_of_campaign(database, made.id)
    ids = sorted((each.id for each in own), reverse=True)
    assert [(row.day, row.creative_id) for row in rows] == [
        (day, one) for day in list(days.values())[::-1] for one in ids
    ]
    by_day = await ad_reports.list_report_days(database, made.id, **days)
    assert [(row.day, row.impressions, row.clicks, row.spent) for row in by_day] == [
        (day, 12, 12, 120) for day in list(days.values())[::-1]
    ]
    by_creative = await ad_reports.list_report_creatives(database, made.id, **days)
    assert [row.creative_id for row in by_creative] == ids
    assert sum(row.impressions for row in by_creative) == sum(row.impressions for row in rows) == 24
    assert await sums(database, made) == (36, 36, 360)


async def test_what_was_reported_is_purged_and_stays_in_the_reports(
    database: Database, clock: Clock, user: User, made: Campaign
) -> None:
    requests = [await seen(database, click=number < 2) for number in range(5)]
    assert await ad_reports.purge_impressions(database, before=clock.now + timedelta(days=1)) == 0
    await ad_reports.roll_up(database)
    await ad_serving.record_click(database, requests[4].id)
    clock.advance(timedelta(seconds=1))
    await seen(database)
    assert await ad_reports.purge_impressions(database, before=clock.now - timedelta(seconds=1)) == 0
    assert await ad_reports.purge_impressions(database, before=clock.now, batch_size=3) == 4
    assert await ad_reports.roll_up(database) == 3
    assert await ad_reports.purge_impressions(database, before=clock.now) == 1
    assert await ad_serving.find_click(database, requests[0].id) is None
    with pytest.raises(NotFound):
        await ad_serving.record_click(database, requests[3].id)
    assert await sums(database, made) == (6, 4, 60)
    assert (await ad_serving.get_budget(database, made.id)).spent == 60
    assert await ad_serving.list_wrong_budgets(database) == []


async def test_an_export_has_the_reports_of_an_advertiser(database: Database, user: User, made: Campaign) -> None:
    await seen(database)
    await ad_reports.roll_up(database)
    async with accounts.export_user(database, user.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    assert [each["spent"] for each in document["ad_reports"]] == [10]
    await accounts.erase_user(database, user.id)
    assert await sums(database, made) == (1, 1, 10)
