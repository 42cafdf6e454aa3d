"""Livestreams: created, changed, listed by key, keys for encoders, and recordings."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, builders, livestreams, social, streaming, users, uuid7, videos
from hangar_dal.errors import CheckViolation, InvalidValue, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.livestreams import Livestream, LivestreamStatus, NewLivestream
from tests.helpers.clock import Clock
from tests.helpers.community import person, video
from tests.helpers.streaming import announced, ended, live

Pages = Callable[[Livestream | None], Awaitable[list[Livestream]]]


async def whole(pages: Pages) -> list[Livestream]:
    seen: list[Livestream] = []
    while page := await pages(seen[-1] if seen else None):
        seen += page
    return seen


@pytest.fixture
async def crowd(database: Database, clock: Clock) -> list[Livestream]:
    """Live and announced ones, several at each instant, in two languages and categories."""
    owner = await person(database)
    made = []
    for index in range(18):
        if index % 3 == 0:
            clock.advance(timedelta(seconds=1))
        given: dict[str, Any] = {"language": ("en", "de")[index % 2], "category": ("air", "sea")[index % 4 // 2]}
        begin = announced if index % 5 == 4 else live
        made.append(await begin(database, owner.id, scheduled_at=clock.now + timedelta(hours=index % 4), **given))
    return made


FILTERS: list[dict[str, Any]] = [{}, {"language": "en"}, {"category": "sea"}, {"language": "de", "category": "air"}]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
async def test_lists_page_by_page_are_the_sorted_whole(
    database: Database, clock: Clock, crowd: list[Livestream], filters: dict[str, Any]
) -> None:
    wanted = [each for each in crowd if all(getattr(each, name) == value for name, value in filters.items())]
    on_air = [each for each in wanted if each.status is LivestreamStatus.LIVE]
    on_air.sort(key=lambda each: (each.started_at, each.id), reverse=True)
    to_come = [each for each in wanted if each.status is LivestreamStatus.SCHEDULED]
    to_come.sort(key=lambda each: (each.scheduled_at, each.id))
    assert on_air == await whole(
        lambda after: livestreams.list_live_livestreams(database, after=after, limit=2, **filters)
    )
    assert to_come == await whole(
        lambda after: livestreams.list_scheduled_livestreams(
            database, since=builders.EARLIER, after=after, limit=1, **filters
        )
    )
    late = clock.now + timedelta(hours=2)
    assert await livestreams.list_scheduled_livestreams(database, since=late, **filters) == [
        each for each in to_come if each.scheduled_at is not None and each.scheduled_at >= late
    ]


async def test_those_of_an_owner_come_by_status_page_by_page(database: Database, crowd: list[Livestream]) -> None:
    owner, newest = crowd[0].owner_id, sorted(crowd, key=lambda each: (each.created_at, each.id), reverse=True)
    for status in (None, LivestreamStatus.LIVE, LivestreamStatus.CANCELLED):
        wanted = [each for each in newest if status in {None, each.status}]
        given = {"status": status, "limit": 4}
        assert wanted == await whole(
            lambda after, given=given: livestreams.list_livestreams_of_owner(database, owner, after=after, **given)
        )
        assert wanted == await whole(
            lambda after, given=given: livestreams.list_visible_livestreams_of_owner(
                database, owner, viewer_id=None, after=after, **given
            )
        )


async def test_followers_see_what_is_live_from_those_whom_they_follow(database: Database, clock: Clock) -> None:
    fan, other = await person(database), await person(database)
    owners = [await person(database) for _ in range(3)]
    for owner in owners:
        await social.follow(database, follower_id=fan.id, followed_id=owner.id)
    made = []
    for owner in owners:
        clock.advance(timedelta(seconds=1))
        made.append(await live(database, owner.id))
        await announced(database, owner.id)
        await live(database, owner.id, visibility=livestreams.VideoVisibility.UNLISTED)
    await live(database, other.id)
    assert made[::-1] == await whole(
        lambda after: livestreams.list_followed_livestreams(database, fan.id, after=after, limit=1)
    )


async def test_creating_a_livestream_again_returns_it(database: Database) -> None:
    owner, other = await person(database), await person(database)
    new = builders.livestream(owner)
    made = await livestreams.create_livestream(database, new)
    assert await livestreams.create_livestream(database, new) == made
    with pytest.raises(UniqueViolation):
        await livestreams.create_livestream(database, new.model_copy(update={"owner_id": other.id}))
    assert await livestreams.get_livestream(database, made.id) == made
    assert await livestreams.delete_livestream(database, made.id) == 1
    with pytest.raises(NotFound):
        await livestreams.get_livestream(database, made.id)


async def test_an_import_stores_all_values_and_an_export_returns_them(database: Database) -> None:
    owner = await person(database)
    over = {"status": LivestreamStatus.ENDED, "started_at": builders.EARLIER, "ended_at": builders.LATER}
    rows = [builders.livestream(owner, tags=["a", "b"], metadata={"n": n}, thumbnail="x", **over) for n in range(7)]
    assert await livestreams.import_livestreams(database, [*rows, rows[-1]], batch_size=3) == 7
    assert await livestreams.import_livestreams(database, rows, batch_size=3) == 0
    async with livestreams.stream_livestreams(database) as stream:
        exported = [each async for each in stream]
    assert [each.model_dump(include=set(NewLivestream.model_fields)) for each in exported] == [
        each.model_dump() for each in rows
    ]


async def test_a_field_that_is_left_out_stays(database: Database, clock: Clock) -> None:
    made = await announced(database, (await person(database)).id, category="air", description="Low")
    clock.advance(timedelta(seconds=1))
    changed = await livestreams.update_livestream(database, made.id, title="New", category=None, scheduled_at=None)
    update = {"title": "New", "category": None, "scheduled_at": None, "updated_at": clock.now}
    assert changed == made.model_copy(update=update)


async def test_only_the_last_key_works_and_only_until_the_end(database: Database) -> None:
    owner = await person(database)
    made, other = await announced(database, owner.id), await announced(database, owner.id)
    first = await livestreams.rotate_stream_key(database, made.id)
    assert await livestreams.find_livestream_by_key(database, first.key) == made
    second = await livestreams.rotate_stream_key(database, made.id)
    await livestreams.rotate_stream_key(database, other.id)
    assert await livestreams.find_livestream_by_key(database, first.key) is None
    begun = await livestreams.start_livestream(database, made.id)
    assert await livestreams.find_livestream_by_key(database, second.key) == begun
    assert first.key.get_secret_value() not in repr(first)
    await livestreams.end_livestream(database, made.id)
    assert await livestreams.find_livestream_by_key(database, second.key) is None
    with pytest.raises(NotFound):
        await livestreams.rotate_stream_key(database, made.id)
    assert await livestreams.delete_stream_key(database, other.id) == 1
    with pytest.raises(InvalidValue):
        await livestreams.find_livestream_by_key(database, SecretStr(""))


async def test_of_many_keys_that_are_made_at_once_one_works(database: Database) -> None:
    made = await announced(database, (await person(database)).id)
    keys = await asyncio.gather(*(livestreams.rotate_stream_key(database, made.id) for _ in range(64)))
    found = await asyncio.gather(*(livestreams.find_livestream_by_key(database, each.key) for each in keys))
    assert [each for each in found if each is not None] == [made]


async def test_many_tasks_start_and_end_a_livestream_once(database: Database, clock: Clock) -> None:
    made = await announced(database, (await person(database)).id)
    for change in (livestreams.start_livestream, livestreams.end_livestream):
        found = await asyncio.gather(*(change(database, made.id) for _ in range(64)))
        assert all(each == found[0] for each in found)
        clock.advance(timedelta(minutes=1))


async def test_a_recording_becomes_a_video_once(database: Database) -> None:
    owner = await person(database)
    made = await ended(database, owner.id)
    new = builders.video(owner)
    rows = await asyncio.gather(*(streaming.record_livestream(database, made.id, new) for _ in range(8)))
    assert {row.recording_id for row in rows} == {new.id}
    second = builders.video(owner)
    with pytest.raises(TriggerViolation) as refused:
        await streaming.record_livestream(database, made.id, second)
    assert refused.value.constraint == "livestreams_unchanged"
    with pytest.raises(NotFound):
        await videos.get_video(database, second.id)
    await videos.delete_video(database, new.id)
    assert (await livestreams.get_livestream(database, made.id)).recording_id is None


async def test_a_recording_is_of_the_owner_and_comes_after_the_end(database: Database) -> None:
    owner, other = await person(database), await person(database)
    theirs, begun = await video(database, other.id), await live(database, owner.id)
    mine = await video(database, owner.id)
    with pytest.raises(CheckViolation) as early:
        await livestreams.set_recording(database, begun.id, video_id=mine.id)
    assert early.value.constraint == "livestreams_recording_check"
    over = await livestreams.end_livestream(database, begun.id)
    with pytest.raises(TriggerViolation) as refused:
        await livestreams.set_recording(database, over.id, video_id=theirs.id)
    assert refused.value.constraint == "livestreams_recording_of_owner"


async def test_a_livestream_goes_with_its_owner_and_its_recording_does_not_hold_it(database: Database) -> None:
    owners: list[User] = [await person(database) for _ in range(3)]
    for owner in owners:
        over = await ended(database, owner.id)
        await streaming.record_livestream(database, over.id, builders.video(owner))
        await livestreams.rotate_stream_key(database, (await live(database, owner.id)).id)
    await users.delete_user(database, owners[0].id)
    assert await livestreams.list_livestreams_of_owner(database, owners[0].id) == []
    with pytest.raises(NotFound):
        await livestreams.update_livestream(database, uuid7(), title="x")
