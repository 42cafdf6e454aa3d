-- name: insert_donation
-- A call that is repeated with the same id stores nothing.
-- differs: a trigger refuses what INSERT OR REPLACE would delete there, before ON CONFLICT is looked at
INSERT INTO donations (
    id,
    livestream_id,
    donor_id,
    transfer_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at
)
VALUES (
    :id,
    :livestream_id,
    :donor_id,
    :transfer_id,
    :amount,
    :currency,
    :is_anonymous,
    :metadata,
    :now
)
ON CONFLICT (id) DO NOTHING
RETURNING
    id,
    livestream_id,
    donor_id,
    transfer_id,
    refund_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at;

-- name: insert_donations
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO donations (
    id,
    livestream_id,
    donor_id,
    transfer_id,
    refund_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at
)
SELECT
    entry.id,
    entry.livestream_id,
    entry.donor_id,
    entry.transfer_id,
    entry.refund_id,
    entry.amount,
    entry.currency,
    entry.is_anonymous,
    entry.metadata,
    entry.created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    livestream_id uuid,
    donor_id uuid,
    transfer_id uuid,
    refund_id uuid,
    amount bigint,
    currency text,
    is_anonymous boolean,
    metadata jsonb,
    created_at timestamptz
)
ON CONFLICT (id) DO NOTHING;

-- name: get_donation
SELECT
    id,
    livestream_id,
    donor_id,
    transfer_id,
    refund_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at
FROM donations
WHERE id = :donation_id;

-- name: list_donations
SELECT
    id,
    livestream_id,
    donor_id,
    transfer_id,
    refund_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at
FROM donations
WHERE
    livestream_id = :livestream_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_donations_of_donor
SELECT
    id,
    livestream_id,
    donor_id,
    transfer_id,
    refund_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at
FROM donations
WHERE
    donor_id = :donor_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: stream_donations_of_donor
SELECT
    id,
    livestream_id,
    donor_id,
    transfer_id,
    refund_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at
FROM donations
WHERE donor_id = :donor_id
ORDER BY created_at, id;

-- name: list_donation_totals
-- differs: a sum of bigint is numeric here
SELECT
    currency,
    cast(sum(donations) AS bigint) AS donations,
    cast(sum(amount) AS bigint) AS amount
FROM donation_totals
WHERE livestream_id = :livestream_id
GROUP BY currency
ORDER BY currency;

-- name: list_top_donors
SELECT
    donor_id,
    donations,
    amount
FROM donor_totals
WHERE
    livestream_id = :livestream_id
    AND currency = :currency
    AND amount > 0
    AND (amount, donor_id) < (:amount, :donor_id)  -- when after
ORDER BY amount DESC, donor_id DESC
LIMIT :limit;

-- name: set_refund
-- A trigger refuses another refund than the one that it has.
UPDATE donations
SET refund_id = :refund_id
WHERE id = :donation_id
RETURNING
    id,
    livestream_id,
    donor_id,
    transfer_id,
    refund_id,
    amount,
    currency,
    is_anonymous,
    metadata,
    created_at;

-- name: move_donations
UPDATE donations
SET donor_id = :kept
WHERE donor_id = :merged;
