"""Who is there, for how long, and how many at once."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, accounts, live_viewers, livestreams, social, users, uuid7
from hangar_dal.errors import NotFound, TriggerViolation
from hangar_dal.live_viewers import PRESENCE, ViewedLivestream, Viewer
from hangar_dal.livestreams import VideoVisibility
from tests.helpers.clock import Clock
from tests.helpers.community import person
from tests.helpers.streaming import announced, ended, live

QUARTER = timedelta(seconds=15)


async def test_the_time_between_reports_is_watched_unless_it_is_too_long(database: Database, clock: Clock) -> None:
    owner, fan = await person(database), await person(database)
    begun = await live(database, owner.id)
    joined = clock.now
    assert await live_viewers.report_viewers(database, begun.id, [fan.id]) == 1
    for pause, watched in ((15, 15_000), (0, 15_000), (45, 60_000), (46, 60_000), (0.0015, 60_001), (-30, 60_001)):
        clock.advance(timedelta(seconds=pause))
        assert await live_viewers.report_viewers(database, begun.id, [fan.id, fan.id]) == 1
        [row] = await live_viewers.list_viewers(database, begun.id)
        assert row.watched_ms == watched, pause
    assert (row.joined_at, row.seen_at) == (joined, clock.now + timedelta(seconds=30))


async def test_only_those_who_may_see_what_is_live_are_noted(database: Database) -> None:
    owner, fan, stranger, blocked = [await person(database) for _ in range(4)]
    await social.follow(database, follower_id=fan.id, followed_id=owner.id)
    begun = await live(database, owner.id, visibility=VideoVisibility.FOLLOWERS)
    everybody = [owner.id, fan.id, stranger.id, blocked.id, uuid7()]
    assert await live_viewers.report_viewers(database, begun.id, everybody) == 2
    assert await live_viewers.report_viewers(database, begun.id, everybody) == 2
    for waiting in (await announced(database, owner.id), await ended(database, owner.id)):
        assert await live_viewers.report_viewers(database, waiting.id, everybody) == 0
    public = await live(database, owner.id)
    assert await live_viewers.report_viewers(database, public.id, [blocked.id]) == 1
    await social.block(database, blocker_id=owner.id, blocked_id=blocked.id)
    assert await live_viewers.report_viewers(database, public.id, [blocked.id]) == 0
    await livestreams.end_livestream(database, begun.id)
    assert await live_viewers.report_viewers(database, begun.id, everybody) == 0


async def test_a_viewer_whose_clock_is_behind_joins_at_the_beginning(database: Database, clock: Clock) -> None:
    owner = await person(database)
    begun = await live(database, owner.id)
    clock.advance(timedelta(seconds=-3))
    assert await live_viewers.report_viewers(database, begun.id, [owner.id]) == 1
    [row] = await live_viewers.list_viewers(database, begun.id)
    assert row.joined_at == row.seen_at == begun.started_at


async def test_samples_keep_the_peak(database: Database, clock: Clock) -> None:
    owner, *fans = [await person(database) for _ in range(4)]
    begun, empty = await live(database, owner.id), await live(database, owner.id)
    for count in (1, 3, 2, 0):
        await live_viewers.report_viewers(database, begun.id, [fan.id for fan in fans[:count]])
        assert await live_viewers.count_viewers(database, begun.id) == count
        assert await live_viewers.sample_viewers(database) == 2
        totals = await live_viewers.get_viewer_totals(database, begun.id)
        assert (totals.viewers, totals.sampled_at) == (count, clock.now)
        clock.advance(PRESENCE + QUARTER)
    assert (totals.peak, totals.all_viewers, totals.watched_ms) == (3, 3, 0)
    assert (await live_viewers.get_viewer_totals(database, empty.id)).peak == 0
    await live_viewers.report_viewers(database, begun.id, [fans[0].id])
    await live_viewers.sample_viewers(database)
    await livestreams.end_livestream(database, begun.id)
    assert await live_viewers.sample_viewers(database) == 2
    totals = await live_viewers.get_viewer_totals(database, begun.id)
    assert (totals.viewers, totals.peak) == (0, 3)
    with pytest.raises(NotFound):
        await live_viewers.get_viewer_totals(database, uuid7())


async def test_lists_by_viewers_page_by_page(database: Database) -> None:
    owner, *fans = [await person(database) for _ in range(5)]
    counts = [3, 1, 4, 1, 0, 2]
    made = []
    for number, count in enumerate(counts):
        begun = await live(database, owner.id, language=("en", "de")[number % 2], category="air")
        await live_viewers.report_viewers(database, begun.id, [fan.id for fan in fans[:count]])
        made.append((count, begun))
    hidden = await live(database, owner.id, visibility=VideoVisibility.UNLISTED)
    await live_viewers.report_viewers(database, hidden.id, [owner.id])
    await live_viewers.sample_viewers(database)
    for filters in ({}, {"language": "de"}, {"category": "air"}, {"language": "en", "category": "sea"}):
        seen: list[ViewedLivestream] = []
        given: Any = {"limit": 2, **filters}
        while page := await live_viewers.list_most_viewed_livestreams(
            database, after=seen[-1] if seen else None, **given
        ):
            seen += page
        wanted = [
            (count, each.id)
            for count, each in made
            if count and all(getattr(each, name) == value for name, value in filters.items())
        ]
        assert [(each.viewers, each.id) for each in seen] == sorted(wanted, reverse=True)
    await social.block(database, blocker_id=fans[0].id, blocked_id=owner.id)
    assert await live_viewers.list_most_viewed_livestreams(database, viewer_id=fans[0].id) == []
    await users.update_user(database, owner.id, is_private=True)
    assert await live_viewers.list_most_viewed_livestreams(database) == []


async def test_a_purge_after_the_end_leaves_one_row_with_the_sums(database: Database, clock: Clock) -> None:
    owner, *fans = [await person(database) for _ in range(6)]
    begun, other = await live(database, owner.id), await live(database, owner.id)
    for _ in range(2):
        for which in (begun, other):
            await live_viewers.report_viewers(database, which.id, [fan.id for fan in fans])
        clock.advance(QUARTER)
    await live_viewers.sample_viewers(database)
    before = await live_viewers.get_viewer_totals(database, begun.id)
    assert (before.peak, before.all_viewers, before.watched_ms) == (5, 5, 75_000)
    assert await live_viewers.purge_viewers(database, before=clock.now) == 0
    await livestreams.end_livestream(database, begun.id)
    clock.advance(QUARTER)
    assert await live_viewers.purge_viewers(database, before=clock.now, batch_size=2) == 5
    assert await live_viewers.list_viewers(database, begun.id) == []
    assert len(await live_viewers.list_viewers(database, other.id)) == 5
    assert await live_viewers.get_viewer_totals(database, begun.id) == before.model_copy(update={"viewers": 0})
    late = Viewer(livestream_id=begun.id, viewer_id=owner.id, joined_at=clock.now, seen_at=clock.now, watched_ms=1_000)
    assert await live_viewers.import_viewers(database, [late, late]) == 1
    assert await live_viewers.purge_viewers(database, before=clock.now) == 1
    after = await live_viewers.get_viewer_totals(database, begun.id)
    assert (after.all_viewers, after.watched_ms) == (6, 76_000)


async def test_viewers_page_by_page_are_what_was_imported(database: Database, clock: Clock) -> None:
    owner, *fans = [await person(database) for _ in range(6)]
    over = await ended(database, owner.id)
    rows = [
        Viewer(livestream_id=over.id, viewer_id=fan.id, joined_at=clock.now, seen_at=clock.now, watched_ms=number)
        for number, fan in enumerate(fans)
    ]
    assert await live_viewers.import_viewers(database, rows, batch_size=2) == 5
    assert await live_viewers.import_viewers(database, rows, batch_size=2) == 0
    seen: list[Viewer] = []
    while page := await live_viewers.list_viewers(database, over.id, after=seen[-1] if seen else None, limit=2):
        seen += page
    assert seen == sorted(rows, key=lambda row: row.viewer_id)
    async with live_viewers.stream_viewers_of_user(database, fans[0].id) as stream:
        assert [row async for row in stream] == rows[:1]
    with pytest.raises(TriggerViolation):
        early = rows[0].model_copy(update={"joined_at": clock.now - QUARTER, "viewer_id": owner.id})
        await live_viewers.import_viewers(database, [early])


async def test_what_a_deleted_user_watched_stays_counted(database: Database, clock: Clock) -> None:
    owner, kept, merged, gone = [await person(database) for _ in range(4)]
    begun = await live(database, owner.id)
    for _ in range(2):
        await live_viewers.report_viewers(database, begun.id, [kept.id, merged.id, gone.id])
        clock.advance(QUARTER)
    await accounts.merge_users(database, kept=kept.id, merged=merged.id)
    await users.delete_user(database, gone.id)
    totals = await live_viewers.get_viewer_totals(database, begun.id)
    assert (totals.all_viewers, totals.watched_ms) == (3, 45_000)
    assert [row.viewer_id for row in await live_viewers.list_viewers(database, begun.id)] == [kept.id]
