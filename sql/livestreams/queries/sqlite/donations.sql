-- name: insert_donation
-- A call that is repeated with the same id stores nothing.
-- differs: a trigger refuses what INSERT OR REPLACE would delete here, before ON CONFLICT is looked at
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
SELECT
    :id AS id,
    :livestream_id AS livestream_id,
    :donor_id AS donor_id,
    :transfer_id AS transfer_id,
    :amount AS amount,
    :currency AS currency,
    :is_anonymous AS is_anonymous,
    :metadata AS metadata,
    :now AS created_at
WHERE
    NOT EXISTS (
        SELECT 1
        FROM donations
        WHERE id = :id
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
-- differs: a JSON array is read by json_each here, by json_to_recordset there
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
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.livestream_id') AS livestream_id,
    json_extract(entry.value, '$.donor_id') AS donor_id,
    json_extract(entry.value, '$.transfer_id') AS transfer_id,
    json_extract(entry.value, '$.refund_id') AS refund_id,
    json_extract(entry.value, '$.amount') AS amount,
    json_extract(entry.value, '$.currency') AS currency,
    json_extract(entry.value, '$.is_anonymous') AS is_anonymous,
    json_extract(entry.value, '$.metadata') AS metadata,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM donations
        WHERE donations.id = json_extract(entry.value, '$.id')
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
-- differs: a sum is an integer here
SELECT
    currency,
    sum(donations) AS donations,
    sum(amount) AS amount
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
