-- name: insert_plans
-- All rows are one JSON parameter, so that many rows are one statement. Taken ids and codes are left out.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO plans (
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.code') AS code,
    json_extract(entry.value, '$.name') AS name,
    json_extract(entry.value, '$.amount') AS amount,
    json_extract(entry.value, '$.currency') AS currency,
    json_extract(entry.value, '$.interval_unit') AS interval_unit,
    json_extract(entry.value, '$.interval_count') AS interval_count,
    json_extract(entry.value, '$.trial_days') AS trial_days,
    json_extract(entry.value, '$.metadata') AS metadata,
    :now AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM plans AS found
        WHERE
            found.id = json_extract(entry.value, '$.id')
            OR found.code = json_extract(entry.value, '$.code')
    )
ON CONFLICT DO NOTHING
RETURNING
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at;

-- name: get_plan
SELECT
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at
FROM plans
WHERE id = :plan_id;

-- name: find_plan
SELECT
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at
FROM plans
WHERE code = :code;

-- name: list_plans
SELECT
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at
FROM plans
WHERE
    TRUE
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_open_plans
SELECT
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at
FROM plans
WHERE
    currency = :currency
    AND closed_at IS NULL
    AND (amount, id) > (:amount, :id)  -- when after
ORDER BY amount, id
LIMIT :limit;

-- name: update_plan
UPDATE plans
SET
    name = CASE WHEN :name_is_set THEN :name ELSE name END,
    metadata = CASE WHEN :metadata_is_set THEN :metadata ELSE metadata END
WHERE id = :plan_id
RETURNING
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at;

-- name: close_plan
UPDATE plans
SET closed_at = coalesce(closed_at, :now)
WHERE id = :plan_id
RETURNING
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at;

-- name: stream_plans
-- scan: an export reads everything
SELECT
    id,
    code,
    name,
    amount,
    currency,
    interval_unit,
    interval_count,
    trial_days,
    metadata,
    created_at,
    closed_at
FROM plans
ORDER BY id;
