-- name: insert_payment_method
-- A taken id is left out.
INSERT INTO payment_methods (
    id,
    user_id,
    provider,
    token,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at
)
VALUES (
    :id,
    :user_id,
    :provider,
    :token,
    :brand,
    :last_four,
    :expires_month,
    :expires_year,
    :now
)
ON CONFLICT DO NOTHING
RETURNING
    id,
    user_id,
    provider,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at;

-- name: insert_payment_methods
-- All rows are one JSON parameter, so that many rows are one statement. A taken id is left out.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO payment_methods (
    id,
    user_id,
    provider,
    token,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at
)
SELECT
    entry.id,
    entry.user_id,
    entry.provider,
    entry.token,
    entry.brand,
    entry.last_four,
    entry.expires_month,
    entry.expires_year,
    cast(:now AS timestamptz) AS created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    user_id uuid,
    provider text,
    token text,
    brand text,
    last_four text,
    expires_month bigint,
    expires_year bigint
)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM payment_methods AS stored
        WHERE stored.id = entry.id
    )
ORDER BY entry.id
ON CONFLICT DO NOTHING;

-- name: get_payment_method
SELECT
    id,
    user_id,
    provider,
    token,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at
FROM payment_methods
WHERE id = :payment_method_id;

-- name: find_default_payment_method
SELECT
    payment_methods.id,
    payment_methods.user_id,
    payment_methods.provider,
    payment_methods.token,
    payment_methods.brand,
    payment_methods.last_four,
    payment_methods.expires_month,
    payment_methods.expires_year,
    payment_methods.created_at
FROM default_payment_methods
INNER JOIN payment_methods ON default_payment_methods.payment_method_id = payment_methods.id
WHERE default_payment_methods.user_id = :user_id;

-- name: list_payment_methods
SELECT
    id,
    user_id,
    provider,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at
FROM payment_methods
WHERE
    user_id = :user_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_expiring_payment_methods
SELECT
    id,
    user_id,
    provider,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at
FROM payment_methods
WHERE
    expires_year = :year
    AND expires_month = :month
    AND id > :id  -- when after
ORDER BY id
LIMIT :limit;

-- name: stream_payment_methods
SELECT
    id,
    user_id,
    provider,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at
FROM payment_methods
WHERE user_id = :user_id
ORDER BY created_at, id;

-- name: stream_default_payment_methods
SELECT
    user_id,
    payment_method_id,
    chosen_at
FROM default_payment_methods
WHERE user_id = :user_id
ORDER BY user_id;

-- name: update_payment_method
UPDATE payment_methods
SET
    brand = CASE WHEN :brand_is_set THEN :brand ELSE brand END,
    last_four = CASE WHEN :last_four_is_set THEN :last_four ELSE last_four END,
    expires_month = CASE WHEN :expires_month_is_set THEN :expires_month ELSE expires_month END,
    expires_year = CASE WHEN :expires_year_is_set THEN :expires_year ELSE expires_year END
WHERE id = :payment_method_id
RETURNING
    id,
    user_id,
    provider,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at;

-- name: replace_payment_method_token
UPDATE payment_methods
SET token = :token
WHERE
    id = :id
    AND user_id = :user_id
RETURNING
    id,
    user_id,
    provider,
    brand,
    last_four,
    expires_month,
    expires_year,
    created_at;

-- name: set_default_payment_method
-- It takes the place of the one before it.
-- differs: the instant of a SELECT needs its type here
INSERT INTO default_payment_methods (
    user_id,
    payment_method_id,
    chosen_at
)
SELECT
    user_id,
    id AS payment_method_id,
    cast(:now AS timestamptz) AS chosen_at
FROM payment_methods
WHERE
    id = :payment_method_id
    AND user_id = :user_id
ON CONFLICT (user_id) DO UPDATE
    SET
        payment_method_id = excluded.payment_method_id,
        chosen_at = excluded.chosen_at
RETURNING
    user_id,
    payment_method_id,
    chosen_at;

-- name: clear_default_payment_method
DELETE FROM default_payment_methods
WHERE user_id = :user_id;

-- name: delete_payment_method
DELETE FROM payment_methods
WHERE
    id = :payment_method_id
    AND user_id = :user_id;

-- name: drop_second_default
-- The kept user's own default stays.
DELETE FROM default_payment_methods
WHERE
    user_id = :merged
    AND EXISTS (
        SELECT 1
        FROM default_payment_methods AS first_one
        WHERE first_one.user_id = :kept
    );

-- name: move_payment_method
-- The sealed token is bound to the user, so it is sealed anew for the next one. A default goes with it.
UPDATE payment_methods
SET
    user_id = :user_id,
    token = :token
WHERE
    id = :id
    AND user_id = :moved_from;
