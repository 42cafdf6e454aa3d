-- name: set_reminder
-- differs: a trigger refuses here what INSERT OR REPLACE would delete; the values need types there
INSERT INTO livestream_reminders (
    livestream_id,
    user_id,
    created_at
)
SELECT
    livestreams.id AS livestream_id,
    :user_id AS user_id,
    :now AS created_at
FROM livestreams
INNER JOIN users ON livestreams.owner_id = users.id
WHERE
    livestreams.id = :livestream_id
    AND livestreams.status = 'SCHEDULED'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = livestreams.owner_id AND blocks.blocked_id = :user_id)
            OR (blocks.blocked_id = livestreams.owner_id AND blocks.blocker_id = :user_id)
    )
    AND (
        livestreams.owner_id = :user_id
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
                            follows.follower_id = :user_id
                            AND follows.followed_id = livestreams.owner_id
                            AND follows.status = 'ACCEPTED'
                    )
                )
            )
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM livestream_reminders
        WHERE
            livestream_reminders.livestream_id = :livestream_id
            AND livestream_reminders.user_id = :user_id
    )
ON CONFLICT (livestream_id, user_id) DO NOTHING;

-- name: insert_reminders
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO livestream_reminders (
    livestream_id,
    user_id,
    queued_at,
    created_at
)
SELECT
    json_extract(entry.value, '$.livestream_id') AS livestream_id,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.queued_at') AS queued_at,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM livestream_reminders
        WHERE
            livestream_reminders.livestream_id = json_extract(entry.value, '$.livestream_id')
            AND livestream_reminders.user_id = json_extract(entry.value, '$.user_id')
    )
ON CONFLICT (livestream_id, user_id) DO NOTHING;

-- name: cancel_reminder
DELETE FROM livestream_reminders
WHERE
    livestream_id = :livestream_id
    AND user_id = :user_id
    AND queued_at IS NULL;

-- name: list_reminders
SELECT
    livestream_id,
    user_id,
    queued_at,
    created_at
FROM livestream_reminders
WHERE
    user_id = :user_id
    AND (created_at, livestream_id) < (:created_at, :livestream_id)  -- when after
ORDER BY created_at DESC, livestream_id DESC
LIMIT :limit;

-- name: stream_reminders
SELECT
    livestream_id,
    user_id,
    queued_at,
    created_at
FROM livestream_reminders
WHERE user_id = :user_id
ORDER BY created_at, livestream_id;

-- name: list_due_reminders
-- Of what is announced for a time that includes now, and of what began in it. What was live before has sent its own.
-- differs: only one writes at a time here; rows that another holds are passed over there, and an array leads to them
SELECT
    livestream_id,
    user_id,
    queued_at,
    created_at
FROM livestream_reminders
WHERE
    queued_at IS NULL
    AND livestream_id IN (
        SELECT announced.id
        FROM livestreams AS announced
        WHERE
            announced.status = 'SCHEDULED'
            AND announced.scheduled_at >= :since
            AND announced.scheduled_at <= :before
        UNION ALL
        SELECT on_air.id
        FROM livestreams AS on_air
        WHERE on_air.status = 'LIVE' AND on_air.started_at >= :since
    )
ORDER BY livestream_id, user_id
LIMIT :limit;

-- name: mark_reminders_queued
-- differs: a JSON array is read by json_each here, by json_to_recordset there
UPDATE livestream_reminders
SET queued_at = :now
WHERE
    queued_at IS NULL
    AND (livestream_id, user_id) IN (
        SELECT
            json_extract(entry.value, '$.livestream_id') AS livestream_id,
            json_extract(entry.value, '$.user_id') AS user_id
        FROM json_each(:rows) AS entry
    );

-- name: move_reminders
UPDATE livestream_reminders
SET user_id = :kept
WHERE
    user_id = :merged
    AND NOT EXISTS (
        SELECT 1
        FROM livestream_reminders AS other
        WHERE
            other.user_id = :kept
            AND other.livestream_id = livestream_reminders.livestream_id
    );
