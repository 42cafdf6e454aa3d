"""Reserve ads, show them, click on them, and release what was not shown."""

from datetime import timedelta

import pytest

from hangar_dal import Database, User, ad_serving, builders, campaigns, uuid7
from hangar_dal.ad_serving import Click, NewImpression
from hangar_dal.campaigns import Campaign, CampaignStatus, Creative, CreativeStatus
from hangar_dal.errors import AdNotAvailable, ForeignKeyViolation, InvalidValue, NotFound, UniqueViolation
from tests.helpers.advertising import campaign, creative, person
from tests.helpers.clock import Clock


@pytest.fixture
async def made(database: Database, user: User) -> Campaign:
    return await campaign(database, user, total_budget=100, daily_budget=50)


@pytest.fixture
async def shown(database: Database, made: Campaign) -> Creative:
    return await creative(database, made)


async def sums(db: Database, made: Campaign) -> tuple[int, int]:
    budget = await ad_serving.get_budget(db, made.id)
    assert await ad_serving.list_wrong_budgets(db) == []
    return budget.reserved, budget.spent


async def test_what_is_reserved_is_spent_once_it_is_shown(
    database: Database, clock: Clock, user: User, made: Campaign, shown: Creative
) -> None:
    assert await sums(database, made) == (0, 0)
    request = builders.ad_request(user)
    ad = await ad_serving.serve(database, request)
    assert ad is not None
    assert (ad.creative_id, ad.price) == (shown.id, 10)
    assert await ad_serving.serve(database, request) == ad
    assert await sums(database, made) == (10, 0)
    reservation = await ad_serving.find_reservation(database, request.id)
    assert reservation is not None
    assert reservation.expires_at == database.now() + ad_serving.LEASE

    clock.advance(timedelta(seconds=3))
    impression = await ad_serving.record_impression(database, request.id)
    assert impression.model_dump() == {
        **reservation.model_dump(exclude={"reserved_at", "expires_at"}),
        "day": reservation.reserved_at.date(),
        "shown_at": clock.now,
    }
    assert await ad_serving.record_impression(database, request.id) == impression
    assert await ad_serving.find_reservation(database, request.id) is None
    assert await sums(database, made) == (0, 10)
    assert await ad_serving.serve(database, request) == ad
    assert await sums(database, made) == (0, 10)

    clock.advance(timedelta(seconds=3))
    click = await ad_serving.record_click(database, request.id)
    assert click == Click(impression_id=request.id, clicked_at=clock.now)
    assert await ad_serving.record_click(database, request.id, clicked_at=builders.LATER) == click
    assert await ad_serving.find_click(database, uuid7()) is None


async def test_what_is_released_is_free_again_and_is_not_shown(
    database: Database, user: User, made: Campaign, shown: Creative
) -> None:
    await campaigns.update_campaign(database, made.id, frequency_cap=1)
    request = builders.ad_request(user)
    ad = await ad_serving.serve(database, request)
    assert await ad_serving.serve(database, builders.ad_request(user)) is None
    assert await ad_serving.release(database, request.id) == 1
    assert await ad_serving.release(database, request.id) == 0
    assert await sums(database, made) == (0, 0)
    for record in (ad_serving.record_impression, ad_serving.record_click):
        with pytest.raises(NotFound):
            await record(database, request.id)
    assert await ad_serving.serve(database, request) == ad


async def test_reservations_expire_in_batches(
    database: Database, clock: Clock, made: Campaign, shown: Creative
) -> None:
    requests = [builders.ad_request() for _ in range(5)]
    for number, request in enumerate(requests):
        assert await ad_serving.serve(database, request, lease=timedelta(minutes=number + 1))
    assert await ad_serving.release_expired(database) == 0
    clock.advance(timedelta(minutes=3))
    with pytest.raises(NotFound):
        await ad_serving.record_impression(database, requests[2].id)
    assert await ad_serving.record_impression(database, requests[3].id)
    assert await ad_serving.release_expired(database, batch_size=2) == 2
    assert await ad_serving.release_expired(database, batch_size=2) == 1
    assert await sums(database, made) == (10, 10)
    with pytest.raises(InvalidValue):
        await ad_serving.serve(database, requests[0], lease=timedelta(0))


async def test_a_reservation_is_repeated_and_not_changed(
    database: Database, user: User, made: Campaign, shown: Creative
) -> None:
    new = builders.reservation(made, shown, user)
    first = await ad_serving.reserve(database, new)
    assert await ad_serving.reserve(database, new) == first
    other = await creative(database, made)
    for changed in (
        builders.reservation(made, other, user, id=new.id),
        builders.reservation(made, shown, await person(database), id=new.id),
    ):
        with pytest.raises(UniqueViolation):
            await ad_serving.reserve(database, changed)
    await ad_serving.record_impression(database, new.id)
    with pytest.raises(UniqueViolation):
        await ad_serving.reserve(database, new)
    with pytest.raises(NotFound):
        await ad_serving.reserve(database, builders.reservation(uuid7(), shown))
    with pytest.raises(ForeignKeyViolation):
        await ad_serving.reserve(database, builders.reservation(await campaign(database), shown))


async def test_what_cannot_be_reserved_says_so_and_leaves_the_transaction_usable(
    database: Database, made: Campaign, shown: Creative
) -> None:
    draft = await creative(database, made, status=CreativeStatus.DRAFT)
    async with database.transaction() as tx:
        with pytest.raises(AdNotAvailable):
            await ad_serving.reserve(tx, builders.reservation(made, draft))
        for _ in range(5):
            await ad_serving.reserve(tx, builders.reservation(made, shown))
        with pytest.raises(AdNotAvailable):
            await ad_serving.reserve(tx, builders.reservation(made, shown))
    assert await sums(database, made) == (50, 0)
    await campaigns.set_campaign_status(database, made.id, CampaignStatus.PAUSED)
    with pytest.raises(AdNotAvailable):
        await ad_serving.reserve(database, builders.reservation(made, shown))


async def test_another_ad_is_served_when_the_first_is_gone(
    database: Database, user: User, made: Campaign, shown: Creative, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is older than what others have reserved since."""
    other = await creative(database, await campaign(database, user, bid=5))
    stale = await ad_serving.list_eligible_ads(database, builders.ad_request())
    assert [ad.creative_id for ad in stale] == [shown.id, other.id]
    await campaigns.set_campaign_status(database, made.id, CampaignStatus.PAUSED)

    async def listed(*_: object, **__: object) -> list[ad_serving.Ad]:
        return stale

    monkeypatch.setattr(ad_serving, "list_eligible_ads", listed)
    ad = await ad_serving.serve(database, builders.ad_request())
    assert ad is not None
    assert ad.creative_id == other.id


async def test_many_impressions_and_clicks_are_one_statement_a_batch(
    database: Database, clock: Clock, user: User, made: Campaign, shown: Creative
) -> None:
    requests = [builders.ad_request(user) for _ in range(5)]
    for request in requests:
        assert await ad_serving.serve(database, request)
    now = database.now()
    rows = [NewImpression(id=each.id, shown_at=now + timedelta(seconds=n)) for n, each in enumerate(requests)]
    late = NewImpression(id=requests[4].id, shown_at=now + ad_serving.LEASE)
    unknown = NewImpression(id=uuid7(), shown_at=now)
    assert await ad_serving.record_impressions(database, [*rows[:4], rows[0], late, unknown], batch_size=4) == 4
    assert await ad_serving.record_impressions(database, rows) == 1
    assert await sums(database, made) == (0, 50)
    clicks = [Click(impression_id=each.id, clicked_at=now) for each in (*rows[:2], unknown, rows[0])]
    assert await ad_serving.record_clicks(database, clicks, batch_size=3) == 2
    assert await ad_serving.record_clicks(database, clicks) == 0
    first = await ad_serving.list_impressions(database, made.id, limit=2)
    rest = await ad_serving.list_impressions(database, made.id, after=first[-1])
    assert [each.id for each in (*first, *rest)] == [each.id for each in rows[::-1]]


async def test_what_viewers_got_is_purged_after_the_day(
    database: Database, clock: Clock, user: User, made: Campaign, shown: Creative
) -> None:
    request = builders.ad_request(user)
    for each in (request, builders.ad_request(), builders.ad_request()):
        assert await ad_serving.serve(database, each)
    today = clock.now.date()
    assert await ad_serving.purge_viewer_days(database, before=today) == 0
    assert await ad_serving.purge_viewer_days(database, before=today + timedelta(days=1), batch_size=2) == 3
    assert await ad_serving.release(database, request.id) == 1
    assert await sums(database, made) == (20, 0)
