-- name: touch_viewers
-- The time since the last report counts if it is not older than `since`. Rows are locked in one order.
-- differs: a list is a JSON array and time is text here; an array that is subtracted there
UPDATE live_viewers
SET
    watched_ms = watched_ms + CASE
        WHEN seen_at >= :since AND seen_at < :now
            THEN (
                (strftime('%s', substr(:now, 1, 19)) - strftime('%s', substr(seen_at, 1, 19))) * 1000000
                + substr(:now, 21, 6) - substr(seen_at, 21, 6)
            ) / 1000
        ELSE 0
    END,
    seen_at = CASE WHEN seen_at < :now THEN :now ELSE seen_at END
WHERE
    livestream_id = :livestream_id
    AND viewer_id IN (
        SELECT watching.viewer_id
        FROM live_viewers AS watching
        INNER JOIN livestreams ON watching.livestream_id = livestreams.id
        INNER JOIN users ON livestreams.owner_id = users.id
        WHERE
            watching.livestream_id = :livestream_id
            AND watching.viewer_id IN (SELECT value FROM json_each(:viewer_ids))
            AND livestreams.status = 'LIVE'
            AND NOT EXISTS (
                SELECT 1
                FROM blocks
                WHERE
                    (blocks.blocker_id = livestreams.owner_id AND blocks.blocked_id = watching.viewer_id)
                    OR (blocks.blocked_id = livestreams.owner_id AND blocks.blocker_id = watching.viewer_id)
            )
            AND (
                livestreams.owner_id = watching.viewer_id
                OR (
                    users.is_active
                    AND (
                        (livestreams.visibility IN ('PUBLIC', 'UNLISTED') AND NOT users.is_private)
                        OR (
                            livestreams.visibility <> 'PRIVATE'
                            AND EXISTS (
                                SELECT 1
                                FROM follows
                                WHERE
                                    follows.follower_id = watching.viewer_id
                                    AND follows.followed_id = livestreams.owner_id
                                    AND follows.status = 'ACCEPTED'
                            )
                        )
                    )
                )
            )
    );

-- name: insert_viewers_who_see
-- Clocks of two machines may differ: nobody joins before the beginning.
-- differs: a list is a JSON array here, an array there
INSERT INTO live_viewers (
    livestream_id,
    viewer_id,
    joined_at,
    seen_at
)
SELECT
    livestreams.id AS livestream_id,
    viewer.id AS viewer_id,
    CASE WHEN livestreams.started_at > :now THEN livestreams.started_at ELSE :now END AS joined_at,
    CASE WHEN livestreams.started_at > :now THEN livestreams.started_at ELSE :now END AS seen_at
FROM livestreams
INNER JOIN users ON livestreams.owner_id = users.id
INNER JOIN users AS viewer ON viewer.id IN (SELECT value FROM json_each(:viewer_ids))
WHERE
    livestreams.id = :livestream_id
    AND livestreams.status = 'LIVE'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = livestreams.owner_id AND blocks.blocked_id = viewer.id)
            OR (blocks.blocked_id = livestreams.owner_id AND blocks.blocker_id = viewer.id)
    )
    AND (
        livestreams.owner_id = viewer.id
        OR (
            users.is_active
            AND (
                (livestreams.visibility IN ('PUBLIC', 'UNLISTED') AND NOT users.is_private)
                OR (
                    livestreams.visibility <> 'PRIVATE'
                    AND EXISTS (
                        SELECT 1
                        FROM follows
                        WHERE
                            follows.follower_id = viewer.id
                            AND follows.followed_id = livestreams.owner_id
                            AND follows.status = 'ACCEPTED'
                    )
                )
            )
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM live_viewers
        WHERE
            live_viewers.livestream_id = livestreams.id
            AND live_viewers.viewer_id = viewer.id
    )
ORDER BY viewer.id
ON CONFLICT (livestream_id, viewer_id) DO NOTHING;

-- name: insert_viewers
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO live_viewers (
    livestream_id,
    viewer_id,
    joined_at,
    seen_at,
    watched_ms
)
SELECT
    json_extract(entry.value, '$.livestream_id') AS livestream_id,
    json_extract(entry.value, '$.viewer_id') AS viewer_id,
    json_extract(entry.value, '$.joined_at') AS joined_at,
    json_extract(entry.value, '$.seen_at') AS seen_at,
    json_extract(entry.value, '$.watched_ms') AS watched_ms
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM live_viewers
        WHERE
            live_viewers.livestream_id = json_extract(entry.value, '$.livestream_id')
            AND live_viewers.viewer_id = json_extract(entry.value, '$.viewer_id')
    )
ON CONFLICT (livestream_id, viewer_id) DO NOTHING;

-- name: count_viewers_since
SELECT count(*) AS viewers
FROM live_viewers
WHERE
    livestream_id = :livestream_id
    AND seen_at >= :since;

-- name: list_viewers
SELECT
    livestream_id,
    viewer_id,
    joined_at,
    seen_at,
    watched_ms
FROM live_viewers
WHERE
    livestream_id = :livestream_id
    AND viewer_id > :viewer_id  -- when after
ORDER BY viewer_id
LIMIT :limit;

-- name: stream_viewers_of_user
SELECT
    livestream_id,
    viewer_id,
    joined_at,
    seen_at,
    watched_ms
FROM live_viewers
WHERE viewer_id = :user_id
ORDER BY livestream_id;

-- name: sample_viewers_since
-- What is live, and what had viewers at the last sample. What is no longer live has none.
-- differs: the instant needs no type here
INSERT INTO live_viewer_counts (
    livestream_id,
    viewers,
    peak,
    language,
    category,
    sampled_at
)
SELECT
    livestreams.id AS livestream_id,
    count(live_viewers.viewer_id) AS viewers,
    count(live_viewers.viewer_id) AS peak,
    livestreams.language,
    livestreams.category,
    :now AS sampled_at
FROM livestreams
LEFT OUTER JOIN live_viewers
    ON
        livestreams.id = live_viewers.livestream_id
        AND livestreams.status = 'LIVE'
        AND live_viewers.seen_at >= :since
WHERE
    livestreams.id IN (
        SELECT on_air.id
        FROM livestreams AS on_air
        WHERE on_air.status = 'LIVE' AND on_air.started_at IS NOT NULL
        UNION ALL
        SELECT counted.livestream_id
        FROM live_viewer_counts AS counted
        WHERE counted.viewers > 0
    )
GROUP BY livestreams.id
ORDER BY livestreams.id
ON CONFLICT (livestream_id) DO UPDATE
SET
    viewers = excluded.viewers,
    peak = CASE
        WHEN excluded.viewers > live_viewer_counts.peak THEN excluded.viewers
        ELSE live_viewer_counts.peak
    END,
    language = excluded.language,
    category = excluded.category,
    sampled_at = excluded.sampled_at;

-- name: get_viewer_totals
-- differs: a sum is an integer here
-- not null: all_viewers: a sum of two counts
-- not null: watched_ms: a sum of two sums, each of them 0 without rows
SELECT
    livestreams.id AS livestream_id,
    live_viewer_counts.sampled_at,
    coalesce(live_viewer_counts.viewers, 0) AS viewers,
    coalesce(live_viewer_counts.peak, 0) AS peak,
    coalesce(live_viewer_counts.past_viewers, 0) + (
        SELECT count(*)
        FROM live_viewers
        WHERE live_viewers.livestream_id = livestreams.id
    ) AS all_viewers,
    coalesce(live_viewer_counts.past_watched_ms, 0) + (
        SELECT coalesce(sum(live_viewers.watched_ms), 0)
        FROM live_viewers
        WHERE live_viewers.livestream_id = livestreams.id
    ) AS watched_ms
FROM livestreams
LEFT OUTER JOIN live_viewer_counts ON livestreams.id = live_viewer_counts.livestream_id
WHERE livestreams.id = :livestream_id;

-- name: list_most_viewed_livestreams
-- The order, the language and the category are those of the last sample, so that an index has them together.
SELECT
    livestreams.id,
    livestreams.owner_id,
    livestreams.title,
    livestreams.description,
    livestreams.language,
    livestreams.category,
    livestreams.tags,
    livestreams.status,
    livestreams.visibility,
    livestreams.thumbnail,
    livestreams.recording_id,
    livestreams.metadata,
    livestreams.scheduled_at,
    livestreams.started_at,
    livestreams.ended_at,
    livestreams.created_at,
    livestreams.updated_at,
    live_viewer_counts.viewers
FROM live_viewer_counts
INNER JOIN livestreams ON live_viewer_counts.livestream_id = livestreams.id
WHERE
    live_viewer_counts.viewers > 0
    AND livestreams.status = 'LIVE'
    AND livestreams.visibility = 'PUBLIC'
    AND EXISTS (
        SELECT 1
        FROM users
        WHERE
            users.id = livestreams.owner_id
            AND users.is_active
            AND NOT users.is_private
    )
    AND live_viewer_counts.language = :language  -- when language
    AND live_viewer_counts.category = :category  -- when category
    AND livestreams.owner_id NOT IN (
        SELECT blocks.blocked_id
        FROM blocks
        WHERE blocks.blocker_id = :viewer_id
        UNION ALL
        SELECT blocks.blocker_id
        FROM blocks
        WHERE blocks.blocked_id = :viewer_id
    )
    AND (live_viewer_counts.viewers, live_viewer_counts.livestream_id) < (:viewers, :id)  -- when after
ORDER BY live_viewer_counts.viewers DESC, live_viewer_counts.livestream_id DESC
LIMIT :limit;

-- name: delete_viewers_of_ended
-- Triggers count what is deleted.
-- differs: only one writes at a time here; rows that another transaction deletes are passed over there
DELETE FROM live_viewers
WHERE
    (livestream_id, viewer_id) IN (
        SELECT
            gone.livestream_id,
            gone.viewer_id
        FROM live_viewer_counts
        CROSS JOIN livestreams ON live_viewer_counts.livestream_id = livestreams.id
        CROSS JOIN live_viewers AS gone ON livestreams.id = gone.livestream_id
        WHERE
            live_viewer_counts.closed_at IS NULL
            AND livestreams.status = 'ENDED'
            AND livestreams.ended_at < :before
        ORDER BY live_viewer_counts.livestream_id, gone.viewer_id
        LIMIT :batch_size
    );

-- name: close_viewer_counts
UPDATE live_viewer_counts
SET
    viewers = 0,
    closed_at = :now
WHERE
    livestream_id IN (
        SELECT counted.livestream_id
        FROM live_viewer_counts AS counted
        CROSS JOIN livestreams
        WHERE
            livestreams.id = counted.livestream_id
            AND counted.closed_at IS NULL
            AND livestreams.status = 'ENDED'
            AND livestreams.ended_at < :before
            AND NOT EXISTS (
                SELECT 1
                FROM live_viewers
                WHERE live_viewers.livestream_id = counted.livestream_id
            )
        ORDER BY counted.livestream_id
        LIMIT :batch_size
    );
