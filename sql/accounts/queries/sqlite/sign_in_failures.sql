-- name: insert_or_count_attempt
-- One statement, so that each of many concurrent attempts sees those before it. It also writes during a lock, so that a
-- refused attempt takes as long as any other.
-- differs: a list is a JSON array here, an array there
INSERT INTO sign_in_failures (
    key,
    failures,
    refused,
    locked_until,
    attempted_at
)
SELECT
    :key AS key,
    1 AS failures,
    0 AS refused,
    NULL AS locked_until,
    :now AS attempted_at
WHERE :is_counted
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
            THEN json_extract(
                :locks,
                '$[' || min(sign_in_failures.failures + 1 - :free, json_array_length(:locks) - 1) || ']'
            )
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
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO sign_in_failures (
    key,
    failures,
    refused,
    locked_until,
    attempted_at
)
SELECT
    json_extract(entry.value, '$.key') AS key,
    json_extract(entry.value, '$.failures') AS failures,
    json_extract(entry.value, '$.refused') AS refused,
    json_extract(entry.value, '$.locked_until') AS locked_until,
    json_extract(entry.value, '$.attempted_at') AS attempted_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM sign_in_failures
        WHERE sign_in_failures.key = json_extract(entry.value, '$.key')
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
-- differs: only one writes at a time here; rows that another holds are passed over there, and the batch is chosen once
DELETE FROM sign_in_failures
WHERE key IN (
    SELECT key
    FROM sign_in_failures
    WHERE attempted_at <= :before
    ORDER BY attempted_at, key
    LIMIT :batch_size
);
