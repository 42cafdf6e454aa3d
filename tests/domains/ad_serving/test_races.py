"""Many serve ads of the same campaigns at once, in one process and in many: no budget is exceeded and none is lost."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Final

import pytest

from hangar_dal import Database, Settings, ad_serving, builders
from hangar_dal.ad_serving import Impression, NewImpression
from hangar_dal.campaigns import Campaign
from hangar_dal.errors import NotFound
from tests.helpers.advertising import campaign, creative
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together

TASKS, PROCESSES = 64, 8
WRITE: Final = """
import asyncio, sys
from random import Random
from hangar_dal import COMMERCE, Settings, open_database, sealing
from tests.domains.ad_serving.test_races import show

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    seed, times = int(sys.argv[2]), int(sys.argv[3])
    async with open_database(settings, catalog=COMMERCE) as db:
        number = wait_for_others()
        print(*await show(db, Random(seed * 100 + number), times))

asyncio.run(main())
"""


async def show(db: Database, random: Random, times: int) -> tuple[int, int]:
    """Serve ads and show half of them, some twice, as after a lost answer; returns how many are reserved and shown."""
    reserved = shown = 0
    for _ in range(times):
        request = builders.ad_request()
        ad = await ad_serving.serve(db, request)
        if ad is None:
            continue
        if random.random() < 0.2:
            assert await ad_serving.serve(db, request) == ad
        if random.random() < 0.5:
            reserved += 1
            continue
        shown += 1
        impression = await ad_serving.record_impression(db, request.id)
        if random.random() < 0.2:
            assert await ad_serving.record_impression(db, request.id) == impression
    return reserved, shown


async def narrow(db: Database, impressions: int, *, budgets: int = 3) -> list[Campaign]:
    """Campaigns whose budget is for so many impressions: of the day, or in all."""
    made = []
    for number in range(budgets):
        daily = impressions * 10
        one = await campaign(db, daily_budget=daily, total_budget=daily + 10 * (number % 2), frequency_cap=100)
        await creative(db, one)
        made.append(one)
    return made


async def check(db: Database, made: list[Campaign], reserved: int, shown: int) -> None:
    """Every reservation and impression is in the sums of a campaign, and no sum is above its budget."""
    budgets = [await ad_serving.get_budget(db, each.id) for each in made]
    days = [day for each in made for day in await ad_serving.list_days(db, each.id)]
    for sums in (budgets, days):
        assert all(each.reserved + each.spent <= each.budget for each in sums)
        assert sum(each.reserved for each in sums) == reserved * 10
        assert sum(each.spent for each in sums) == shown * 10
    assert await ad_serving.list_wrong_budgets(db) == []


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.long, id="long")])
async def test_ads_that_many_tasks_serve_are_never_above_a_budget(database: Database, seed: int, times: int) -> None:
    made = await narrow(database, TASKS * times // 5)
    each = (show(database, Random(seed * 100 + number), times) for number in range(TASKS))
    done = await asyncio.gather(*each)
    reserved, shown = sum(one for one, _ in done), sum(other for _, other in done)
    assert reserved + shown == 3 * (TASKS * times // 5)
    await check(database, made, reserved, shown)


@pytest.mark.slow
@pytest.mark.parametrize("times", [5, pytest.param(200, marks=pytest.mark.long, id="long")])
async def test_ads_that_many_processes_serve_are_never_above_a_budget(
    database: Database, clock: Clock, settings: Settings, seed: int, times: int
) -> None:
    made = await narrow(database, PROCESSES * times // 5)
    url = settings.url.get_secret_value()
    said = await asyncio.to_thread(run_together, WRITE, url, str(seed), str(times), processes=PROCESSES)
    done = [[int(number) for number in lines[-1].split()] for lines in said]
    reserved, shown = sum(one for one, _ in done), sum(other for _, other in done)
    assert reserved + shown == 3 * (PROCESSES * times // 5)
    await check(database, made, reserved, shown)


async def test_one_request_of_many_tasks_is_reserved_and_shown_once(database: Database) -> None:
    made = await narrow(database, 5)
    request = builders.ad_request()
    ads = await asyncio.gather(*(ad_serving.serve(database, request) for _ in range(TASKS)))
    assert ads.count(ads[0]) == TASKS
    await check(database, made, 1, 0)
    rows = await asyncio.gather(*(ad_serving.record_impression(database, request.id) for _ in range(TASKS)))
    assert rows.count(rows[0]) == TASKS
    await asyncio.gather(*(ad_serving.record_click(database, request.id) for _ in range(TASKS)))
    await check(database, made, 0, 1)


async def test_what_is_shown_while_it_is_released_is_either(database: Database, clock: Clock) -> None:
    made = await narrow(database, 32, budgets=1)
    requests = [builders.ad_request() for _ in range(32)]
    for request in requests:
        assert await ad_serving.serve(database, request)
    clock.advance(ad_serving.LEASE)
    shown_at = clock.now - ad_serving.LEASE

    async def shown(number: int) -> Impression | None:
        try:
            return await ad_serving.record_impression(database, requests[number].id, shown_at=shown_at)
        except NotFound:
            return None

    async def released(_: int) -> int:
        return await ad_serving.release_expired(database, batch_size=5)

    done = asyncio.gather(*(shown(number) for number in range(32)))
    freed = sum(await asyncio.gather(*map(released, range(16))))
    count = len([impression for impression in await done if impression is not None])
    freed += await ad_serving.release_expired(database)
    assert count + freed == 32
    await check(database, made, 0, count)


async def test_batches_of_several_campaigns_never_wait_for_each_other(
    database: Database, clock: Clock, seed: int
) -> None:
    """Each batch has impressions of all campaigns, in an order of its own, while others are released."""
    random, made = Random(seed), [await campaign(database) for _ in range(4)]
    shown = [await creative(database, each) for each in made]
    in_a_minute = database.now() + timedelta(minutes=1)
    requests = []
    for one, own in zip(made * 24, shown * 24, strict=True):
        lease = in_a_minute if len(requests) % 3 == 0 else builders.LATER
        new = builders.reservation(one, own, expires_at=lease)
        requests.append(await ad_serving.reserve(database, new))
    clock.advance(timedelta(minutes=1))
    rows = [NewImpression(id=each.id, shown_at=clock.now) for each in requests]
    random.shuffle(rows)
    recording = [ad_serving.record_impressions(database, rows[start : start + 8]) for start in range(0, 96, 8)]
    releasing = [ad_serving.release_expired(database, batch_size=5) for _ in range(8)]
    done = await asyncio.gather(*recording, *releasing)
    released = sum(done[12:]) + await ad_serving.release_expired(database)
    assert (sum(done[:12]), released) == (64, 32)
    await check(database, made, 0, 64)
