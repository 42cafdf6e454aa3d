-- name: record_view
-- A trigger counts the row that is added. Who may view a video is what find_visible_video says.
-- differs: instants are text here, timestamps there
INSERT INTO video_views (
    video_id,
    viewer_id,
    hour,
    viewed_at
)
SELECT
    videos.id AS video_id,
    :viewer_id AS viewer_id,
    substr(:now, 1, 13) || ':00:00.000000Z' AS hour,
    :now AS viewed_at
FROM videos
INNER JOIN users ON videos.owner_id = users.id
WHERE
    videos.id = :video_id
    AND videos.status <> 'REMOVED'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :viewer_id)
    )
    AND (
        videos.owner_id = :viewer_id
        OR (
            users.is_active
            AND videos.status = 'READY'
            AND videos.published_at IS NOT NULL
            AND (
                (videos.visibility IN ('PUBLIC', 'UNLISTED') AND NOT users.is_private)
                OR (
                    videos.visibility <> 'PRIVATE'
                    AND EXISTS (
                        SELECT 1
                        FROM follows
                        WHERE
                            follows.follower_id = :viewer_id
                            AND follows.followed_id = videos.owner_id
                            AND follows.status = 'ACCEPTED'
                    )
                )
            )
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM video_views
        WHERE
            video_views.video_id = :video_id
            AND video_views.viewer_id = :viewer_id
            AND video_views.hour = substr(:now, 1, 13) || ':00:00.000000Z'
    )
ON CONFLICT (video_id, viewer_id, hour) DO NOTHING;

-- name: insert_views
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO video_views (
    video_id,
    viewer_id,
    hour,
    viewed_at
)
SELECT
    json_extract(entry.value, '$.video_id') AS video_id,
    json_extract(entry.value, '$.viewer_id') AS viewer_id,
    json_extract(entry.value, '$.hour') AS hour,
    json_extract(entry.value, '$.viewed_at') AS viewed_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM video_views
        WHERE
            video_views.video_id = json_extract(entry.value, '$.video_id')
            AND video_views.viewer_id = json_extract(entry.value, '$.viewer_id')
            AND video_views.hour = json_extract(entry.value, '$.hour')
    )
ON CONFLICT (video_id, viewer_id, hour) DO NOTHING;

-- name: count_views
-- differs: a sum of bigint is numeric there
SELECT coalesce(sum(views), 0) AS views
FROM video_view_counts
WHERE video_id = :video_id;

-- name: list_views_by_day
-- differs: a sum of bigint is numeric there
SELECT
    day,
    sum(views) AS views
FROM video_views_by_day
WHERE
    video_id = :video_id
    AND day BETWEEN :since AND :until
GROUP BY day
ORDER BY day;

-- name: stream_views
SELECT
    video_id,
    viewer_id,
    hour,
    viewed_at
FROM video_views
WHERE viewer_id = :viewer_id
ORDER BY hour, video_id;

-- name: delete_old_views
-- A batch, the oldest first. The counts stay.
-- differs: only one writes at a time here; there rows that another holds are passed over, and the batch is an array
DELETE FROM video_views
WHERE (video_id, viewer_id, hour) IN (
    SELECT
        video_id,
        viewer_id,
        hour
    FROM video_views
    WHERE hour < :before
    ORDER BY hour, video_id, viewer_id
    LIMIT :batch_size
);

-- name: delete_trends
DELETE FROM video_trends
WHERE days = :days;

-- name: insert_trends
-- Reads the counts of all days that are asked for. Rows that another call has inserted at the same time are replaced.
-- differs: a sum of bigint is numeric there; the plus sign keeps SQLite on the index by day
INSERT INTO video_trends (
    days,
    video_id,
    views,
    refreshed_at
)
SELECT
    :days AS days,
    recent.video_id,
    recent.views,
    :now AS refreshed_at
FROM (
    SELECT
        video_views_by_day.video_id,
        sum(video_views_by_day.views) AS views
    FROM video_views_by_day
    INNER JOIN videos ON video_views_by_day.video_id = videos.id
    WHERE
        video_views_by_day.day >= :since
        AND videos.feed_at IS NOT NULL
    GROUP BY +video_views_by_day.video_id
    ORDER BY views DESC, video_views_by_day.video_id DESC
    LIMIT :size
) AS recent
WHERE recent.views > 0
ORDER BY recent.video_id
ON CONFLICT (days, video_id) DO UPDATE SET
    views = excluded.views,
    refreshed_at = excluded.refreshed_at;

-- name: list_trending_videos
-- Not a join with users: SQLite may read all of them for a filter, however short the page is.
SELECT
    videos.id,
    videos.owner_id,
    videos.title,
    videos.description,
    videos.language,
    videos.category,
    videos.tags,
    videos.duration_ms,
    videos.status,
    videos.removed_from,
    videos.visibility,
    videos.thumbnail,
    videos.metadata,
    videos.published_at,
    videos.created_at,
    videos.updated_at,
    video_trends.views
FROM video_trends
INNER JOIN videos ON video_trends.video_id = videos.id
WHERE
    video_trends.days = :days
    AND videos.feed_at IS NOT NULL
    AND EXISTS (
        SELECT 1
        FROM users
        WHERE
            users.id = videos.owner_id
            AND users.is_active
            AND NOT users.is_private
    )
    AND videos.owner_id NOT IN (
        SELECT blocks.blocked_id
        FROM blocks
        WHERE blocks.blocker_id = :viewer_id
        UNION ALL
        SELECT blocks.blocker_id
        FROM blocks
        WHERE blocks.blocked_id = :viewer_id
    )
    AND (video_trends.views, video_trends.video_id) < (:views, :id)  -- when after
ORDER BY video_trends.views DESC, video_trends.video_id DESC
LIMIT :limit;
