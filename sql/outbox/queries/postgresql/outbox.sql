-- name: insert_message
-- A message that was written before stays as it is.
-- differs: a trigger refuses what INSERT OR REPLACE would delete there, before ON CONFLICT is looked at
INSERT INTO outbox (
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    due_at,
    created_at
)
VALUES (
    :id,
    :topic,
    :ordering_key,
    :dedup_key,
    :payload,
    coalesce(:due_at, :now),
    :now
)
ON CONFLICT DO NOTHING
RETURNING
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at;

-- name: insert_messages
-- All rows are one JSON parameter, so that many rows are one statement. They are numbered in the order of the list.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO outbox (
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    due_at,
    created_at
)
SELECT
    entry.id,
    entry.topic,
    entry.ordering_key,
    entry.dedup_key,
    entry.payload,
    coalesce(entry.due_at, :now) AS due_at,
    cast(:now AS timestamptz) AS created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    topic text,
    ordering_key text,
    dedup_key text,
    payload jsonb,
    due_at timestamptz
)
ON CONFLICT DO NOTHING;

-- name: get_message
SELECT
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM outbox
WHERE id = :message_id;

-- name: find_message
SELECT
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM outbox
WHERE
    topic = :topic
    AND dedup_key = :dedup_key;

-- name: claim_due_messages
-- Of the messages that are due, those that are the first of their ordering key are claimed. The others wait behind an
-- earlier one, which is locked meanwhile: if it is being finished, they are left for the next claim.
-- differs: rows that another holds are passed over here; there only one writes
WITH due AS MATERIALIZED (
    SELECT
        number,
        topic,
        ordering_key
    FROM outbox
    WHERE
        topic = :topic
        AND status IN ('PENDING', 'CLAIMED')
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
            FROM outbox AS earlier
            WHERE
                earlier.topic = due.topic
                AND earlier.ordering_key = due.ordering_key
                AND earlier.number < due.number
                AND earlier.status IN ('PENDING', 'WAITING', 'CLAIMED')
        ) AS behind
    FROM due
),

held AS MATERIALIZED (
    SELECT number
    FROM outbox
    WHERE
        number IN (SELECT placed.behind FROM placed)
        AND status IN ('PENDING', 'WAITING', 'CLAIMED')
    FOR SHARE SKIP LOCKED
)

UPDATE outbox
SET
    status = CASE WHEN placed.behind IS NULL THEN 'CLAIMED' ELSE 'WAITING' END,
    claim_id = CASE WHEN placed.behind IS NULL THEN :claim_id END,
    attempts = outbox.attempts + CASE WHEN placed.behind IS NULL THEN 1 ELSE 0 END,
    due_at = CASE WHEN placed.behind IS NULL THEN :lease_ends_at ELSE outbox.due_at END
FROM placed
WHERE
    outbox.number = placed.number
    AND (placed.behind IS NULL OR placed.behind IN (SELECT held.number FROM held));

-- name: list_claimed_messages
-- The end of the lease is that of the claim, by which the index finds them.
SELECT
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    attempts,
    claim_id,
    due_at AS lease_ends_at,
    created_at
FROM outbox
WHERE
    topic = :topic
    AND status IN ('PENDING', 'CLAIMED')
    AND due_at = :lease_ends_at
    AND claim_id = :claim_id
ORDER BY number;

-- name: finish_messages
-- differs: a list is an array here, a JSON array there
UPDATE outbox
SET
    status = 'DONE',
    claim_id = NULL,
    finished_at = :now
WHERE
    id = ANY(:ids)
    AND claim_id = :claim_id;

-- name: retry_message
UPDATE outbox
SET
    status = 'PENDING',
    claim_id = NULL,
    due_at = :due_at,
    last_error = :last_error
WHERE
    id = :id
    AND claim_id = :claim_id;

-- name: bury_claimed_message
UPDATE outbox
SET
    status = 'DEAD',
    claim_id = NULL,
    last_error = :last_error,
    finished_at = :now
WHERE
    id = :id
    AND claim_id = :claim_id;

-- name: release
-- The attempt does not count.
UPDATE outbox
SET
    status = 'PENDING',
    claim_id = NULL,
    due_at = :now,
    attempts = attempts - 1
WHERE
    id = :id
    AND claim_id = :claim_id;

-- name: extend_lease
-- not null: claim_id: the condition compares it
UPDATE outbox
SET due_at = :until
WHERE
    id = :id
    AND claim_id = :claim_id
RETURNING
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    attempts,
    claim_id,
    due_at AS lease_ends_at,
    created_at;

-- name: bury_message
-- One that is not finished. A worker that has claimed it loses its claim.
UPDATE outbox
SET
    status = 'DEAD',
    claim_id = NULL,
    last_error = :last_error,
    finished_at = coalesce(finished_at, :now)
WHERE
    id = :message_id
    AND status <> 'DONE'
RETURNING
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at;

-- name: list_dead_messages
SELECT
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM outbox
WHERE
    status = 'DEAD'
    AND finished_at IS NOT NULL
    AND topic = :topic  -- when topic
    AND (finished_at, number) < (:finished_at, :number)  -- when after
ORDER BY finished_at DESC, number DESC
LIMIT :limit;

-- name: retry_dead_message
-- It comes last, behind those that were written after it.
-- differs: a trigger numbers it anew here
UPDATE outbox
SET
    status = 'PENDING',
    attempts = 0,
    due_at = :now,
    finished_at = NULL
WHERE
    id = :message_id
    AND status = 'DEAD'
RETURNING
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at;

-- name: find_oldest_due_message
SELECT
    number,
    id,
    topic,
    ordering_key,
    dedup_key,
    payload,
    status,
    attempts,
    due_at,
    last_error,
    finished_at,
    created_at
FROM outbox
WHERE
    topic = :topic
    AND status IN ('PENDING', 'CLAIMED')
    AND due_at <= :now
ORDER BY due_at, number
LIMIT 1;

-- name: delete_finished_messages
-- A batch, the oldest first.
-- differs: rows that another holds are passed over here; there only one writes
WITH batch AS MATERIALIZED (
    SELECT number
    FROM outbox
    WHERE
        status IN ('DONE', 'DEAD')
        AND status = :status
        AND finished_at < :before
    ORDER BY finished_at, number
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM outbox
WHERE number IN (SELECT batch.number FROM batch);
