"""Views: once per viewer and hour, and exact counts."""

import asyncio
from datetime import date, timedelta

from hangar_dal import Database, users, video_views
from tests.helpers.clock import Clock
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql


async def test_a_view_counts_once_per_viewer_and_hour(database: Database, clock: Clock) -> None:
    owner, viewer = await person(database), await person(database)
    made = await video(database, owner.id)
    assert await video_views.record_view(database, made.id, viewer_id=viewer.id) == 1
    assert await video_views.record_view(database, made.id, viewer_id=viewer.id) == 0
    assert await video_views.record_view(database, made.id, viewer_id=owner.id) == 1
    clock.advance(timedelta(hours=1))
    assert await video_views.record_view(database, made.id, viewer_id=viewer.id) == 1
    assert await video_views.count_views(database, made.id) == 3


async def test_counts_are_exact_with_many_viewers_at_once(database: Database) -> None:
    made = await video(database, (await person(database)).id)
    viewers = [await person(database) for _ in range(16)]
    await asyncio.gather(
        *(video_views.record_view(database, made.id, viewer_id=each.id) for each in viewers for _ in range(4))
    )
    assert await video_views.count_views(database, made.id) == 16


async def test_views_are_counted_by_day_and_stay_counted(database: Database, clock: Clock, sql: Sql) -> None:
    owner, viewer = await person(database), await person(database)
    first, second = await video(database, owner.id), await video(database, owner.id)
    today = clock.now.date()
    for viewed, who in ((first, owner), (first, viewer), (second, owner)):
        await video_views.record_view(database, viewed.id, viewer_id=who.id)
    clock.advance(timedelta(days=1))
    await video_views.record_view(database, first.id, viewer_id=owner.id)
    by_day = await video_views.list_views_by_day(database, first.id, since=today, until=date(9999, 1, 1))
    assert [(each.day, each.views) for each in by_day] == [(today, 2), (clock.now.date(), 1)]
    assert await video_views.list_trending_videos(database) == []
    assert await video_views.refresh_trends(database) == 2
    trending = await video_views.list_trending_videos(database)
    assert [(each.id, each.views) for each in trending] == [(first.id, 3), (second.id, 1)]
    assert await video_views.purge_views(database, before=clock.now, batch_size=2) == 4 - (clock.now.minute == 0)
    await users.delete_user(database, viewer.id)
    assert await video_views.count_views(database, first.id) == 3
