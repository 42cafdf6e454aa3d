-- name: insert_payment
-- A taken id or reference is left out.
-- differs: a trigger refuses what INSERT OR REPLACE would delete there, before ON CONFLICT is looked at
INSERT INTO payments (
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    metadata,
    created_at,
    updated_at
)
VALUES (
    :id,
    :payer_id,
    :payment_method_id,
    :provider,
    :provider_reference,
    :reference,
    :amount,
    :currency,
    :metadata,
    :now,
    :now
)
ON CONFLICT DO NOTHING
RETURNING
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at;

-- name: insert_payments
-- What was captured and refunded comes with its own rows.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO payments (
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    status,
    failure_code,
    metadata,
    created_at,
    updated_at
)
SELECT
    entry.id,
    entry.payer_id,
    entry.payment_method_id,
    entry.provider,
    entry.provider_reference,
    entry.reference,
    entry.amount,
    entry.currency,
    entry.status,
    entry.failure_code,
    entry.metadata,
    entry.created_at,
    entry.updated_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    payer_id uuid,
    payment_method_id uuid,
    provider text,
    provider_reference text,
    reference text,
    amount bigint,
    currency text,
    status text,
    failure_code text,
    metadata jsonb,
    created_at timestamptz,
    updated_at timestamptz
)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM payments AS stored
        WHERE
            stored.id = entry.id
            OR (
                stored.provider = entry.provider
                AND stored.provider_reference = entry.provider_reference
            )
    )
ORDER BY entry.id
ON CONFLICT DO NOTHING;

-- name: get_payment
SELECT
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at
FROM payments
WHERE id = :payment_id;

-- name: find_payment
SELECT
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at
FROM payments
WHERE
    provider = :provider
    AND provider_reference = :provider_reference;

-- name: list_payments_of_payer
SELECT
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at
FROM payments
WHERE
    payer_id = :payer_id
    AND status = :status  -- when status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_payments_with_status
SELECT
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at
FROM payments
WHERE
    status = :status
    AND created_at < :created_before  -- when created_before
    AND (created_at, id) > (:created_at, :id)  -- when after
ORDER BY created_at, id
LIMIT :limit;

-- name: list_payments_of_reference
SELECT
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at
FROM payments
WHERE
    reference = :reference
    AND (created_at, id) > (:created_at, :id)  -- when after
ORDER BY created_at, id
LIMIT :limit;

-- name: set_authorized
-- A payment that is captured already stays as it is. A trigger refuses what has ended, and another reference.
UPDATE payments
SET
    status = CASE WHEN status IN ('CREATED', 'FAILED', 'CANCELLED') THEN 'AUTHORIZED' ELSE status END,
    provider_reference = :provider_reference,
    updated_at = CASE WHEN status = 'CREATED' THEN :now ELSE updated_at END
WHERE
    id = :payment_id
    AND NOT EXISTS (
        SELECT 1
        FROM payments AS other
        WHERE
            other.provider = payments.provider
            AND other.provider_reference = :provider_reference
            AND other.id <> payments.id
    )
RETURNING
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at;

-- name: fail_payment
UPDATE payments
SET
    status = 'FAILED',
    failure_code = CASE WHEN status = 'FAILED' THEN failure_code ELSE :failure_code END,
    updated_at = CASE WHEN status = 'FAILED' THEN updated_at ELSE :now END
WHERE id = :payment_id
RETURNING
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at;

-- name: cancel_payment
UPDATE payments
SET
    status = 'CANCELLED',
    updated_at = CASE WHEN status = 'CANCELLED' THEN updated_at ELSE :now END
WHERE id = :payment_id
RETURNING
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at;

-- name: dispute_payment
UPDATE payments
SET
    status = 'DISPUTED',
    disputed_at = CASE WHEN status = 'DISPUTED' THEN disputed_at ELSE :now END,
    updated_at = CASE WHEN status = 'DISPUTED' THEN updated_at ELSE :now END
WHERE id = :payment_id
RETURNING
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at;

-- name: win_dispute
-- It returns to where it came from, which its sums say.
UPDATE payments
SET
    status = CASE WHEN refunded > 0 THEN 'PARTIALLY_REFUNDED' ELSE 'CAPTURED' END,
    updated_at = CASE WHEN status = 'DISPUTED' THEN :now ELSE updated_at END
WHERE
    id = :payment_id
    AND disputed_at IS NOT NULL
RETURNING
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at;

-- name: insert_capture
-- Without an amount, it is all that is left. A taken id is left out.
-- differs: the parameters of a SELECT need their types here
INSERT INTO payment_captures (
    id,
    payment_id,
    amount,
    created_at
)
SELECT
    cast(:capture_id AS uuid) AS id,
    payments.id AS payment_id,
    coalesce(cast(:amount AS bigint), payments.amount - payments.captured) AS amount,
    cast(:now AS timestamptz) AS created_at
FROM payments
WHERE
    payments.id = :payment_id
    AND NOT EXISTS (
        SELECT 1
        FROM payment_captures
        WHERE id = cast(:capture_id AS uuid)
    )
ON CONFLICT DO NOTHING
RETURNING
    id,
    payment_id,
    amount,
    created_at;

-- name: insert_captures
-- All rows are one JSON parameter, so that many rows are one statement. A taken id is left out.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO payment_captures (
    id,
    payment_id,
    amount,
    created_at
)
SELECT
    entry.id,
    entry.payment_id,
    entry.amount,
    entry.created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    payment_id uuid,
    amount bigint,
    created_at timestamptz
)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM payment_captures AS stored
        WHERE stored.id = entry.id
    )
ORDER BY entry.payment_id, entry.id
ON CONFLICT DO NOTHING;

-- name: find_capture
SELECT
    id,
    payment_id,
    amount,
    created_at
FROM payment_captures
WHERE id = :capture_id;

-- name: list_captures
SELECT
    id,
    payment_id,
    amount,
    created_at
FROM payment_captures
WHERE
    payment_id = :payment_id
    AND (created_at, id) > (:created_at, :id)  -- when after
ORDER BY created_at, id
LIMIT :limit;

-- name: stream_captures
-- scan: an export reads everything
SELECT
    id,
    payment_id,
    amount,
    created_at
FROM payment_captures
ORDER BY id;

-- name: stream_captures_of_payer
SELECT
    payment_captures.id,
    payment_captures.payment_id,
    payment_captures.amount,
    payment_captures.created_at
FROM payments
INNER JOIN payment_captures ON payments.id = payment_captures.payment_id
WHERE payments.payer_id = :payer_id
ORDER BY payment_captures.created_at, payment_captures.id;

-- name: insert_refund
-- Without an amount, it is all that is left. A taken id is left out.
-- differs: the parameters of a SELECT need their types here
INSERT INTO payment_refunds (
    id,
    payment_id,
    amount,
    created_at
)
SELECT
    cast(:refund_id AS uuid) AS id,
    payments.id AS payment_id,
    coalesce(cast(:amount AS bigint), payments.captured - payments.refunded) AS amount,
    cast(:now AS timestamptz) AS created_at
FROM payments
WHERE
    payments.id = :payment_id
    AND NOT EXISTS (
        SELECT 1
        FROM payment_refunds
        WHERE id = cast(:refund_id AS uuid)
    )
ON CONFLICT DO NOTHING
RETURNING
    id,
    payment_id,
    amount,
    created_at;

-- name: insert_refunds
-- All rows are one JSON parameter, so that many rows are one statement. A taken id is left out.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO payment_refunds (
    id,
    payment_id,
    amount,
    created_at
)
SELECT
    entry.id,
    entry.payment_id,
    entry.amount,
    entry.created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    payment_id uuid,
    amount bigint,
    created_at timestamptz
)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM payment_refunds AS stored
        WHERE stored.id = entry.id
    )
ORDER BY entry.payment_id, entry.id
ON CONFLICT DO NOTHING;

-- name: find_refund
SELECT
    id,
    payment_id,
    amount,
    created_at
FROM payment_refunds
WHERE id = :refund_id;

-- name: list_refunds
SELECT
    id,
    payment_id,
    amount,
    created_at
FROM payment_refunds
WHERE
    payment_id = :payment_id
    AND (created_at, id) > (:created_at, :id)  -- when after
ORDER BY created_at, id
LIMIT :limit;

-- name: stream_refunds
-- scan: an export reads everything
SELECT
    id,
    payment_id,
    amount,
    created_at
FROM payment_refunds
ORDER BY id;

-- name: stream_refunds_of_payer
SELECT
    payment_refunds.id,
    payment_refunds.payment_id,
    payment_refunds.amount,
    payment_refunds.created_at
FROM payments
INNER JOIN payment_refunds ON payments.id = payment_refunds.payment_id
WHERE payments.payer_id = :payer_id
ORDER BY payment_refunds.created_at, payment_refunds.id;

-- name: list_revenue
-- differs: a sum of bigint is numeric here
SELECT
    currency,
    day,
    cast(sum(captured) AS bigint) AS captured,
    cast(sum(refunded) AS bigint) AS refunded
FROM payment_days
WHERE
    currency = :currency
    AND day BETWEEN :since AND :until
    AND day > :day  -- when after
GROUP BY currency, day
ORDER BY currency, day
LIMIT :limit;

-- name: list_wrong_revenue
-- scan: an audit reads all rows
-- not null: day: neither a day nor an instant may be NULL
-- differs: the day of an instant, and a sum of bigint is numeric here
WITH booked AS (
    SELECT
        payments.currency,
        cast(payment_captures.created_at AT TIME ZONE 'UTC' AS date) AS day,
        payment_captures.amount AS captured,
        0 AS refunded
    FROM payment_captures
    INNER JOIN payments ON payment_captures.payment_id = payments.id
    UNION ALL
    SELECT
        payments.currency,
        cast(payment_refunds.created_at AT TIME ZONE 'UTC' AS date) AS day,
        0 AS captured,
        payment_refunds.amount AS refunded
    FROM payment_refunds
    INNER JOIN payments ON payment_refunds.payment_id = payments.id
),

both_sides AS (
    SELECT
        currency,
        day,
        captured,
        refunded,
        0 AS rows_captured,
        0 AS rows_refunded
    FROM payment_days
    UNION ALL
    SELECT
        currency,
        day,
        0 AS captured,
        0 AS refunded,
        captured AS rows_captured,
        refunded AS rows_refunded
    FROM booked
)

SELECT
    currency,
    day,
    cast(sum(captured) AS bigint) AS captured,
    cast(sum(refunded) AS bigint) AS refunded,
    cast(sum(rows_captured) AS bigint) AS rows_captured,
    cast(sum(rows_refunded) AS bigint) AS rows_refunded
FROM both_sides
GROUP BY currency, day
HAVING sum(captured) <> sum(rows_captured) OR sum(refunded) <> sum(rows_refunded)
ORDER BY currency, day;

-- name: stream_payments
-- scan: an export reads everything
SELECT
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at
FROM payments
ORDER BY id;

-- name: stream_payments_of_payer
SELECT
    id,
    payer_id,
    payment_method_id,
    provider,
    provider_reference,
    reference,
    amount,
    currency,
    captured,
    refunded,
    status,
    failure_code,
    metadata,
    disputed_at,
    created_at,
    updated_at
FROM payments
WHERE payer_id = :payer_id
ORDER BY created_at, id;

-- name: move_payments
UPDATE payments
SET payer_id = :kept
WHERE payer_id = :merged;
