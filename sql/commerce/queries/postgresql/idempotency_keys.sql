-- name: insert_key
-- On PostgreSQL, it waits for a transaction that has stored the same key and is not committed yet.
INSERT INTO idempotency_keys (
    id,
    scope,
    key,
    user_id,
    request_hash,
    claim_id,
    claimed_at,
    lease_ends_at,
    created_at,
    expires_at
)
VALUES (
    :id,
    :scope,
    :key,
    :user_id,
    :request_hash,
    :claim_id,
    :now,
    :lease_ends_at,
    :now,
    :expires_at
)
ON CONFLICT DO NOTHING
RETURNING
    id,
    scope,
    key,
    user_id,
    request_hash,
    claim_id,
    claimed_at,
    lease_ends_at,
    answer_status,
    answer,
    finished_at,
    created_at,
    expires_at;

-- name: find_key
SELECT
    id,
    scope,
    key,
    user_id,
    request_hash,
    claim_id,
    claimed_at,
    lease_ends_at,
    answer_status,
    answer,
    finished_at,
    created_at,
    expires_at
FROM idempotency_keys
WHERE
    scope = :scope
    AND key = :key;

-- name: take_over_key
-- One whose lease has ended without an answer.
UPDATE idempotency_keys
SET
    claim_id = :claim_id,
    claimed_at = :now,
    lease_ends_at = :lease_ends_at
WHERE
    scope = :scope
    AND key = :key
    AND request_hash = :request_hash
    AND lease_ends_at <= :now
RETURNING
    id,
    scope,
    key,
    user_id,
    request_hash,
    claim_id,
    claimed_at,
    lease_ends_at,
    answer_status,
    answer,
    finished_at,
    created_at,
    expires_at;

-- name: finish_key
UPDATE idempotency_keys
SET
    claim_id = NULL,
    lease_ends_at = NULL,
    answer_status = :status,
    answer = :body,
    finished_at = :now
WHERE
    scope = :scope
    AND key = :key
    AND claim_id = :claim_id
RETURNING
    id,
    scope,
    key,
    user_id,
    request_hash,
    claim_id,
    claimed_at,
    lease_ends_at,
    answer_status,
    answer,
    finished_at,
    created_at,
    expires_at;

-- name: delete_claimed_key
DELETE FROM idempotency_keys
WHERE
    scope = :scope
    AND key = :key
    AND claim_id = :claim_id;

-- name: delete_expired_key
DELETE FROM idempotency_keys
WHERE
    scope = :scope
    AND key = :key
    AND expires_at <= :now
    AND (lease_ends_at IS NULL OR lease_ends_at <= :now);

-- name: delete_expired_keys
-- A batch, the first to expire first.
-- differs: rows that another holds are passed over here; there only one writes
WITH batch AS MATERIALIZED (
    SELECT id
    FROM idempotency_keys
    WHERE
        expires_at <= :now
        AND (lease_ends_at IS NULL OR lease_ends_at <= :now)
    ORDER BY expires_at, id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM idempotency_keys
WHERE id IN (SELECT batch.id FROM batch);

-- name: stream_keys_of_user
SELECT
    id,
    scope,
    key,
    user_id,
    request_hash,
    claim_id,
    claimed_at,
    lease_ends_at,
    answer_status,
    answer,
    finished_at,
    created_at,
    expires_at
FROM idempotency_keys
WHERE user_id = :user_id
ORDER BY created_at, id;

-- name: move_keys
UPDATE idempotency_keys
SET user_id = :kept
WHERE user_id = :merged;
