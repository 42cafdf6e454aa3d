-- name: insert_subscriptions
-- All rows are one JSON parameter, so that many rows are one statement. Taken ids are left out.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO subscriptions (
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    credit,
    anchor_day,
    cancel_at_period_end,
    metadata,
    created_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.plan_id') AS plan_id,
    json_extract(entry.value, '$.currency') AS currency,
    json_extract(entry.value, '$.status') AS status,
    json_extract(entry.value, '$.period_kind') AS period_kind,
    json_extract(entry.value, '$.period_starts_at') AS period_starts_at,
    json_extract(entry.value, '$.period_ends_at') AS period_ends_at,
    json_extract(entry.value, '$.period_amount') AS period_amount,
    json_extract(entry.value, '$.credit') AS credit,
    json_extract(entry.value, '$.anchor_day') AS anchor_day,
    json_extract(entry.value, '$.cancel_at_period_end') AS cancel_at_period_end,
    json_extract(entry.value, '$.metadata') AS metadata,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM subscriptions AS found
        WHERE found.id = json_extract(entry.value, '$.id')
    )
ON CONFLICT DO NOTHING
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: get_subscription
SELECT
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at
FROM subscriptions
WHERE id = :subscription_id;

-- name: lock_subscription
-- differs: only one writes at a time here; the row is locked there
SELECT
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at
FROM subscriptions
WHERE id = :subscription_id;

-- name: get_terms
SELECT
    id AS plan_id,
    currency,
    amount,
    interval_unit,
    interval_count,
    trial_days
FROM plans
WHERE id = :plan_id;

-- name: list_subscriptions
SELECT
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at
FROM subscriptions
WHERE
    status = :status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_subscriptions_of_user
SELECT
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at
FROM subscriptions
WHERE
    user_id = :user_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_subscriptions_of_plan
SELECT
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at
FROM subscriptions
WHERE
    plan_id = :plan_id
    AND status = :status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_periods
SELECT
    subscription_id,
    number,
    kind,
    plan_id,
    currency,
    starts_at,
    ends_at,
    amount,
    credit
FROM subscription_periods
WHERE
    subscription_id = :subscription_id
    AND number < :number  -- when after
ORDER BY number DESC
LIMIT :limit;

-- name: get_period
SELECT
    subscription_id,
    number,
    kind,
    plan_id,
    currency,
    starts_at,
    ends_at,
    amount,
    credit
FROM subscription_periods
WHERE
    subscription_id = :subscription_id
    AND number = :number;

-- name: lock_due_subscriptions
-- Those whose period has been over for the longest time.
-- differs: only one writes here; what another process is renewing is passed over there
SELECT
    subscriptions.id,
    subscriptions.user_id,
    subscriptions.plan_id,
    subscriptions.currency,
    subscriptions.status,
    subscriptions.period_number,
    subscriptions.period_kind,
    subscriptions.period_starts_at,
    subscriptions.period_ends_at,
    subscriptions.period_amount,
    subscriptions.period_credit,
    subscriptions.credit,
    subscriptions.anchor_day,
    subscriptions.next_plan_id,
    subscriptions.cancel_at_period_end,
    subscriptions.cancelled_at,
    subscriptions.metadata,
    subscriptions.created_at,
    plans.amount AS next_amount,
    plans.interval_unit AS next_interval_unit,
    plans.interval_count AS next_interval_count
FROM subscriptions
INNER JOIN plans ON coalesce(subscriptions.next_plan_id, subscriptions.plan_id) = plans.id
WHERE
    (
        subscriptions.status IN ('TRIALING', 'ACTIVE')
        OR (subscriptions.status = 'PAST_DUE' AND subscriptions.cancel_at_period_end)
    )
    AND subscriptions.period_ends_at <= :now
ORDER BY subscriptions.period_ends_at, subscriptions.id
LIMIT :limit;

-- name: begin_periods
-- A period that has begun already is left out.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
UPDATE subscriptions
SET
    status = entry.status,
    plan_id = entry.plan_id,
    period_number = entry.period_number,
    period_kind = entry.period_kind,
    period_starts_at = entry.period_starts_at,
    period_ends_at = entry.period_ends_at,
    period_amount = entry.period_amount,
    period_credit = entry.period_credit,
    credit = entry.credit,
    anchor_day = entry.anchor_day,
    next_plan_id = entry.next_plan_id,
    cancel_at_period_end = entry.cancel_at_period_end
FROM (
    SELECT
        json_extract(value, '$.id') AS id,
        json_extract(value, '$.status') AS status,
        json_extract(value, '$.plan_id') AS plan_id,
        json_extract(value, '$.period_number') AS period_number,
        json_extract(value, '$.period_kind') AS period_kind,
        json_extract(value, '$.period_starts_at') AS period_starts_at,
        json_extract(value, '$.period_ends_at') AS period_ends_at,
        json_extract(value, '$.period_amount') AS period_amount,
        json_extract(value, '$.period_credit') AS period_credit,
        json_extract(value, '$.credit') AS credit,
        json_extract(value, '$.anchor_day') AS anchor_day,
        json_extract(value, '$.next_plan_id') AS next_plan_id,
        json_extract(value, '$.cancel_at_period_end') AS cancel_at_period_end
    FROM json_each(:rows)
) AS entry
WHERE
    subscriptions.id = entry.id
    AND subscriptions.period_number = entry.period_number - 1
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: end_subscriptions
-- differs: a list is a JSON array here, an array there
UPDATE subscriptions
SET
    status = 'CANCELLED',
    cancelled_at = period_ends_at
WHERE
    id IN (SELECT value FROM json_each(:ids))
    AND status <> 'CANCELLED'
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: cancel
UPDATE subscriptions
SET
    status = 'CANCELLED',
    cancelled_at = CASE WHEN status = 'CANCELLED' THEN cancelled_at ELSE :now END
WHERE id = :subscription_id
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: cancel_at_period_end
UPDATE subscriptions
SET cancel_at_period_end = :cancel
WHERE id = :subscription_id
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: change_plan_at_period_end
UPDATE subscriptions
SET next_plan_id = :plan_id
WHERE id = :subscription_id
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: mark_past_due
UPDATE subscriptions
SET status = 'PAST_DUE'
WHERE id = :subscription_id
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: mark_paid
UPDATE subscriptions
SET status = 'ACTIVE'
WHERE id = :subscription_id
RETURNING
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at;

-- name: stream_subscriptions
-- scan: an export reads everything
SELECT
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at
FROM subscriptions
ORDER BY id;

-- name: stream_subscriptions_of_user
SELECT
    id,
    user_id,
    plan_id,
    currency,
    status,
    period_number,
    period_kind,
    period_starts_at,
    period_ends_at,
    period_amount,
    period_credit,
    credit,
    anchor_day,
    next_plan_id,
    cancel_at_period_end,
    cancelled_at,
    metadata,
    created_at
FROM subscriptions
WHERE user_id = :user_id
ORDER BY created_at, id;

-- name: stream_periods_of_user
SELECT
    subscription_periods.subscription_id,
    subscription_periods.number,
    subscription_periods.kind,
    subscription_periods.plan_id,
    subscription_periods.currency,
    subscription_periods.starts_at,
    subscription_periods.ends_at,
    subscription_periods.amount,
    subscription_periods.credit
FROM subscriptions
INNER JOIN subscription_periods ON subscriptions.id = subscription_periods.subscription_id
WHERE subscriptions.user_id = :user_id
ORDER BY subscription_periods.subscription_id, subscription_periods.number;

-- name: move_subscriptions
UPDATE subscriptions
SET user_id = :kept
WHERE user_id = :merged;
