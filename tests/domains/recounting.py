"""Compares the stored counts with the rows that they count."""

from typing import Final

from tests.helpers.domain_fixtures import Sql

# The table of a count, the column of what is counted and of the count, and the rows, by what they belong to.
COUNTS: Final = [
    ("video_like_counts", "video_id", "likes", "video_id FROM video_likes"),
    ("comment_like_counts", "comment_id", "likes", "comment_id FROM comment_likes"),
    ("video_comment_counts", "video_id", "comments", "video_id FROM comments WHERE status = 'VISIBLE'"),
    ("answer_counts", "comment_id", "answers", "parent_id FROM comments WHERE status = 'VISIBLE'"),
    ("video_share_counts", "video_id", "shares", "video_id FROM shares"),
    ("follower_counts", "user_id", "followers", "followed_id FROM follows WHERE status = 'ACCEPTED'"),
    ("followed_counts", "user_id", "followed", "follower_id FROM follows WHERE status = 'ACCEPTED'"),
]
# A view stays counted when it is purged.
VIEW_COUNTS: Final = [
    ("video_view_counts", "video_id", "views", "video_id FROM video_views"),
    ("video_views_by_day", "video_id", "views", "video_id FROM video_views"),
]


async def wrong_counts(sql: Sql, *, views: bool = True) -> list[str]:
    """The counts that are not those of the rows."""
    wrong = []
    for table, key, count, rows in [*COUNTS, *(VIEW_COUNTS if views else [])]:
        of_rows = f"SELECT {key}, count(*) AS n FROM (SELECT {rows.replace(' FROM', f' AS {key} FROM', 1)}) AS r"
        found = await sql(
            f"SELECT 1 FROM (SELECT {key}, sum({count}) AS n FROM {table} GROUP BY {key}) AS stored"
            f" FULL JOIN ({of_rows} WHERE {key} IS NOT NULL GROUP BY {key}) AS counted USING ({key})"
            " WHERE coalesce(stored.n, 0) <> coalesce(counted.n, 0)"
        )
        wrong += [table] * len(found)
    return wrong
