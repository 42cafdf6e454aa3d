-- What triggers make of the rows.

INSERT INTO video_tags (tag, video_id, feed_at)
SELECT each.value, videos.id, videos.feed_at FROM videos CROSS JOIN json_each(videos.tags) AS each;

INSERT INTO video_view_counts (video_id, shard, views)
SELECT video_id, substr(CAST(viewer_id AS text), 36, 1), count(*) FROM video_views GROUP BY 1, 2;

INSERT INTO video_views_by_day (video_id, day, shard, views)
SELECT video_id, day(viewed_at), substr(CAST(viewer_id AS text), 36, 1), count(*) FROM video_views GROUP BY 1, 2, 3;

INSERT INTO follower_counts (user_id, shard, followers)
SELECT followed_id, substr(CAST(follower_id AS text), 36, 1), count(*) FROM follows GROUP BY 1, 2;

INSERT INTO followed_counts (user_id, shard, followed)
SELECT follower_id, substr(CAST(followed_id AS text), 36, 1), count(*) FROM follows GROUP BY 1, 2;

INSERT INTO video_like_counts (video_id, shard, likes)
SELECT video_id, substr(CAST(user_id AS text), 36, 1), count(*) FROM video_likes GROUP BY 1, 2;

INSERT INTO video_comment_counts (video_id, shard, comments)
SELECT video_id, substr(CAST(id AS text), 36, 1), count(*) FROM comments GROUP BY 1, 2;

INSERT INTO answer_counts (comment_id, shard, answers)
SELECT parent_id, substr(CAST(id AS text), 36, 1), count(*) FROM comments WHERE parent_id IS NOT NULL GROUP BY 1, 2;

INSERT INTO comment_like_counts (comment_id, shard, likes)
SELECT comment_id, substr(CAST(user_id AS text), 36, 1), count(*) FROM comment_likes GROUP BY 1, 2;

INSERT INTO video_share_counts (video_id, shard, shares)
SELECT video_id, substr(CAST(id AS text), 36, 1), count(*) FROM shares GROUP BY 1, 2;
