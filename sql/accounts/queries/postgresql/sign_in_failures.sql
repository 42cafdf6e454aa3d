-- name: insert_or_count_attempt
-- One statement, so that each of many concurrent attempts sees those before it. It also writes during a lock, so that a
-- refused attempt takes as long as any other.
-- differs: a list is an array here, a JSON array there
INSERT INTO sign_in_failures (
    key,
    failures,
    refused,
    locked_until,
    attempted_at
)
SELECT
    cast(:key AS text) AS key,
    1 AS failures,
    0 AS refused,
    NULL AS locked_until,
    cast(:now AS timestamptz) AS attempted_at
WHERE cast(:is_counted AS boolean)
ON CONFLICT (key) DO UPDATE
SET
    failures = CASE
        WHEN sign_in_failures.locked_until > excluded.attempted_at THEN sign_in_failures.failures
        WHEN sign_in_failures.attempted_at <= :forgotten THEN 1
        ELSE sign_in_failures.failures + 1
    END,
    refused = CASE
        WHEN sign_in_failures.locked_until > excluded.attempted_at THEN sign_in_failures.refused + 1
        ELSE 0
    END,
    locked_until = CASE
        WHEN sign_in_failures.locked_until > excluded.attempted_at THEN sign_in_failures.locked_until
        WHEN sign_in_failures.attempted_at > :forgotten AND sign_in_failures.failures + 1 >= :free
            THEN (:locks)[least(sign_in_failures.failures + 2 - :free, cardinality(:locks))]
    END,
    attempted_at = CASE
        WHEN sign_in_failures.locked_until > excluded.attempted_at THEN sign_in_failures.attempted_at
        ELSE excluded.attempted_at
    END
RETURNING
    key,
    failures,
    refused,
    locked_until,
    attempted_at;

-- name: insert_sign_in_failures
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO sign_in_failures (
    key,
    failures,
    refused,
    locked_until,
    attempted_at
)
SELECT
    entry.key,
    entry.failures,
    entry.refused,
    entry.locked_until,
    entry.attempted_at
FROM json_to_recordset(:rows) AS entry (
    key text,
    failures bigint,
    refused bigint,
    locked_until timestamptz,
    attempted_at timestamptz
)
ON CONFLICT (key) DO NOTHING;

-- name: find_sign_in_failures
SELECT
    key,
    failures,
    refused,
    locked_until,
    attempted_at
FROM sign_in_failures
WHERE key = :key;

-- name: take_back_attempt
UPDATE sign_in_failures
SET
    failures = failures - 1,
    locked_until = NULL
WHERE
    key = :key
    AND failures > 0;

-- name: delete_sign_in_failures
DELETE FROM sign_in_failures
WHERE key = :key;

-- name: delete_forgotten_sign_in_failures
-- A batch, the longest forgotten first, so that no lock is held for long.
-- differs: rows that another holds are passed over, and the batch is an array, chosen once; there only one writes
WITH batch AS MATERIALIZED (
    SELECT key
    FROM sign_in_failures
    WHERE attempted_at <= :before
    ORDER BY attempted_at, key
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM sign_in_failures
WHERE key = ANY(array(SELECT key FROM batch));
