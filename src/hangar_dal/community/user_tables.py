"""What exporting and merging users do with the tables of COMMUNITY that refer to users.

`accounts` finds this module by the catalog, so that a database with these tables never exports or merges without them.
A test compares the list with the migrated schema, so that no new table is forgotten.
"""

from collections.abc import AsyncGenerator, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from hangar_dal import comments, likes, notifications, reports, shares, social, video_views, videos
from hangar_dal.accounts.user_tables import UserTable
from hangar_dal.database import Transaction
from hangar_dal.models.users import User

Rows = AsyncGenerator[BaseModel, None]


async def _videos(tx: Transaction, user: User) -> Rows:
    async with videos.stream_videos(tx, owner_id=user.id) as rows:
        async for row in rows:
            yield row


async def _move_videos(tx: Transaction, kept: User, merged: User) -> None:
    await videos.move_videos(tx, kept=kept.id, merged=merged.id)


async def _renditions(tx: Transaction, user: User) -> Rows:
    async with videos.stream_renditions(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _views(tx: Transaction, user: User) -> Rows:
    async with video_views.stream_views(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _follows(tx: Transaction, user: User) -> Rows:
    async with social.stream_follows(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_follows(tx: Transaction, kept: User, merged: User) -> None:
    await social.accept_moved_follows(tx, kept=kept.id, merged=merged.id)
    await social.move_follows(tx, kept=kept.id, merged=merged.id)


async def _blocks(tx: Transaction, user: User) -> Rows:
    """Not those of others who have blocked the user: they are the others' affair."""
    async with social.stream_blocks(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_blocks(tx: Transaction, kept: User, merged: User) -> None:
    await social.move_blocks(tx, kept=kept.id, merged=merged.id)


async def _video_likes(tx: Transaction, user: User) -> Rows:
    async with likes.stream_video_likes_of_user(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_video_likes(tx: Transaction, kept: User, merged: User) -> None:
    await likes.move_video_likes(tx, kept=kept.id, merged=merged.id)


async def _comment_likes(tx: Transaction, user: User) -> Rows:
    async with likes.stream_comment_likes_of_user(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_comment_likes(tx: Transaction, kept: User, merged: User) -> None:
    await likes.move_comment_likes(tx, kept=kept.id, merged=merged.id)


async def _comments(tx: Transaction, user: User) -> Rows:
    async with comments.stream_comments_of_author(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_comments(tx: Transaction, kept: User, merged: User) -> None:
    await comments.move_comments(tx, kept=kept.id, merged=merged.id)


async def _shares(tx: Transaction, user: User) -> Rows:
    """Not what others shared with the user: their messages are theirs."""
    async with shares.stream_shares_of_user(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_shares(tx: Transaction, kept: User, merged: User) -> None:
    await shares.move_shares(tx, kept=kept.id, merged=merged.id)


async def _reports(tx: Transaction, user: User) -> Rows:
    """Not the reports about the user: who made them is not the user's to know."""
    async with reports.stream_reports_of_reporter(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_reports(tx: Transaction, kept: User, merged: User) -> None:
    await reports.move_reports(tx, kept=kept.id, merged=merged.id)
    await reports.move_claims(tx, kept=kept.id, merged=merged.id)


async def _notifications(tx: Transaction, user: User) -> Rows:
    async with notifications.stream_notifications(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_notifications(tx: Transaction, kept: User, merged: User) -> None:
    await notifications.move_notifications(tx, kept=kept.id, merged=merged.id)


async def _preferences(tx: Transaction, user: User) -> Rows:
    for row in await notifications.list_preferences(tx, user.id):
        yield row


async def _move_preferences(tx: Transaction, kept: User, merged: User) -> None:
    await notifications.move_preferences(tx, kept=kept.id, merged=merged.id)


_OF_VIDEOS: Final = UserTable()  # made from the videos, and moves with them
_COUNTS: Final = UserTable()  # triggers keep them

# Blocks come before follows: no follow moves over a block.
USER_TABLES: Final[Mapping[str, UserTable]] = MappingProxyType(
    {
        "blocks": UserTable(export=_blocks, move=_move_blocks),
        "follows": UserTable(export=_follows, move=_move_follows),
        "videos": UserTable(export=_videos, move=_move_videos),
        "video_tags": _OF_VIDEOS,
        "video_renditions": UserTable(export=_renditions),
        "video_views": UserTable(export=_views),  # goes with the merged user: it only keeps views from counting twice
        "video_view_counts": _OF_VIDEOS,
        "video_views_by_day": _OF_VIDEOS,
        "video_trends": _OF_VIDEOS,
        "video_search_rows": _OF_VIDEOS,
        "video_likes": UserTable(export=_video_likes, move=_move_video_likes),
        "comments": UserTable(export=_comments, move=_move_comments),
        "comment_likes": UserTable(export=_comment_likes, move=_move_comment_likes),
        "shares": UserTable(export=_shares, move=_move_shares),
        "reports": UserTable(export=_reports, move=_move_reports),
        "follower_counts": _COUNTS,
        "followed_counts": _COUNTS,
        "video_like_counts": _COUNTS,
        "video_comment_counts": _COUNTS,
        "answer_counts": _COUNTS,
        "comment_like_counts": _COUNTS,
        "video_share_counts": _COUNTS,
        "notifications": UserTable(export=_notifications, move=_move_notifications),
        "notification_preferences": UserTable(export=_preferences, move=_move_preferences),
    }
)
