"""Campaigns and creatives: store, change, list, import and export."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from hangar_dal import Database, User, builders, campaigns
from hangar_dal.campaigns import CampaignStatus, CreativeStatus, Pacing
from hangar_dal.errors import ForeignKeyViolation, InvalidValue, NotFound, UniqueViolation
from tests.helpers.advertising import campaign, creative, person
from tests.helpers.clock import Clock


async def test_a_campaign_is_stored_as_it_was_given_and_storing_it_again_changes_nothing(
    database: Database, user: User
) -> None:
    new = builders.campaign(
        user,
        ends_at=builders.LATER,
        targeting={"country": ["DE", "AT"], "language": ["de"]},
        keywords=["red car"],
        frequency_cap=3,
        pacing=Pacing.EVEN,
        metadata={"note": 1},
    )
    stored = await campaigns.create_campaign(database, new)
    assert stored.model_dump(exclude={"created_at", "updated_at"}) == new.model_dump()
    assert stored.created_at == stored.updated_at == database.now()
    assert await campaigns.create_campaign(database, new) == stored
    assert await campaigns.get_campaign(database, new.id) == stored
    other = builders.campaign(await person(database), id=new.id)
    with pytest.raises(UniqueViolation):
        await campaigns.create_campaign(database, other)


async def test_a_creative_is_stored_as_it_was_given_and_storing_it_again_changes_nothing(
    database: Database, user: User
) -> None:
    one = await campaign(database, user)
    new = builders.creative(one, body="Buy it.", image_url="https://example.com/a.png", metadata={"note": 1})
    stored = await campaigns.create_creative(database, new)
    assert stored.model_dump(exclude={"created_at", "updated_at"}) == new.model_dump()
    assert await campaigns.create_creative(database, new) == stored
    assert await campaigns.get_creative(database, new.id) == stored
    with pytest.raises(UniqueViolation):
        await campaigns.create_creative(database, builders.creative(await campaign(database, user), id=new.id))
    with pytest.raises(ForeignKeyViolation):
        await campaigns.create_creative(database, builders.creative(new.id))


async def test_a_change_leaves_the_other_fields_as_they_are(database: Database, clock: Clock, user: User) -> None:
    stored = await campaign(database, user, ends_at=builders.LATER, frequency_cap=3, keywords=["car"])
    clock.advance(timedelta(minutes=1))
    changed = await campaigns.update_campaign(
        database, stored.id, bid=20, ends_at=None, frequency_cap=None, keywords=["bike"], targeting={"country": ["FR"]}
    )
    expected = {
        "bid": 20,
        "ends_at": None,
        "frequency_cap": None,
        "keywords": ["bike"],
        "targeting": {"country": ["FR"]},
        "updated_at": clock.now,
    }
    assert changed == stored.model_copy(update=expected)
    assert await campaigns.update_campaign(database, stored.id, name="Other") == changed.model_copy(
        update={"name": "Other"}
    )


async def test_a_draft_is_edited_reviewed_and_shown(database: Database, user: User) -> None:
    one = await campaign(database, user, status=CampaignStatus.DRAFT)
    shown = await creative(database, one, status=CreativeStatus.DRAFT)
    shown = await campaigns.update_creative(database, shown.id, title="A red car", image_url=None)
    assert shown.title == "A red car"
    for status in (CreativeStatus.REVIEW, CreativeStatus.APPROVED):
        shown = await campaigns.set_creative_status(database, shown.id, status)
    for step in (CampaignStatus.REVIEW, CampaignStatus.ACTIVE, CampaignStatus.ACTIVE):
        one = await campaigns.set_campaign_status(database, one.id, step)
    assert (one.status, shown.status) == ("ACTIVE", "APPROVED")
    with pytest.raises(NotFound):
        await campaigns.set_campaign_status(database, shown.id, CampaignStatus.PAUSED)
    with pytest.raises(NotFound):
        await campaigns.set_creative_status(database, one.id, CreativeStatus.PAUSED)


async def test_lists_are_pages_in_order(database: Database, clock: Clock, user: User) -> None:
    made = []
    for number in range(5):
        clock.advance(timedelta(seconds=1))
        status = (CampaignStatus.REVIEW, CampaignStatus.ACTIVE)[number % 2]
        made.append(await campaign(database, user, status=status, keywords=["car", f"word {number}"]))
    await campaign(database, status=CampaignStatus.DRAFT)

    first = await campaigns.list_campaigns_of_owner(database, user.id, limit=2)
    rest = await campaigns.list_campaigns_of_owner(database, user.id, after=first[-1])
    assert [*first, *rest] == made[::-1]
    of_review = await campaigns.list_campaigns_of_owner(database, user.id, status=CampaignStatus.REVIEW)
    assert of_review == [made[4], made[2], made[0]]

    first = await campaigns.list_campaigns(database, CampaignStatus.REVIEW, limit=1)
    rest = await campaigns.list_campaigns(database, CampaignStatus.REVIEW, after=first[-1])
    assert [*first, *rest] == [made[0], made[2], made[4]]

    first = await campaigns.list_campaigns_of_keyword(database, "car", limit=2)
    rest = await campaigns.list_campaigns_of_keyword(database, "car", after=first[-1])
    assert [*first, *rest] == sorted(made, key=lambda each: each.id, reverse=True)
    assert await campaigns.list_campaigns_of_keyword(database, "word 3") == [made[3]]


async def test_lists_of_creatives_are_pages_in_order(database: Database, clock: Clock, user: User) -> None:
    one, made = await campaign(database, user), []
    for number in range(4):
        clock.advance(timedelta(seconds=1))
        status = (CreativeStatus.REVIEW, CreativeStatus.APPROVED)[number % 2]
        made.append(await creative(database, one, status=status))
    first = await campaigns.list_creatives_of_campaign(database, one.id, limit=1)
    rest = await campaigns.list_creatives_of_campaign(database, one.id, after=first[-1])
    assert [*first, *rest] == made[::-1]
    approved = await campaigns.list_creatives_of_campaign(database, one.id, status=CreativeStatus.APPROVED)
    assert approved == [made[3], made[1]]
    first = await campaigns.list_creatives(database, CreativeStatus.REVIEW, limit=1)
    rest = await campaigns.list_creatives(database, CreativeStatus.REVIEW, after=first[-1])
    assert [*first, *rest] == [made[0], made[2]]


async def test_campaigns_whose_end_has_come_are_ended_in_batches_and_once(
    database: Database, clock: Clock, user: User
) -> None:
    soon, later = database.now() + timedelta(minutes=1), database.now() + timedelta(minutes=3)
    for _ in range(12):
        await campaign(database, user, ends_at=soon)
    paused = await campaign(database, user, ends_at=soon, status=CampaignStatus.PAUSED)
    going_on = [await campaign(database, user, ends_at=later), await campaign(database, user)]
    draft = await campaign(database, user, ends_at=soon, status=CampaignStatus.DRAFT)
    assert await campaigns.end_campaigns(database) == 0
    clock.advance(timedelta(minutes=2))
    assert await campaigns.end_campaigns(database, batch_size=5) == 5
    assert sum(await asyncio.gather(*(campaigns.end_campaigns(database) for _ in range(8)))) == 8
    assert (await campaigns.get_campaign(database, paused.id)).status == "ENDED"
    assert [await campaigns.get_campaign(database, each.id) for each in (*going_on, draft)] == [*going_on, draft]


async def test_imports_leave_out_what_exists(database: Database, user: User) -> None:
    rows = [builders.campaign(user, keywords=[f"word {number}"]) for number in range(7)]
    assert await campaigns.import_campaigns(database, [*rows[:2], rows[0]], batch_size=2) == 2
    assert await campaigns.import_campaigns(database, [*rows, rows[6]], batch_size=3) == 5
    creatives = [builders.creative(row.id) for row in rows]
    assert await campaigns.import_creatives(database, creatives[:3]) == 3
    assert await campaigns.import_creatives(database, [*creatives, creatives[6]], batch_size=4) == 4
    async with campaigns.stream_campaigns_of_owner(database, user.id) as stream:
        assert {each.id async for each in stream} == {row.id for row in rows}
    async with campaigns.stream_creatives_of_owner(database, user.id) as shown:
        assert {each.id async for each in shown} == {each.id for each in creatives}


async def test_a_campaign_is_deleted_with_its_creatives(database: Database, user: User) -> None:
    one = await campaign(database, user, keywords=["car"])
    shown, other = await creative(database, one), await creative(database, one)
    assert await campaigns.delete_creative(database, other.id) == 1
    assert await campaigns.delete_campaign(database, one.id) == 1
    assert await campaigns.delete_campaign(database, one.id) == 0
    assert await campaigns.list_campaigns_of_keyword(database, "car") == []
    with pytest.raises(NotFound):
        await campaigns.get_creative(database, shown.id)


def test_keywords_are_folded_and_each_once() -> None:
    assert campaigns.fold_keywords(["Red  Car", "red car", "BIKE"]) == ["red car", "bike"]
    with pytest.raises(InvalidValue):
        campaigns.fold_keywords(["\x00"])
    for keywords in (["Car"], ["car", "car"], [""], ["x" * 51], ["\x00"]):
        with pytest.raises(ValidationError):
            builders.campaign(builders.user().id, keywords=keywords)
