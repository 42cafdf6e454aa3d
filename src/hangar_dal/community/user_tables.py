"""How to export and merge the tables of COMMUNITY that refer to users.

`accounts` finds this module through the catalog, so that an export or merge never misses these tables. A test compares
the list with the migrated schema, so that no new table is forgotten.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hangar_dal import comments, likes, notifications, reports, shares, social, video_views, videos
from hangar_dal.accounts.user_tables import Rows, UserTable, moved, streamed
from hangar_dal.database import Transaction
from hangar_dal.models.users import User


async def _preferences(tx: Transaction, user: User) -> Rows:
    for row in await notifications.list_preferences(tx, user.id):
        yield row


_OF_VIDEOS: Final = UserTable()  # derived from the videos, and moved with them
_COUNTS: Final = UserTable()  # maintained by triggers

# Blocks move before follows, so that no follow is moved against a block.
USER_TABLES: Final[Mapping[str, UserTable]] = MappingProxyType(
    {
        # Blocks set by other users are not exported: they are the data of those users.
        "blocks": UserTable(export=streamed(social.stream_blocks), move=moved(social.move_blocks)),
        "follows": UserTable(
            export=streamed(social.stream_follows), move=moved(social.accept_moved_follows, social.move_follows)
        ),
        "videos": UserTable(
            export=streamed(lambda tx, user_id: videos.stream_videos(tx, owner_id=user_id)),
            move=moved(videos.move_videos),
        ),
        "video_tags": _OF_VIDEOS,
        "video_renditions": UserTable(export=streamed(videos.stream_renditions)),
        # Deleted with the merged user: they only prevent views from being counted twice.
        "video_views": UserTable(export=streamed(video_views.stream_views)),
        "video_view_counts": _OF_VIDEOS,
        "video_views_by_day": _OF_VIDEOS,
        "video_trends": _OF_VIDEOS,
        "video_search_rows": _OF_VIDEOS,
        "video_likes": UserTable(export=streamed(likes.stream_video_likes_of_user), move=moved(likes.move_video_likes)),
        "comments": UserTable(export=streamed(comments.stream_comments_of_author), move=moved(comments.move_comments)),
        "comment_likes": UserTable(
            export=streamed(likes.stream_comment_likes_of_user), move=moved(likes.move_comment_likes)
        ),
        # Shares by other users are not exported: their messages are the data of those users.
        "shares": UserTable(export=streamed(shares.stream_shares_of_user), move=moved(shares.move_shares)),
        # Reports about the user are not exported: the user must not learn who made them.
        "reports": UserTable(
            export=streamed(reports.stream_reports_of_reporter),
            move=moved(reports.move_reports, reports.move_claims),
        ),
        "follower_counts": _COUNTS,
        "followed_counts": _COUNTS,
        "video_like_counts": _COUNTS,
        "video_comment_counts": _COUNTS,
        "answer_counts": _COUNTS,
        "comment_like_counts": _COUNTS,
        "video_share_counts": _COUNTS,
        "notifications": UserTable(
            export=streamed(notifications.stream_notifications), move=moved(notifications.move_notifications)
        ),
        "notification_preferences": UserTable(export=_preferences, move=moved(notifications.move_preferences)),
    }
)
