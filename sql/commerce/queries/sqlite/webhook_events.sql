-- name: insert_event
-- An event that was written before stays as it is.
-- differs: a trigger refuses what INSERT OR REPLACE would delete here, before ON CONFLICT is looked at
INSERT INTO webhook_events (
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    due_at,
    created_at
)
SELECT
    :id AS id,
    :provider AS provider,
    :object_key AS object_key,
    :event_id AS event_id,
    :kind AS kind,
    :payload AS payload,
    coalesce(:due_at, :now) AS due_at,
    :now AS created_at
WHERE
    NOT EXISTS (
        SELECT 1
        FROM webhook_events
        WHERE
            id = :id
            OR (provider = :provider AND event_id = :event_id)
    )
RETURNING
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at;

-- name: insert_events
-- All rows are one JSON parameter, so that many rows are one statement. They are numbered in the order of the list.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO webhook_events (
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    due_at,
    created_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.provider') AS provider,
    json_extract(entry.value, '$.object_key') AS object_key,
    json_extract(entry.value, '$.event_id') AS event_id,
    json_extract(entry.value, '$.kind') AS kind,
    json_extract(entry.value, '$.payload') AS payload,
    coalesce(json_extract(entry.value, '$.due_at'), :now) AS due_at,
    :now AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM webhook_events
        WHERE
            webhook_events.id = json_extract(entry.value, '$.id')
            OR (
                webhook_events.provider = json_extract(entry.value, '$.provider')
                AND webhook_events.event_id = json_extract(entry.value, '$.event_id')
            )
    )
ORDER BY entry.key;

-- name: get_event
SELECT
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM webhook_events
WHERE id = :webhook_event_id;

-- name: find_event
SELECT
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM webhook_events
WHERE
    provider = :provider
    AND event_id = :event_id;

-- name: claim_due_events
-- Of the events that are due, those that are the first of their object are claimed. The others wait behind an
-- earlier one.
-- differs: only one writes at a time here; rows that another holds are passed over there
UPDATE webhook_events
SET
    status = CASE WHEN placed.behind IS NULL THEN 'CLAIMED' ELSE 'WAITING' END,
    claim_id = CASE WHEN placed.behind IS NULL THEN :claim_id END,
    attempts = webhook_events.attempts + CASE WHEN placed.behind IS NULL THEN 1 ELSE 0 END,
    due_at = CASE WHEN placed.behind IS NULL THEN :lease_ends_at ELSE webhook_events.due_at END
FROM (
    SELECT
        due.number,
        (
            SELECT max(earlier.number)
            FROM webhook_events AS earlier
            WHERE
                earlier.provider = due.provider
                AND earlier.object_key = due.object_key
                AND earlier.number < due.number
                AND earlier.status IN ('RECEIVED', 'WAITING', 'CLAIMED')
        ) AS behind
    FROM (
        SELECT
            number,
            provider,
            object_key
        FROM webhook_events
        WHERE
            provider = :provider
            AND status IN ('RECEIVED', 'CLAIMED')
            AND due_at <= :now
        ORDER BY due_at, number
        LIMIT :batch_size
    ) AS due
) AS placed
WHERE webhook_events.number = placed.number;

-- name: list_claimed_events
-- The end of the lease is that of the claim, by which the index finds them.
SELECT
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    attempts,
    claim_id,
    due_at AS lease_ends_at,
    created_at
FROM webhook_events
WHERE
    provider = :provider
    AND status IN ('RECEIVED', 'CLAIMED')
    AND due_at = :lease_ends_at
    AND claim_id = :claim_id
ORDER BY number;

-- name: finish_events
-- differs: a list is a JSON array here, an array there
UPDATE webhook_events
SET
    status = 'PROCESSED',
    claim_id = NULL,
    finished_at = :now
WHERE
    id IN (SELECT value FROM json_each(:ids))
    AND claim_id = :claim_id;

-- name: retry_event
UPDATE webhook_events
SET
    status = 'RECEIVED',
    claim_id = NULL,
    due_at = :due_at,
    last_error = :last_error
WHERE
    id = :id
    AND claim_id = :claim_id;

-- name: give_up_claimed_event
UPDATE webhook_events
SET
    status = 'FAILED',
    claim_id = NULL,
    last_error = :last_error,
    finished_at = :now
WHERE
    id = :id
    AND claim_id = :claim_id;

-- name: release
-- The attempt does not count.
UPDATE webhook_events
SET
    status = 'RECEIVED',
    claim_id = NULL,
    due_at = :now,
    attempts = attempts - 1
WHERE
    id = :id
    AND claim_id = :claim_id;

-- name: extend_lease
-- not null: claim_id: the condition compares it
UPDATE webhook_events
SET due_at = :until
WHERE
    id = :id
    AND claim_id = :claim_id
RETURNING
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    attempts,
    claim_id,
    due_at AS lease_ends_at,
    created_at;

-- name: give_up
-- One that is not finished. A worker that has claimed it loses its claim.
UPDATE webhook_events
SET
    status = 'FAILED',
    claim_id = NULL,
    last_error = :last_error,
    finished_at = coalesce(finished_at, :now)
WHERE
    id = :webhook_event_id
    AND status <> 'PROCESSED'
RETURNING
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at;

-- name: list_failed_events
SELECT
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM webhook_events
WHERE
    status = 'FAILED'
    AND finished_at IS NOT NULL
    AND provider = :provider  -- when provider
    AND (finished_at, number) < (:finished_at, :number)  -- when after
ORDER BY finished_at DESC, number DESC
LIMIT :limit;

-- name: retry_failed_event
-- It comes last, behind those that were written after it.
-- differs: a trigger numbers it anew there
UPDATE webhook_events
SET
    number = (SELECT max(newest.number) + 1 FROM webhook_events AS newest),
    status = 'RECEIVED',
    attempts = 0,
    due_at = :now,
    finished_at = NULL
WHERE
    id = :webhook_event_id
    AND status = 'FAILED'
RETURNING
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at;

-- name: find_oldest_due_event
SELECT
    number,
    id,
    provider,
    object_key,
    event_id,
    kind,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM webhook_events
WHERE
    provider = :provider
    AND status IN ('RECEIVED', 'CLAIMED')
    AND due_at <= :now
ORDER BY due_at, number
LIMIT 1;

-- name: delete_finished_events
-- A batch, the oldest first.
-- differs: only one writes at a time here; rows that another holds are passed over there
DELETE FROM webhook_events
WHERE number IN (
    SELECT number
    FROM webhook_events
    WHERE
        status IN ('PROCESSED', 'FAILED')
        AND status = :status
        AND finished_at < :before
    ORDER BY finished_at, number
    LIMIT :batch_size
);
