"""Which ads fit a request, and in which order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from hangar_dal import Database, User, ad_serving, builders, campaigns
from hangar_dal.ad_serving import AdRequest
from hangar_dal.campaigns import Campaign, CampaignStatus, CreativeStatus, Pacing
from tests.helpers.advertising import campaign, creative, seen
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import Sql


async def shown(db: Database, user: User, **given: Any) -> Campaign:
    """A campaign with one creative."""
    made = await campaign(db, user, **given)
    await creative(db, made)
    return made


async def fitting(db: Database, request: AdRequest | None = None, *, limit: int = 10) -> list[Any]:
    found = await ad_serving.list_eligible_ads(db, request or builders.ad_request(), limit=limit)
    return [ad.campaign_id for ad in found]


async def test_the_highest_bid_comes_first_and_a_campaign_once(database: Database, user: User) -> None:
    bids = [10, 30, 20, 30, 5]
    made = [await shown(database, user, bid=bid, keywords=["car", "bike"]) for bid in bids]
    made.append(await shown(database, user, bid=25))
    order = sorted(made, key=lambda each: (each.bid, each.id), reverse=True)
    request = builders.ad_request(keywords=["bike", "car", "boat"])
    assert await fitting(database, request) == [each.id for each in order]
    assert await fitting(database, request, limit=3) == [each.id for each in order[:3]]
    assert await fitting(database) == [made[-1].id]


async def test_an_ad_has_what_is_shown_and_its_price(database: Database, user: User) -> None:
    made = await shown(database, user)
    (one,) = await campaigns.list_creatives_of_campaign(database, made.id)
    (ad,) = await ad_serving.list_eligible_ads(database, builders.ad_request())
    assert ad.model_dump() == {
        **one.model_dump(include={"title", "body", "image_url", "landing_url"}),
        "campaign_id": made.id,
        "creative_id": one.id,
        "price": made.bid,
        "currency": "EUR",
    }


async def test_only_campaigns_that_run_fit(database: Database, clock: Clock, user: User) -> None:
    now = database.now()
    for status in set(CampaignStatus) - {CampaignStatus.ACTIVE}:
        await shown(database, user, status=status)
    await shown(database, user, currency="USD")
    await campaign(database, user)
    retired = await campaign(database, user)
    await creative(database, retired, status=CreativeStatus.PAUSED)
    early = await shown(database, user, starts_at=now + timedelta(minutes=1))
    ending = await shown(database, user, ends_at=now + timedelta(minutes=1))
    assert await fitting(database) == [ending.id]
    clock.advance(timedelta(minutes=1))
    assert await fitting(database) == [early.id]


async def test_targeting_is_a_list_for_each_trait(database: Database, user: User) -> None:
    made = await shown(database, user, targeting={"country": ["DE", "AT"], "language": ["de"]})
    for traits, fits in (
        ({"country": "DE", "language": "de"}, True),
        ({"country": "AT", "language": "de", "device": "phone"}, True),
        ({"country": "DE"}, False),
        ({"country": "FR", "language": "de"}, False),
        ({"country": "de", "language": "de"}, False),
        ({}, False),
    ):
        assert await fitting(database, builders.ad_request(traits=traits)) == [made.id] * fits, traits
    await campaigns.update_campaign(database, made.id, targeting={"country": []})
    assert await fitting(database, builders.ad_request(traits={"country": "DE"})) == []


async def test_a_campaign_fits_until_its_budget_is_spent(database: Database, user: User) -> None:
    made = await shown(database, user, total_budget=30, daily_budget=30)
    for _ in range(3):
        assert await ad_serving.serve(database, builders.ad_request())
    assert await fitting(database) == []
    await campaigns.update_campaign(database, made.id, total_budget=40)
    assert await fitting(database) == []
    await campaigns.update_campaign(database, made.id, daily_budget=40)
    assert await fitting(database) == [made.id]


async def test_campaigns_that_have_spent_all_are_left_out_until_their_budget_is_raised(
    database: Database, sql: Sql, user: User
) -> None:
    bids = "SELECT active_bid FROM campaign_keywords ORDER BY active_bid"
    spent = [await shown(database, user, bid=10, daily_budget=20, total_budget=20) for _ in range(3)]
    running = await shown(database, user, bid=1, daily_budget=20, total_budget=20)
    for _ in range(7):
        await seen(database, click=False)
    last = builders.ad_request()
    assert await ad_serving.serve(database, last)
    assert [await ad_serving.leave_out_spent(database, batch_size=2) for _ in range(3)] == [2, 1, 0]
    assert [bid for (bid,) in await sql(bids) if bid is not None] == [1]
    assert await ad_serving.release(database, last.id) == 1
    raised = await campaigns.update_campaign(database, spent[0].id, total_budget=30)
    assert raised.status is CampaignStatus.ACTIVE
    assert await fitting(database) == [running.id]
    await campaigns.update_campaign(database, spent[0].id, daily_budget=30)
    assert await fitting(database) == [raised.id, running.id]
    assert await ad_serving.leave_out_spent(database) == 0


async def test_a_campaign_whose_rest_is_only_reserved_is_not_left_out(database: Database, user: User) -> None:
    made = await shown(database, user, bid=10, daily_budget=10, total_budget=10)
    request = builders.ad_request()
    assert await ad_serving.serve(database, request)
    assert await fitting(database) == []
    assert await ad_serving.leave_out_spent(database) == 0
    await ad_serving.release(database, request.id)
    assert await fitting(database) == [made.id]


async def test_a_day_has_its_own_budget(database: Database, clock: Clock, user: User) -> None:
    made = await shown(database, user, total_budget=50, daily_budget=20)
    for left in (3, 1):
        for _ in range(2):
            assert await ad_serving.serve(database, builders.ad_request())
        assert await fitting(database) == []
        clock.advance(timedelta(days=1))
        assert (await ad_serving.get_budget(database, made.id)).available == left * 10
        assert await fitting(database) == [made.id]
    days = await ad_serving.list_days(database, made.id)
    assert [(each.reserved, each.budget) for each in days] == [(20, 20), (20, 20)]
    assert await ad_serving.list_days(database, made.id, after=days[0]) == days[1:]


async def test_a_viewer_sees_a_campaign_as_often_as_its_cap_allows(
    database: Database, clock: Clock, user: User
) -> None:
    made = await shown(database, user, frequency_cap=2)
    for request in (builders.ad_request(user), builders.ad_request(viewer_key=str(user.id))):
        for _ in range(2):
            again = request.model_copy(update={"id": builders.ad_request().id})
            assert await ad_serving.serve(database, again)
        assert await fitting(database, request) == []
    assert await fitting(database) == [made.id]
    clock.advance(timedelta(days=1))
    assert await fitting(database, builders.ad_request(user)) == [made.id]


@pytest.mark.parametrize(
    ("at", "allowed"), [("00:00", 100), ("00:01", 100), ("06:00", 350), ("12:00", 600), ("23:59", 1000)]
)
async def test_an_even_campaign_spends_the_share_of_the_day_and_a_tenth(
    database: Database, clock: Clock, user: User, at: str, allowed: int
) -> None:
    clock.now = datetime.fromisoformat(f"2030-05-05T{at}:00+00:00")
    made = await shown(database, user, daily_budget=1000, bid=50, pacing=Pacing.EVEN)
    served = 0
    while await ad_serving.serve(database, builders.ad_request()):
        served += 1
    # It stops as soon as more than the share is spent.
    assert served == min(allowed // 50 + 1, 20)
    await campaigns.update_campaign(database, made.id, pacing=Pacing.FAST)
    assert (await fitting(database) == [made.id]) == (served < 20)


async def test_approved_creatives_take_turns(database: Database, user: User) -> None:
    made = await campaign(database, user)
    own = [await creative(database, made) for _ in range(3)]
    await creative(database, made, status=CreativeStatus.DRAFT)
    counts = dict.fromkeys((each.id for each in own), 0)
    for _ in range(60):
        (ad,) = await ad_serving.list_eligible_ads(database, builders.ad_request())
        counts[ad.creative_id] += 1
    assert min(counts.values()) > 0


def test_a_request_has_one_viewer() -> None:
    for viewer in ({}, {"viewer_id": builders.ad_request().id, "viewer_key": "x"}):
        with pytest.raises(ValidationError):
            AdRequest(currency="EUR", **viewer)
