-- name: touch_viewers
-- The time since the last report counts if it is not older than `since`. Rows are locked in one order.
-- They are looked up by both columns of the key, since both come from one part: a plan for any livestream takes its
-- viewers for few, and would read them all if it had the one column from elsewhere.
-- differs: a list is an array and time is subtracted here; a JSON array and text there
WITH given AS MATERIALIZED (
    SELECT
        cast(:livestream_id AS uuid) AS livestream_id,
        listed.viewer_id
    FROM unnest(cast(:viewer_ids AS uuid[])) AS listed (viewer_id)
),

seeing AS MATERIALIZED (
    SELECT
        given.livestream_id,
        given.viewer_id
    FROM given
    INNER JOIN livestreams ON given.livestream_id = livestreams.id
    INNER JOIN users ON livestreams.owner_id = users.id
    WHERE
        livestreams.status = 'LIVE'
        AND NOT EXISTS (
            SELECT 1
            FROM blocks
            WHERE
                (blocks.blocker_id = livestreams.owner_id AND blocks.blocked_id = given.viewer_id)
                OR (blocks.blocked_id = livestreams.owner_id AND blocks.blocker_id = given.viewer_id)
        )
        AND (
            livestreams.owner_id = given.viewer_id
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
                                follows.follower_id = given.viewer_id
                                AND follows.followed_id = livestreams.owner_id
                                AND follows.status = 'ACCEPTED'
                        )
                    )
                )
            )
        )
),

present AS MATERIALIZED (
    SELECT
        watching.livestream_id,
        watching.viewer_id
    FROM seeing
    INNER JOIN live_viewers AS watching
        ON seeing.livestream_id = watching.livestream_id AND seeing.viewer_id = watching.viewer_id
    ORDER BY watching.viewer_id
    FOR NO KEY UPDATE OF watching
)

UPDATE live_viewers
SET
    watched_ms = watched_ms + CASE
        WHEN seen_at >= :since AND seen_at < :now
            THEN cast(floor(extract(EPOCH FROM cast(:now AS timestamptz) - seen_at) * 1000) AS bigint)
        ELSE 0
    END,
    seen_at = CASE WHEN seen_at < :now THEN :now ELSE seen_at END
WHERE
    (livestream_id, viewer_id) IN (
        SELECT
            present.livestream_id,
            present.viewer_id
        FROM present
    );

-- name: insert_viewers_who_see
-- Clocks of two machines may differ: nobody joins before the beginning.
-- differs: a list is an array here, a JSON array there
WITH given AS MATERIALIZED (
    SELECT
        cast(:livestream_id AS uuid) AS livestream_id,
        listed.viewer_id
    FROM unnest(cast(:viewer_ids AS uuid[])) AS listed (viewer_id)
),

-- Looked up by both columns of the key, as in `touch_viewers`.
absent AS MATERIALIZED (
    SELECT
        given.livestream_id,
        given.viewer_id
    FROM given
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM live_viewers
            WHERE
                live_viewers.livestream_id = given.livestream_id
                AND live_viewers.viewer_id = given.viewer_id
        )
)

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
FROM absent
INNER JOIN livestreams ON absent.livestream_id = livestreams.id
INNER JOIN users ON livestreams.owner_id = users.id
INNER JOIN users AS viewer ON absent.viewer_id = viewer.id
WHERE
    livestreams.status = 'LIVE'
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
ORDER BY viewer.id
ON CONFLICT (livestream_id, viewer_id) DO NOTHING;

-- name: insert_viewers
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO live_viewers (
    livestream_id,
    viewer_id,
    joined_at,
    seen_at,
    watched_ms
)
SELECT
    entry.livestream_id,
    entry.viewer_id,
    entry.joined_at,
    entry.seen_at,
    entry.watched_ms
FROM json_to_recordset(:rows) AS entry (
    livestream_id uuid,
    viewer_id uuid,
    joined_at timestamptz,
    seen_at timestamptz,
    watched_ms bigint
)
ORDER BY entry.livestream_id, entry.viewer_id
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
-- differs: the instant needs a type here
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
    cast(:now AS timestamptz) AS sampled_at
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
-- differs: a sum of bigint is numeric here
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
        SELECT cast(coalesce(sum(live_viewers.watched_ms), 0) AS bigint)
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
-- differs: rows that another transaction deletes are passed over here; there only one writes
DELETE FROM live_viewers
WHERE
    (livestream_id, viewer_id) IN (
        SELECT
            gone.livestream_id,
            gone.viewer_id
        FROM live_viewer_counts
        INNER JOIN livestreams ON live_viewer_counts.livestream_id = livestreams.id
        INNER JOIN live_viewers AS gone ON livestreams.id = gone.livestream_id
        WHERE
            live_viewer_counts.closed_at IS NULL
            AND livestreams.status = 'ENDED'
            AND livestreams.ended_at < :before
        ORDER BY gone.livestream_id, gone.viewer_id
        LIMIT :batch_size
        FOR UPDATE OF gone SKIP LOCKED
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
