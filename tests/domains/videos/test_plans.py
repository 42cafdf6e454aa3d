"""Each index of these tables serves a query on both databases, as `hangar-dal explain` shows it."""

from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Explain

# Other indexes serve triggers and the deletion of users.
SERVING = {
    "idx_video_tags_feed",
    "idx_video_trends_views",
    "idx_video_views_by_day_day",
    "idx_video_views_hour",
    "idx_videos_category_feed",
    "idx_videos_feed",
    "idx_videos_language_category_feed",
    "idx_videos_language_feed",
    "idx_videos_owner",
    "idx_videos_owner_status",
}
FIND_WORDS = {"idx_videos_search", "video_search"}  # GIN on PostgreSQL, a table of FTS5 on SQLite
READS_ALL = {"videos.stream_videos"}


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain) -> None:
    found = explained("videos", "video_views")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        searches = [plan for query, plan in plans if query == "videos.search_videos_by_words"]
        assert searches
        assert all(FIND_WORDS & {step.index or step.table for step in plan.steps} for plan in searches)
        # On PostgreSQL the scratch is almost empty, where a scan of users or renditions is the fastest way.
        assert {query for query, plan in plans if {"videos", "video_views", "video_tags"} & {*plan.whole}} == READS_ALL
