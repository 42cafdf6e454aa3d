"""What is asked about videos and their views."""

from datetime import timedelta
from typing import Final

from benchmarks.growth.filled import Calls, Filled
from benchmarks.growth.filling import START
from hangar_dal import video_views, videos
from hangar_dal.database import Statement
from hangar_dal.videos import VideoStatus

OWNER: Final = 0  # has a tenth of all videos


async def find_middles(at: Filled) -> None:
    """A video in the middle of every list of videos."""
    at.middle["video"] = await videos.get_video(at.db, at.video(at.rows // 2))
    await video_views.refresh_trends(at.db, days=30, size=500)
    await at.db.run(Statement("analyze", "ANALYZE video_trends", writes=True), ())  # as autovacuum does
    trends = [await video_views.list_trending_videos(at.db, days=30, limit=1000)]
    at.middle["trend"] = trends[0][len(trends[0]) // 2]


_VIDEOS: Final[Calls] = {
    "find_visible_video": lambda at: videos.find_visible_video(at.db, at.video(), viewer_id=at.user()),
    "get_video_details of 20": lambda at: videos.get_video_details(at.db, [at.video() for _ in range(20)]),
    "list_renditions": lambda at: videos.list_renditions(at.db, at.video()),
    "list_videos_of_owner": lambda at: videos.list_videos_of_owner(at.db, at.user()),
    "list_videos_of_owner, long": lambda at: videos.list_videos_of_owner(at.db, at.user(OWNER)),
    "list_videos_of_owner, long, deep": lambda at: videos.list_videos_of_owner(
        at.db, at.user(OWNER), status=VideoStatus.READY, after=at.middle["video"]
    ),
    "list_visible_videos_of_owner, long": lambda at: videos.list_visible_videos_of_owner(
        at.db, at.user(OWNER), viewer_id=at.user()
    ),
    "list_visible_videos_of_owner, long, deep": lambda at: videos.list_visible_videos_of_owner(
        at.db, at.user(OWNER), viewer_id=at.user(), after=at.middle["video"]
    ),
    "list_public_videos": lambda at: videos.list_public_videos(at.db, viewer_id=at.user()),
    "list_public_videos, deep": lambda at: videos.list_public_videos(
        at.db, viewer_id=at.user(), after=at.middle["video"]
    ),
    "list_public_videos of a language and a category, deep": lambda at: videos.list_public_videos(
        at.db, language="hi", category="category 7", after=at.middle["video"]
    ),
    "list_public_videos of a popular tag": lambda at: videos.list_public_videos(at.db, any_tags=["music"]),
    "list_public_videos of a popular tag, deep": lambda at: videos.list_public_videos(
        at.db, any_tags=["music"], after=at.middle["video"]
    ),
    "list_public_videos of a rare tag": lambda at: videos.list_public_videos(at.db, any_tags=[f"rare{at.rare()}"]),
    "list_public_videos of any of three tags": lambda at: videos.list_public_videos(
        at.db, any_tags=["music", "sport", f"rare{at.rare()}"]
    ),
    "list_public_videos of two popular tags": lambda at: videos.list_public_videos(at.db, all_tags=["music", "sport"]),
    "list_public_videos of a popular and a rare tag": lambda at: videos.list_public_videos(
        at.db, all_tags=["music", f"rare{at.rare()}"]
    ),
    "search_videos by a rare word": lambda at: videos.search_videos(at.db, f"word{at.rare()} "),
    "search_videos by a popular and a rare word": lambda at: videos.search_videos(at.db, f"popular word{at.rare()}"),
    "update_video": lambda at: videos.update_video(at.db, at.other_video(), title=f"New title {at.rare()}"),
    "remove_video": lambda at: videos.remove_video(at.db, at.other_video()),
}
_VIEWS: Final[Calls] = {
    "list_trending_videos": lambda at: video_views.list_trending_videos(at.db, days=30, viewer_id=at.user()),
    "list_trending_videos, deep": lambda at: video_views.list_trending_videos(
        at.db, days=30, viewer_id=at.user(), after=at.middle["trend"]
    ),
    "count_views": lambda at: video_views.count_views(at.db, at.video()),
    "count_views of the most viewed": lambda at: video_views.count_views(at.db, at.video(0)),
    "list_views_by_day": lambda at: video_views.list_views_by_day(
        at.db, at.video(0), since=START.date(), until=START.date() + timedelta(days=30)
    ),
    "record_view": lambda at: video_views.record_view(at.db, at.video(), viewer_id=at.user()),
    "record_view of the most viewed": lambda at: video_views.record_view(at.db, at.video(0), viewer_id=at.user()),
    "delete_old_views, 10": lambda at: video_views.delete_old_views(
        at.db, before=START + timedelta(hours=100), batch_size=10
    ),
}
DOMAINS: Final = {"videos": _VIDEOS, "video_views": _VIEWS}
