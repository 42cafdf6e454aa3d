"""What the tables refuse, tried with SQL that bypasses the package."""

import pytest

from hangar_dal import Database, builders, uuid7, video_views, videos
from hangar_dal.errors import ConstraintViolation, DatabaseError, ForeignKeyViolation, TriggerViolation
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql, rule_against

VIDEO: dict[str, str] = {
    "title = ''": "videos_title_check",
    f"title = '{'x' * 201}'": "videos_title_check",
    f"description = '{'x' * 10_001}'": "videos_description_check",
    "language = 'EN'": "videos_language_check",
    "language = 'e'": "videos_language_check",
    "language = 'en-'": "videos_language_check",
    "language = 'en--US'": "videos_language_check",
    "language = 'en_US'": "videos_language_check",
    "category = ''": "videos_category_check",
    "duration_ms = -1": "videos_duration_ms_check",
    "duration_ms = NULL": "videos_ready_check",
    "visibility = 'SECRET'": "videos_visibility_check",
    "thumbnail = ''": "videos_thumbnail_check",
    "metadata = '[]'": "videos_metadata_check",
    "published_at = NULL, removed_from = 'FAILED'": "videos_removed_check",
    f"id = '{uuid7()}'": "videos_unchanged",
}


async def test_a_video_that_breaks_a_rule_is_refused(database: Database, sql: Sql) -> None:
    made = await video(database, (await person(database)).id)
    assert {change: await rule_against(sql, f"UPDATE videos SET {change}") for change in VIDEO} == VIDEO
    assert await videos.get_video(database, made.id) == made


async def test_a_video_has_an_owner(database: Database, sql: Sql) -> None:
    await video(database, (await person(database)).id)
    with pytest.raises(ForeignKeyViolation):
        await sql(f"UPDATE videos SET owner_id = '{uuid7()}'")


RENDITION: dict[str, str] = {
    "name = ''": "video_renditions_name_check",
    "width = 0": "video_renditions_width_check",
    "height = 0": "video_renditions_height_check",
    "bitrate = 0": "video_renditions_bitrate_check",
    "codec = ''": "video_renditions_codec_check",
    "url = ''": "video_renditions_url_check",
    "size = -1": "video_renditions_size_check",
}


async def test_a_rendition_that_breaks_a_rule_is_refused(database: Database, sql: Sql) -> None:
    made = await video(database, (await person(database)).id)
    await videos.replace_renditions(database, made.id, [builders.rendition()])
    found = {change: await rule_against(sql, f"UPDATE video_renditions SET {change}") for change in RENDITION}
    assert found == RENDITION


async def test_a_view_is_neither_changed_nor_replaced_nor_of_half_an_hour(database: Database, sql: Sql) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    await video_views.record_view(database, made.id, viewer_id=owner.id)
    with pytest.raises(TriggerViolation) as changed:
        await sql("UPDATE video_views SET viewed_at = hour")
    assert changed.value.constraint == "video_views_unchanged"
    at = "'2030-01-02T03:30:00.000000Z'"
    with pytest.raises(ConstraintViolation) as half:
        await sql(f"INSERT INTO video_views VALUES ('{made.id}', '{owner.id}', {at}, {at})")
    assert half.value.constraint == "video_views_whole_hour_check"
    # `INSERT OR REPLACE` is known to SQLite alone: PostgreSQL refuses the statement, SQLite's trigger the row.
    with pytest.raises(DatabaseError):
        await sql("INSERT OR REPLACE INTO video_views SELECT * FROM video_views")
    assert await video_views.count_views(database, made.id) == 1


@pytest.mark.parametrize("table", ["video_view_counts", "video_views_by_day"])
async def test_a_count_is_in_one_of_sixteen_rows(database: Database, sql: Sql, table: str) -> None:
    owner = await person(database)
    made = await video(database, owner.id)
    await video_views.record_view(database, made.id, viewer_id=owner.id)
    for change, rule in (("shard = 'g'", "shard"), ("shard = 'ab'", "shard"), ("views = -1", "views")):
        with pytest.raises(ConstraintViolation) as caught:
            await sql(f"UPDATE {table} SET {change}")
        assert caught.value.constraint == f"{table}_{rule}_check"
