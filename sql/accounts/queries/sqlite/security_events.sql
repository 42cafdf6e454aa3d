-- name: record_security_event
INSERT INTO security_events (
    id,
    kind,
    user_id,
    actor_id,
    source,
    user_agent,
    occurred_at
)
VALUES (
    :id,
    :kind,
    :user_id,
    :actor_id,
    :source,
    :user_agent,
    :now
)
RETURNING
    id,
    kind,
    user_id,
    actor_id,
    source,
    user_agent,
    occurred_at;

-- name: insert_security_events
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO security_events (
    id,
    kind,
    user_id,
    actor_id,
    source,
    user_agent,
    occurred_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.kind') AS kind,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.actor_id') AS actor_id,
    json_extract(entry.value, '$.source') AS source,
    json_extract(entry.value, '$.user_agent') AS user_agent,
    json_extract(entry.value, '$.occurred_at') AS occurred_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM security_events
        WHERE security_events.id = json_extract(entry.value, '$.id')
    )
ON CONFLICT (id) DO NOTHING;

-- name: list_security_events
-- Pages by key: each begins behind the last row of the one before, however deep.
SELECT
    id,
    kind,
    user_id,
    actor_id,
    source,
    user_agent,
    occurred_at
FROM security_events
WHERE
    TRUE
    AND user_id = :user_id  -- when user_id
    AND (occurred_at, id) < (:occurred_at, :id)  -- when after
ORDER BY occurred_at DESC, id DESC
LIMIT :limit;

-- name: stream_security_events
-- What happened to the user, and what the user did to others.
SELECT
    id,
    kind,
    user_id,
    actor_id,
    source,
    user_agent,
    occurred_at
FROM security_events
WHERE
    user_id = :user_id
    OR actor_id = :user_id
ORDER BY occurred_at, id;

-- name: clear_security_events
UPDATE security_events
SET
    source = NULL,
    user_agent = NULL
WHERE
    (user_id = :user_id OR actor_id = :user_id)
    AND (source IS NOT NULL OR user_agent IS NOT NULL);

-- name: get_security_event_retention
SELECT days
FROM security_event_retention
WHERE id = 1;

-- name: store_security_event_retention
INSERT INTO security_event_retention (id, days)
VALUES (1, :days)
ON CONFLICT (id) DO UPDATE
SET days = excluded.days
RETURNING days;

-- name: delete_old_security_events
-- A batch, the oldest first, so that no lock is held for long.
-- differs: only one writes at a time here; rows that another holds are passed over there, and the batch is chosen once
DELETE FROM security_events
WHERE id IN (
    SELECT id
    FROM security_events
    WHERE occurred_at < :before
    ORDER BY occurred_at, id
    LIMIT :batch_size
);
