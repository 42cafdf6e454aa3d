-- name: insert_plans
-- All rows are one JSON parameter, so that many rows are one statement. Taken ids and codes are left out.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
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
    entry.id,
    entry.code,
    entry.name,
    entry.amount,
    entry.currency,
    entry.interval_unit,
    entry.interval_count,
    entry.trial_days,
    entry.metadata,
    cast(:now AS timestamptz) AS created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    code text,
    name text,
    amount bigint,
    currency text,
    interval_unit text,
    interval_count bigint,
    trial_days bigint,
    metadata jsonb
)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM plans AS found
        WHERE
            found.id = entry.id
            OR found.code = entry.code
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
