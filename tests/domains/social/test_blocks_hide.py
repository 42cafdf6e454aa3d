"""Who sees what and does what after a block: every query that shows users to each other, for each pair of users."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final
from uuid import UUID

from hangar_dal import COMMUNITY, Database, builders, likes, notifications, shares, social, video_views
from hangar_dal.errors import NotFound, TriggerViolation
from tests.domains.social.shown import SHOWN, Crowd, crowd, strangers
from tests.helpers.community import comment, person

Does = Callable[[Crowd, UUID, UUID], Awaitable[object]]


async def _import_follow(at: Crowd, me: UUID, other: UUID) -> object:
    return await social.import_follows(at.db, [builders.follow(follower=me, followed=other)])


async def _tell_follower(at: Crowd, me: UUID, other: UUID) -> object:
    pair = {"follower_id": other, "followed_id": me}
    with suppress(TriggerViolation):
        await social.follow(at.db, **pair)
    event = builders.event(me, created_at=at.db.now())
    await notifications.notify_followers(at.db, event)
    await social.unfollow(at.db, **pair)
    return await notifications.find_notification(at.db, other, event.event_id)


# What one user does to the other, or to what belongs to the other. It is refused, or does nothing.
DONE: Final[Mapping[str, Does]] = {
    "social.insert_follows": _import_follow,
    "social.insert_follow": lambda at, me, other: social.follow(at.db, follower_id=me, followed_id=other),
    "likes.insert_video_like": lambda at, me, other: likes.like_video(at.db, at.made[other].id, user_id=me),
    "likes.insert_comment_like": lambda at, me, other: likes.like_comment(at.db, at.written[other], user_id=me),
    "likes.insert_comment_like on their video": lambda at, me, other: likes.like_comment(
        at.db, at.on_theirs[other], user_id=me
    ),
    "likes.insert_comment_like below theirs": lambda at, me, other: likes.like_comment(
        at.db, at.below[other], user_id=me
    ),
    "comments.insert_comment": lambda at, me, other: comment(at.db, at.made[other].id, me),
    "comments.insert_comment answer": lambda at, me, other: comment(
        at.db, at.shared.id, me, parent_id=at.written[other]
    ),
    "comments.insert_comment below theirs": lambda at, me, other: comment(
        at.db, at.shared.id, me, parent_id=at.below[other]
    ),
    "shares.insert_share": lambda at, me, other: shares.share_video(
        at.db, builders.share(video=at.shared, user=me, recipient=other)
    ),
    "shares.insert_share of theirs": lambda at, me, other: shares.share_video(
        at.db, builders.share(video=at.made[other], user=me)
    ),
    "video_views.record_view": lambda at, me, other: video_views.record_view(at.db, at.made[other].id, viewer_id=me),
    "notifications.insert_notification": lambda at, me, other: notifications.notify(
        at.db, builders.notification(other, actor=me)
    ),
    "notifications.insert_notifications": lambda at, me, other: notifications.notify_many(
        at.db, [builders.notification(other, actor=me)]
    ),
    "notifications.insert_for_followers": _tell_follower,
}

# Queries that a block does not concern.
APART: Final = {
    # Counts are the same for every viewer.
    "comments.count_comments",
    "likes.count_comment_likes",
    "likes.count_video_likes",
    "shares.count_shares",
    "social.count_follows",
    "video_views.count_views",
    "video_views.list_views_by_day",
    # A user's own rows, for the user.
    "comments.list_comments_of_author",
    "likes.find_comment_like",
    "likes.find_video_like",
    "notifications.list_preferences",
    "shares.list_shares_of_user",
    "social.list_blocked_users",
    "social.list_follow_requests",  # `test_a_block_ends_requests`
    "videos.list_videos_of_owner",
    # By id, whoever asks: for owners and moderators, and for ids of a list that was asked for a viewer.
    "comments.get_comment",
    "shares.get_share",
    "videos.get_video",
    "videos.get_video_details",
    "videos.list_renditions",
    # Reports, whose reporters may well have blocked whom they report.
    "reports.find_report",
    "reports.find_unresolved_report",
    "reports.insert_report",
    "reports.list_claimed_reports",
    "reports.list_reports",
    "reports.list_reports_of_reporter",
    "reports.list_reports_of_target",
    # Imports: they store what was so elsewhere.
    "comments.insert_comments",
    "likes.insert_comment_likes",
    "likes.insert_video_likes",
    "notifications.insert_preferences",
    "reports.insert_reports",
    "shares.insert_shares",
    "social.insert_blocks",
    "video_views.insert_views",
    "videos.insert_videos",
    # Parts of a function, and rows about one user or none.
    "notifications.find_fan_out_end",
    "notifications.list_users_who_want",
    "video_views.insert_trends",
    "videos.find_rarest_tag",
    "videos.insert_renditions",
    "videos.insert_video",
}
VERBS: Final = {"count", "find", "get", "insert", "list", "record", "search"}


def test_every_query_that_could_show_or_reach_a_user_is_tried() -> None:
    """A new query is tried in SHOWN or DONE, or APART says why a block does not concern it."""
    tried = {name.split()[0] for name in (*SHOWN, *DONE)}
    assert tried & APART == set()
    assert tried | APART == {name for name in COMMUNITY.queries if name.split(".")[1].split("_")[0] in VERBS}


async def test_each_query_shows_nothing_over_a_block(database: Database) -> None:
    """Everybody does everything to everybody; then the first blocks the second, and nobody blocks the third."""
    at = await crowd(database, 3)
    blocker, blocked, third = at.people
    for viewer, other in at.pairs:
        assert [name for name, shows in SHOWN.items() if not await shows(at, viewer, other)] == []
    await social.block(database, blocker_id=blocker, blocked_id=blocked)
    for viewer, other in at.pairs:
        is_hidden = third not in (viewer, other)
        assert [name for name, shows in SHOWN.items() if await shows(at, viewer, other) is is_hidden] == []


async def test_nothing_is_done_over_a_block(database: Database) -> None:
    at = await strangers(database, 3)
    blocker, blocked, third = at.people
    await social.block(database, blocker_id=blocker, blocked_id=blocked)
    for one, other in at.pairs:
        done = []
        for name, does in DONE.items():
            with suppress(NotFound, TriggerViolation):
                done += [name] if await does(at, one, other) else []
        assert done == (list(DONE) if third in (one, other) else [])


async def test_a_block_ends_requests(database: Database) -> None:
    ada, bob = [(await person(database, is_private=True)).id for _ in range(2)]
    for one, other in ((ada, bob), (bob, ada)):
        await social.follow(database, follower_id=one, followed_id=other)
    await social.block(database, blocker_id=ada, blocked_id=bob)
    assert await social.list_follow_requests(database, ada) == []
    assert await social.list_follow_requests(database, bob) == []
