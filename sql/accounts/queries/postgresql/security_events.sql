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
-- differs: a JSON array is read by json_to_recordset here, by json_each there
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
    entry.id,
    entry.kind,
    entry.user_id,
    entry.actor_id,
    entry.source,
    entry.user_agent,
    entry.occurred_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    kind text,
    user_id uuid,
    actor_id uuid,
    source text,
    user_agent text,
    occurred_at timestamptz
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
-- differs: rows that another holds are passed over, and the batch is an array, chosen once; there only one writes
WITH batch AS MATERIALIZED (
    SELECT id
    FROM security_events
    WHERE occurred_at < :before
    ORDER BY occurred_at, id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM security_events
WHERE id = ANY(array(SELECT id FROM batch));
