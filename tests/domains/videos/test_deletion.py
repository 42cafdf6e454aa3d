"""What happens to the tables of this catalog when a user is deleted."""

from community import person, video
from domain_fixtures import Sql
from full_users import tables_of_users
from hangar_dal import Database, social, users, video_views
from hangar_dal.accounts.user_tables import USER_TABLES
from hangar_dal.migrations.drift import database_schema

# docs/videos.md says what deletion does to each of them. `video_search_rows` is SQLite's alone.
TABLES = {
    "blocks",
    "follows",
    "video_renditions",
    "video_search_rows",
    "video_tags",
    "video_trends",
    "video_view_counts",
    "video_views",
    "video_views_by_day",
    "videos",
}


def test_no_table_that_refers_to_users_is_forgotten(database_url: str) -> None:
    found = tables_of_users(database_schema(database_url)) - set(USER_TABLES)
    assert found | {"video_search_rows"} == TABLES


async def test_nothing_of_a_deleted_user_stays_but_the_counts_of_others(database: Database, sql: Sql) -> None:
    ada, bob, eve = await person(database), await person(database), await person(database)
    for owner, viewer in ((ada, bob), (bob, ada)):
        made = await video(database, owner.id, tags=["a"])
        await video_views.record_view(database, made.id, viewer_id=viewer.id)
        await social.follow(database, follower_id=owner.id, followed_id=viewer.id)
    await social.block(database, blocker_id=ada.id, blocked_id=eve.id)
    assert await video_views.refresh_trends(database) == 2
    await users.delete_user(database, ada.id)
    left = {table: len(await sql(f"SELECT 1 FROM {table}")) for table in sorted(TABLES - {"video_search_rows"})}
    assert left == {
        "blocks": 0,
        "follows": 0,
        "video_renditions": 0,
        "video_tags": 1,
        "video_trends": 1,
        "video_view_counts": 1,
        "video_views": 0,
        "video_views_by_day": 1,
        "videos": 1,
    }
