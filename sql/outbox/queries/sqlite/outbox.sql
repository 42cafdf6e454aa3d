-- name: insert_message
-- A message that was written before stays as it is.
-- differs: a trigger refuses what INSERT OR REPLACE would delete here, before ON CONFLICT is looked at
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
    :id AS id,
    :topic AS topic,
    :ordering_key AS ordering_key,
    :dedup_key AS dedup_key,
    :payload AS payload,
    coalesce(:due_at, :now) AS due_at,
    :now AS created_at
WHERE
    NOT EXISTS (
        SELECT 1
        FROM outbox
        WHERE
            id = :id
            OR (topic = :topic AND dedup_key = :dedup_key)
    )
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
-- differs: a JSON array is read by json_each here, by json_to_recordset there
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
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.topic') AS topic,
    json_extract(entry.value, '$.ordering_key') AS ordering_key,
    json_extract(entry.value, '$.dedup_key') AS dedup_key,
    json_extract(entry.value, '$.payload') AS payload,
    coalesce(json_extract(entry.value, '$.due_at'), :now) AS due_at,
    :now AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM outbox
        WHERE
            outbox.id = json_extract(entry.value, '$.id')
            OR (
                outbox.topic = json_extract(entry.value, '$.topic')
                AND outbox.dedup_key = json_extract(entry.value, '$.dedup_key')
            )
    )
ORDER BY entry.key;

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
-- earlier one.
-- differs: only one writes at a time here; rows that another holds are passed over there
UPDATE outbox
SET
    status = CASE WHEN placed.behind IS NULL THEN 'CLAIMED' ELSE 'WAITING' END,
    claim_id = CASE WHEN placed.behind IS NULL THEN :claim_id END,
    attempts = outbox.attempts + CASE WHEN placed.behind IS NULL THEN 1 ELSE 0 END,
    due_at = CASE WHEN placed.behind IS NULL THEN :lease_ends_at ELSE outbox.due_at END
FROM (
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
    FROM (
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
    ) AS due
) AS placed
WHERE outbox.number = placed.number;

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
-- differs: a list is a JSON array here, an array there
UPDATE outbox
SET
    status = 'DONE',
    claim_id = NULL,
    finished_at = :now
WHERE
    id IN (SELECT value FROM json_each(:ids))
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
-- differs: a trigger numbers it anew there
UPDATE outbox
SET
    number = (SELECT max(newest.number) + 1 FROM outbox AS newest),
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
-- differs: only one writes at a time here; rows that another holds are passed over there
DELETE FROM outbox
WHERE number IN (
    SELECT number
    FROM outbox
    WHERE
        status IN ('DONE', 'DEAD')
        AND status = :status
        AND finished_at < :before
    ORDER BY finished_at, number
    LIMIT :batch_size
);
