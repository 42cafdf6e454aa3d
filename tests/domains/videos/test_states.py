"""The states of a video, tried with SQL that bypasses the package: every pair of them."""

from itertools import product

import pytest

from hangar_dal import Database, videos
from hangar_dal.errors import CheckViolation, NotFound, TriggerViolation
from hangar_dal.videos import VideoStatus, VideoVisibility
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql, rule_against

NEXT = {
    "UPLOADING": {"PROCESSING", "FAILED"},
    "PROCESSING": {"READY", "FAILED"},
    "READY": set(),
    "FAILED": {"UPLOADING", "PROCESSING"},
}


async def test_a_status_is_reached_only_from_those_that_lead_to_it(database: Database, sql: Sql) -> None:
    wrong, owner = [], await person(database)
    for first, second in product(NEXT, NEXT):
        made = await video(database, owner.id, status=VideoStatus(first))
        published = "published_at = NULL, " if first == "READY" else ""
        rule = await rule_against(sql, f"UPDATE videos SET {published}status = '{second}' WHERE id = '{made.id}'")
        if rule != (None if second in {first, *NEXT[first]} else "videos_status_transition"):
            wrong.append((first, second, rule))
    assert wrong == []


async def test_a_removed_video_returns_to_the_status_that_it_had(database: Database, sql: Sql) -> None:
    owner = await person(database)
    for first in NEXT:
        made = await video(database, owner.id, status=VideoStatus(first))
        removed = await videos.remove_video(database, made.id)
        assert (removed.status, removed.removed_from) == (VideoStatus.REMOVED, first)
        assert await videos.remove_video(database, made.id) == removed
        for other in NEXT.keys() - {first}:
            for change, rule in (
                (f"status = '{other}', removed_from = NULL", "videos_status_transition"),
                (f"removed_from = '{other}'", "videos_removed_from_kept"),
            ):
                text = f"UPDATE videos SET {change}, published_at = NULL WHERE id = '{made.id}'"
                assert await rule_against(sql, text) == rule, (first, change)
        assert await videos.restore_video(database, made.id) == made
        assert await videos.restore_video(database, made.id) == made


async def test_a_removed_video_says_the_status_that_it_really_had(database: Database, sql: Sql) -> None:
    await video(database, (await person(database)).id, status=VideoStatus.UPLOADING)
    with pytest.raises(TriggerViolation) as caught:
        await sql("UPDATE videos SET status = 'REMOVED', removed_from = 'READY'")
    assert caught.value.constraint == "videos_status_transition"


async def test_a_new_video_is_not_a_removed_one(database: Database) -> None:
    owner = await person(database)
    with pytest.raises(TriggerViolation) as caught:
        await video(database, owner.id, status=VideoStatus.REMOVED)
    assert caught.value.constraint == "videos_first_status"


async def test_a_video_is_published_when_it_is_ready(database: Database) -> None:
    owner = await person(database)
    made = await video(database, owner.id, status=VideoStatus.PROCESSING, visibility=VideoVisibility.PRIVATE)
    with pytest.raises(CheckViolation) as caught:
        await videos.publish_video(database, made.id, visibility=VideoVisibility.PUBLIC)
    assert caught.value.constraint == "videos_published_check"
    await videos.set_video_status(database, made.id, VideoStatus.READY)
    published = await videos.publish_video(database, made.id, visibility=VideoVisibility.PUBLIC)
    assert published.published_at == database.now()
    assert await videos.publish_video(database, made.id, visibility=VideoVisibility.PUBLIC) == published


async def test_a_removed_video_is_restored_before_it_is_published(database: Database) -> None:
    owner = await person(database)
    made = await video(database, owner.id, visibility=VideoVisibility.PRIVATE)
    removed = await videos.remove_video(database, made.id)
    with pytest.raises(NotFound):
        await videos.publish_video(database, made.id, visibility=VideoVisibility.PUBLIC)
    assert await videos.get_video(database, made.id) == removed


async def test_a_ready_video_has_a_duration(database: Database) -> None:
    owner = await person(database)
    with pytest.raises(CheckViolation) as caught:
        await video(database, owner.id, duration_ms=None)
    assert caught.value.constraint == "videos_ready_check"
