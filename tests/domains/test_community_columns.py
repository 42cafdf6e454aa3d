"""The columns of COMMUNITY's tables refuse what is no value of their kind, and the rules that a trigger is ahead of."""

import pytest

from hangar_dal import (
    COMMUNITY,
    Database,
    Settings,
    builders,
    comments,
    likes,
    notifications,
    open_database,
    reports,
    sealing,
    shares,
    social,
    video_views,
    videos,
)
from hangar_dal.community.user_tables import USER_TABLES
from hangar_dal.errors import CheckViolation
from hangar_dal.notifications import Channel
from hangar_dal.reports import ReportResolution
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.community import catalog as catalog
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import Sql, sql_on


async def fill(db: Database) -> None:
    """A value in every column of every table."""
    owner, fan, other = [await person(db) for _ in range(3)]
    given = {"description": "Low over the hills", "language": "en", "category": "air", "thumbnail": "https://v/1.jpg"}
    made = await video(db, owner.id, tags=["air"], metadata={"n": 1}, **given)
    await videos.remove_video(db, (await video(db, owner.id)).id)
    await videos.replace_renditions(db, made.id, [builders.rendition()])
    await video_views.record_view(db, made.id, viewer_id=fan.id)
    await video_views.refresh_trends(db)
    await social.follow(db, follower_id=fan.id, followed_id=owner.id)
    await social.block(db, blocker_id=fan.id, blocked_id=other.id)
    await likes.like_video(db, made.id, user_id=fan.id)
    top = await comment(db, made.id, owner.id)
    answer = await comment(db, made.id, fan.id, parent_id=top.id)
    await comments.edit_comment(db, answer.id, author_id=fan.id, body="Better said")
    await likes.like_comment(db, top.id, user_id=fan.id)
    await shares.share_video(db, builders.share(video=made, user=owner, recipient=fan, message="Look"))
    for reporter in (owner, other):
        await reports.create_report(db, builders.report(made, reporter=reporter, details="Too loud"))
    claimed = await reports.claim_report(db, moderator_id=fan.id)
    assert claimed is not None
    done = ReportResolution.NO_ACTION
    await reports.resolve_report(db, claimed.id, moderator_id=fan.id, resolution=done, note="Not so loud")
    event = builders.notification(
        owner,
        actor=fan,
        object_kind="video",
        object_id=made.id,
        group_key="likes",
        expires_at=builders.LATER,
    )
    await notifications.notify(db, event)
    await notifications.mark_read(db, owner.id, [event.event_id])
    await notifications.set_preference(db, owner.id, kind="like", channel=Channel.PUSH, is_enabled=True)


AHEAD = frozenset({"video_views_whole_hour_check", "comments_root_check", "notifications_expiry_check"})


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql) -> None:
    await fill(database)
    await drop_triggers(database, sql)
    tables = [table for table in USER_TABLES if table != "video_search_rows"]
    assert await unrefused(database, sql, tables, ahead=AHEAD) == []


MONTH_13 = "2030-13-01T03:00:00.000000Z"
CLAIMED = "claimed_by = reporter_id, available_at = created_at, resolution = NULL, resolved_at = NULL"


async def test_the_rules_hold_without_the_triggers(database: Database, sql: Sql) -> None:
    await fill(database)
    await drop_triggers(database, sql)
    for rule, change in (
        ("blocks_self_check", "UPDATE blocks SET blocked_id = blocker_id"),
        ("videos_status_check", "UPDATE videos SET status = 'NONE', removed_from = NULL, published_at = NULL"),
        (
            "videos_removed_from_check",
            "UPDATE videos SET status = 'REMOVED', removed_from = 'NONE', published_at = NULL",
        ),
        ("video_tags_tag_check", "UPDATE video_tags SET tag = ''"),
        ("video_trends_days_check", "UPDATE video_trends SET days = 367"),
        ("reports_target_kind_check", "UPDATE reports SET target_kind = 'NONE'"),
        ("reports_status_check", f"UPDATE reports SET status = 'NONE', {CLAIMED}, claimed_at = created_at"),
        ("reports_open_check", f"UPDATE reports SET status = 'OPEN', {CLAIMED}, claimed_at = NULL"),
    ):
        with pytest.raises(CheckViolation) as caught:
            await sql(change)
        assert caught.value.constraint == rule


async def test_sqlite_refuses_values_that_another_rule_is_ahead_of(sqlite_url: str) -> None:
    """The columns of `AHEAD`, and a list that is an object. On PostgreSQL their types refuse these values."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMUNITY) as database:
        sql = sql_on(database)
        await fill(database)
        await drop_triggers(database, sql)
        for rule, change in (
            ("videos_tags_type_check", "UPDATE videos SET tags = '{}'"),
            ("comments_id_type_check", "UPDATE comments SET id = 'x', root_id = 'x' WHERE depth = 1"),
            ("comments_root_id_type_check", "UPDATE comments SET root_id = 'x' WHERE depth = 2"),
            ("video_views_hour_check", f"UPDATE video_views SET hour = '{MONTH_13}', viewed_at = '{MONTH_13}'"),
            (
                "video_views_viewed_at_check",
                "UPDATE video_views SET viewed_at = substr(viewed_at, 1, 14) || '60:00.000000Z'",
            ),
            ("notifications_expires_at_check", "UPDATE notifications SET expires_at = 'x'"),
        ):
            with pytest.raises(CheckViolation) as caught:
                await sql(change)
            assert caught.value.constraint == rule
