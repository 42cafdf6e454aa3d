"""The tags of a video and their rows, tried with SQL that bypasses the package."""

import json
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import Database, uuid7, videos
from hangar_dal.errors import ConstraintViolation, DatabaseError, TriggerViolation
from hangar_dal.videos import Video, VideoVisibility
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql


@pytest.fixture
async def made(database: Database) -> Video:
    return await video(database, (await person(database)).id, tags=["one", "two"])


async def tagged(sql: Sql, video_id: UUID) -> list[tuple[Any, ...]]:
    """The rows of the tags, with whether their `feed_at` is that of the video."""
    rows = await sql(
        "SELECT video_tags.tag, video_tags.feed_at IS NOT DISTINCT FROM videos.feed_at FROM video_tags "
        f"INNER JOIN videos ON videos.id = video_tags.video_id WHERE videos.id = '{video_id}' ORDER BY video_tags.tag"
    )
    return [(row[0], bool(row[1])) for row in rows]


def written(database: Database, tags: list[Any]) -> str:
    """A list of tags as a literal: an array on PostgreSQL, a JSON array on SQLite."""
    text = json.dumps(tags)
    return {"sqlite": f"'{text}'", "postgresql": "'{" + text[1:-1] + "}'"}[database.dialect]


async def test_the_rows_follow_the_tags_and_the_feed(database: Database, sql: Sql, made: Video) -> None:
    assert await tagged(sql, made.id) == [("one", True), ("two", True)]
    await sql(f"UPDATE videos SET tags = {written(database, ['two', 'three'])}")
    assert await tagged(sql, made.id) == [("three", True), ("two", True)]
    await sql("UPDATE videos SET visibility = 'PRIVATE'")
    assert await tagged(sql, made.id) == [("three", True), ("two", True)]
    assert await sql("SELECT 1 FROM video_tags WHERE feed_at IS NOT NULL") == []
    await videos.publish_video(database, made.id, visibility=VideoVisibility.PUBLIC)
    assert len(await sql("SELECT 1 FROM video_tags WHERE feed_at IS NOT NULL")) == 2
    await videos.remove_video(database, made.id)
    assert await sql("SELECT 1 FROM video_tags WHERE feed_at IS NOT NULL") == []
    await videos.restore_video(database, made.id)
    await sql(f"UPDATE videos SET tags = {written(database, ['four'])}, visibility = 'UNLISTED'")
    assert await tagged(sql, made.id) == [("four", True)]
    await sql(f"UPDATE videos SET tags = {written(database, [])}")
    assert await tagged(sql, made.id) == []


@pytest.mark.parametrize(
    ("tags", "rule"),
    [
        ([f"t{number}" for number in range(31)], "videos_tags_check"),
        (["same", "same"], "videos_tags_each_once"),
        (["one", ""], "videos_tags_each_once"),
        (["x" * 51], "videos_tags_each_once"),
    ],
    ids=["31 tags", "repeated", "empty", "long"],
)
async def test_tags_are_at_most_thirty_each_once_and_short(
    database: Database, sql: Sql, made: Video, tags: list[str], rule: str
) -> None:
    new, columns = written(database, tags), "owner_id, title, duration_ms, status, created_at, updated_at"
    for statement in (
        f"UPDATE videos SET tags = {new}",
        f"INSERT INTO videos (id, tags, {columns}) SELECT '{uuid7()}', {new}, {columns} FROM videos",
    ):
        with pytest.raises(ConstraintViolation) as caught:
            await sql(statement)
        assert caught.value.constraint == rule
    assert await tagged(sql, made.id) == [("one", True), ("two", True)]


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (
            "INSERT INTO video_tags SELECT 'three', id, feed_at FROM videos",
            "video_tags_of_video",
        ),
        ("UPDATE video_tags SET tag = 'three' WHERE tag = 'one'", "video_tags_of_video"),
        ("UPDATE video_tags SET feed_at = NULL", "video_tags_of_video"),
        ("DELETE FROM video_tags WHERE tag = 'one'", "video_tags_of_video"),
        ("INSERT INTO video_tags SELECT 'one', id, feed_at FROM videos", "video_tags_pkey"),
    ],
    ids=["more", "other", "feed", "fewer", "again"],
)
async def test_the_rows_cannot_differ_from_the_tags(
    database: Database, sql: Sql, made: Video, statement: str, rule: str
) -> None:
    with pytest.raises(ConstraintViolation) as caught:
        await sql(statement)
    assert caught.value.constraint == rule
    assert await tagged(sql, made.id) == [("one", True), ("two", True)]


async def test_a_row_does_not_move_to_another_video_with_the_same_tag(
    database: Database, sql: Sql, made: Video
) -> None:
    other = await video(database, made.owner_id, tags=["one"])
    await sql(f"UPDATE videos SET tags = {written(database, [])} WHERE id = '{other.id}'")
    with pytest.raises(TriggerViolation):
        await sql(f"UPDATE video_tags SET video_id = '{other.id}' WHERE tag = 'one'")
    assert await tagged(sql, made.id) == [("one", True), ("two", True)]


async def test_no_conflict_clause_of_sqlite_leaves_the_tags_out(database: Database, sql: Sql, made: Video) -> None:
    """`OR IGNORE` and `OR REPLACE` reach into triggers. PostgreSQL knows neither and refuses the statements."""
    for clause, tags in (("IGNORE", ["same", "same"]), ("IGNORE", ["x" * 51]), ("REPLACE", ["same", "same"])):
        with pytest.raises(DatabaseError):
            await sql(f"UPDATE OR {clause} videos SET tags = {written(database, tags)}")
        assert await tagged(sql, made.id) == [("one", True), ("two", True)]
    with pytest.raises(DatabaseError):
        await sql("UPDATE OR REPLACE video_tags SET tag = 'two' WHERE tag = 'one'")
    assert await tagged(sql, made.id) == [("one", True), ("two", True)]


async def test_the_tags_go_with_their_video(database: Database, sql: Sql, made: Video) -> None:
    assert await videos.delete_video(database, made.id) == 1
    assert await sql("SELECT 1 FROM video_tags") == []
