"""What exporting and merging users do with the tables of COMMUNITY."""

import json
from typing import Any
from uuid import UUID

from hangar_dal import (
    Database,
    User,
    accounts,
    builders,
    comments,
    likes,
    notifications,
    reports,
    shares,
    social,
    video_views,
    videos,
)
from hangar_dal.accounts.user_tables import USER_TABLES as OF_ACCOUNTS
from hangar_dal.accounts.user_tables import tables_of_other_catalogs
from hangar_dal.comments import Comment
from hangar_dal.community.user_tables import USER_TABLES
from hangar_dal.migrations.drift import database_schema
from hangar_dal.notifications import Channel
from hangar_dal.social import FollowStatus
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import Sql
from tests.helpers.full_users import tables_of_users


async def test_no_table_that_refers_to_users_is_forgotten(database: Database, database_url: str) -> None:
    """Add a new table to `community.user_tables`: then it says what exporting and merging do with it."""
    found = tables_of_users(database_schema(database_url)) - set(OF_ACCOUNTS)
    assert found - set(USER_TABLES) == set()
    assert set(USER_TABLES) - found <= {"video_search_rows"}  # on SQLite alone
    assert tables_of_other_catalogs(database) == USER_TABLES


async def follow(db: Database, one: User, other: User) -> None:
    await social.follow(db, follower_id=one.id, followed_id=other.id)


async def block(db: Database, one: User, other: User) -> None:
    await social.block(db, blocker_id=one.id, blocked_id=other.id)


async def react(db: Database, video_id: UUID, who: User, other: User) -> Comment:
    """A like, a comment and its like, a share, a report, a notification and a preference of one user."""
    await likes.like_video(db, video_id, user_id=who.id)
    said = await comment(db, video_id, who.id)
    await likes.like_comment(db, said.id, user_id=who.id)
    await shares.share_video(db, builders.share(video=video_id, user=who, recipient=other))
    await reports.create_report(db, builders.report(other, reporter=who))
    await notifications.notify(db, builders.notification(who, actor=other, kind="share"))
    await notifications.set_preference(db, who.id, kind="share", channel=Channel.PUSH, is_enabled=False)
    return said


async def test_an_export_has_the_tables_of_the_opened_catalog(database: Database) -> None:
    ada, bob, eve = await person(database), await person(database), await person(database)
    for owner in (ada, bob):
        made = await video(database, owner.id, tags=["tag"])
        hd = builders.rendition()
        await videos.replace_renditions(database, made.id, [hd])
        await video_views.record_view(database, made.id, viewer_id=ada.id)
    for who in (ada, bob):
        await react(database, made.id, who, eve)
    await follow(database, ada, bob)
    await follow(database, bob, ada)
    await block(database, ada, eve)
    await block(database, eve, bob)
    await block(database, await person(database), ada)
    async with accounts.export_user(database, ada.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    counted = {table: len(rows) for table, rows in document.items() if table not in OF_ACCOUNTS}
    assert counted == {
        "blocks": 1,
        "follows": 2,
        "videos": 1,
        "video_renditions": 1,
        "video_views": 2,
        "video_likes": 1,
        "comments": 1,
        "comment_likes": 1,
        "shares": 1,
        "reports": 1,
        "notifications": 0,  # the block of the one who caused it deleted it
        "notification_preferences": 1,
    }
    assert document["videos"][0]["owner_id"] == str(ada.id)
    assert document["blocks"][0]["blocked_id"] == str(eve.id)


async def test_a_merge_moves_videos_follows_and_blocks(database: Database, sql: Sql) -> None:
    kept, merged = await person(database), await person(database)
    fans, foes = [await person(database) for _ in range(2)], [await person(database) for _ in range(3)]
    private = await person(database, is_private=True)
    made = await video(database, merged.id, tags=["tag"])
    await video_views.record_view(database, made.id, viewer_id=merged.id)
    await follow(database, fans[0], merged)
    await follow(database, merged, fans[1])
    await follow(database, kept, fans[1])
    await follow(database, kept, merged)
    for one in (kept, merged):
        await follow(database, one, private)
    await social.accept_follow(database, follower_id=merged.id, followed_id=private.id)
    await block(database, merged, foes[0])
    await block(database, foes[1], merged)
    await follow(database, kept, foes[0])
    await block(database, kept, foes[2])
    await follow(database, foes[2], merged)
    await accounts.merge_users(database, kept=kept.id, merged=merged.id)
    assert (await videos.get_video(database, made.id)).owner_id == kept.id
    assert await video_views.count_views(database, made.id) == 1
    async with social.stream_follows(database, kept.id) as rows:
        follows = {(each.follower_id, each.followed_id, each.status) async for each in rows}
    assert follows == {
        (fans[0].id, kept.id, FollowStatus.ACCEPTED),
        (kept.id, fans[1].id, FollowStatus.ACCEPTED),
        (kept.id, private.id, FollowStatus.ACCEPTED),
    }
    blocks = await sql("SELECT CAST(blocker_id AS text), CAST(blocked_id AS text) FROM blocks")
    assert {tuple(each) for each in blocks} == {
        (str(kept.id), str(foes[0].id)),
        (str(foes[1].id), str(kept.id)),
        (str(kept.id), str(foes[2].id)),
    }


async def test_a_merge_moves_likes_comments_shares_reports_and_notifications(database: Database) -> None:
    kept, merged, other = await person(database), await person(database), await person(database)
    both, one = await video(database, other.id), await video(database, other.id)
    await react(database, both.id, kept, other)
    said = await react(database, both.id, merged, other)
    await likes.like_video(database, one.id, user_id=merged.id)
    between = builders.share(video=one, user=merged, recipient=kept)
    await shares.share_video(database, between)
    back = builders.share(video=one, user=other, recipient=merged)
    received = await shares.share_video(database, back)
    claimed = await reports.claim_report(database, moderator_id=merged.id)
    assert claimed is not None
    await accounts.merge_users(database, kept=kept.id, merged=merged.id)
    assert (await likes.count_video_likes(database, both.id), await likes.count_video_likes(database, one.id)) == (1, 1)
    assert (await comments.get_comment(database, said.id)).author_id == kept.id
    assert await comments.count_comments(database, both.id) == 2
    assert await likes.count_comment_likes(database, said.id) == 1
    assert [each.id for each in await shares.list_received_shares(database, kept.id)] == [received.id]
    assert (await shares.count_shares(database, both.id), await shares.count_shares(database, one.id)) == (2, 1)
    assert len(await reports.list_reports_of_reporter(database, kept.id)) == 1
    assert [each.id for each in await reports.list_claimed_reports(database, kept.id)] == [claimed.id]
    assert [each.actor_id for each in await notifications.list_inbox(database, kept.id)] == [other.id] * 2
    assert [each.kind for each in await notifications.list_preferences(database, kept.id)] == ["share"]


async def test_an_erased_user_leaves_nothing_but_the_counts_of_others(database: Database, sql: Sql) -> None:
    ada, bob, eve = await person(database), await person(database), await person(database)
    for owner, viewer in ((ada, bob), (bob, ada)):
        made = await video(database, owner.id, tags=["a"])
        await video_views.record_view(database, made.id, viewer_id=viewer.id)
        await follow(database, owner, viewer)
    await block(database, ada, eve)
    assert await video_views.refresh_trends(database) == 2
    await accounts.erase_user(database, ada.id)
    left = {table: len(await sql(f"SELECT 1 FROM {table}")) for table in USER_TABLES if table != "video_search_rows"}
    assert left == dict.fromkeys(left, 0) | {
        "followed_counts": 1,
        "follower_counts": 1,
        "videos": 1,
        "video_tags": 1,
        "video_view_counts": 1,
        "video_views_by_day": 1,
        "video_trends": 1,
    }
