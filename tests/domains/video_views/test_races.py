"""Views at once: each counts once, in one process and in many."""

import asyncio
from uuid import UUID

import pytest

from hangar_dal import COMMUNITY, Database, Settings, open_database, sealing, video_views
from tests.helpers.commands import run_together
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql

VIEWERS, PROCESSES = 64, 8
VIEW = """
import asyncio, sys
from datetime import UTC, datetime
from uuid import UUID
from hangar_dal import COMMUNITY, Settings, open_database, video_views

async def main():
    settings = Settings(database_url=sys.argv[1], lock_timeout=300)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    async with open_database(settings, catalog=COMMUNITY, clock=lambda: at) as db:
        wait_for_others()
        for viewer in sys.argv[3:]:
            if await video_views.record_view(db, UUID(sys.argv[2]), viewer_id=UUID(viewer)):
                print(viewer)

asyncio.run(main())
"""


async def crowd(database: Database, number: int) -> tuple[UUID, list[UUID]]:
    """A video, and its viewers."""
    made = await video(database, (await person(database)).id)
    return made.id, [(await person(database)).id for _ in range(number)]


async def test_counts_are_exact_with_64_viewers_at_once(database: Database, sql: Sql) -> None:
    video_id, viewers = await crowd(database, VIEWERS)
    calls = [video_views.record_view(database, video_id, viewer_id=each) for each in viewers for _ in range(3)]
    assert sum(await asyncio.gather(*calls)) == VIEWERS
    assert await video_views.count_views(database, video_id) == VIEWERS
    today = database.now().date()
    [of_today] = await video_views.list_views_by_day(database, video_id, since=today, until=today)
    assert of_today.views == VIEWERS
    shards = {str(each)[-1] for each in viewers}
    for table in ("video_view_counts", "video_views_by_day"):
        assert {row[0] for row in await sql(f"SELECT shard FROM {table}")} == shards


@pytest.mark.slow
async def test_counts_are_exact_with_viewers_in_many_processes(sqlite_url: str) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in the test above."""
    async with open_database(
        Settings(database_url=sqlite_url, sealing_keys=sealing.new_key()), catalog=COMMUNITY
    ) as database:
        video_id, viewers = await crowd(database, VIEWERS)
        seen = run_together(VIEW, sqlite_url, str(video_id), *map(str, viewers), processes=PROCESSES)
        assert sorted(viewer for of_process in seen for viewer in of_process) == sorted(map(str, viewers))
        assert await video_views.count_views(database, video_id) == VIEWERS
