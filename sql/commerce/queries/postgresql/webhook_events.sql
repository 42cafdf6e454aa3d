-- name: insert_event
-- An event that was written before stays as it is.
-- differs: a trigger refuses what INSERT OR REPLACE would delete there, before ON CONFLICT is looked at
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
VALUES (
    :id,
    :provider,
    :object_key,
    :event_id,
    :kind,
    :payload,
    coalesce(:due_at, :now),
    :now
)
ON CONFLICT DO NOTHING
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
-- differs: a JSON array is read by json_to_recordset here, by json_each there
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
    entry.id,
    entry.provider,
    entry.object_key,
    entry.event_id,
    entry.kind,
    entry.payload,
    coalesce(entry.due_at, :now) AS due_at,
    cast(:now AS timestamptz) AS created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    provider text,
    object_key text,
    event_id text,
    kind text,
    payload jsonb,
    due_at timestamptz
)
ON CONFLICT DO NOTHING;

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
-- earlier one, which is locked meanwhile: if it is being finished, they are left for the next claim.
-- differs: rows that another holds are passed over here; there only one writes
WITH due AS MATERIALIZED (
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
    FOR UPDATE SKIP LOCKED
),

placed AS MATERIALIZED (
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
    FROM due
),

held AS MATERIALIZED (
    SELECT number
    FROM webhook_events
    WHERE
        number IN (SELECT placed.behind FROM placed)
        AND status IN ('RECEIVED', 'WAITING', 'CLAIMED')
    FOR SHARE SKIP LOCKED
)

UPDATE webhook_events
SET
    status = CASE WHEN placed.behind IS NULL THEN 'CLAIMED' ELSE 'WAITING' END,
    claim_id = CASE WHEN placed.behind IS NULL THEN :claim_id END,
    attempts = webhook_events.attempts + CASE WHEN placed.behind IS NULL THEN 1 ELSE 0 END,
    due_at = CASE WHEN placed.behind IS NULL THEN :lease_ends_at ELSE webhook_events.due_at END
FROM placed
WHERE
    webhook_events.number = placed.number
    AND (placed.behind IS NULL OR placed.behind IN (SELECT held.number FROM held));

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
-- differs: a list is an array here, a JSON array there
UPDATE webhook_events
SET
    status = 'PROCESSED',
    claim_id = NULL,
    finished_at = :now
WHERE
    id = ANY(:ids)
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
-- differs: a trigger numbers it anew here
UPDATE webhook_events
SET
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
-- differs: rows that another holds are passed over here; there only one writes
WITH batch AS MATERIALIZED (
    SELECT number
    FROM webhook_events
    WHERE
        status IN ('PROCESSED', 'FAILED')
        AND status = :status
        AND finished_at < :before
    ORDER BY finished_at, number
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM webhook_events
WHERE number IN (SELECT batch.number FROM batch);
