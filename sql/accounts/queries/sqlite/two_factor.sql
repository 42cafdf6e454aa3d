-- name: insert_pending_two_factor
-- A pending row that the user never confirmed is replaced, with its id: the sealed secret is bound to it.
INSERT INTO two_factor (
    id,
    user_id,
    secret,
    enrolled_at
)
VALUES (
    :id,
    :user_id,
    :secret,
    :now
)
ON CONFLICT (user_id) WHERE confirmed_at IS NULL DO UPDATE
SET
    id = excluded.id,
    secret = excluded.secret,
    enrolled_at = excluded.enrolled_at
RETURNING
    id,
    user_id,
    secret,
    last_step,
    enrolled_at,
    confirmed_at;

-- name: find_two_factor
SELECT
    id,
    user_id,
    secret,
    last_step,
    enrolled_at,
    confirmed_at
FROM two_factor
WHERE
    user_id = :user_id
    AND confirmed_at IS NOT NULL;

-- name: find_pending_two_factor
SELECT
    id,
    user_id,
    secret,
    last_step,
    enrolled_at,
    confirmed_at
FROM two_factor
WHERE
    user_id = :user_id
    AND confirmed_at IS NULL;

-- name: list_two_factor
SELECT
    id,
    user_id,
    last_step,
    enrolled_at,
    confirmed_at
FROM two_factor
WHERE user_id = :user_id
ORDER BY enrolled_at, id;

-- name: confirm_two_factor
UPDATE two_factor
SET
    last_step = :step,
    confirmed_at = :now
WHERE
    id = :two_factor_id
    AND confirmed_at IS NULL;

-- name: accept_step
-- The one conditional UPDATE by which a code works only once: of several at once, one finds an earlier step.
UPDATE two_factor
SET last_step = :step
WHERE
    id = :two_factor_id
    AND last_step < :step;

-- name: delete_confirmed_two_factor
DELETE FROM two_factor
WHERE
    user_id = :user_id
    AND confirmed_at IS NOT NULL;

-- name: delete_two_factor
-- The confirmed one and the pending one. The recovery codes go with the row.
DELETE FROM two_factor
WHERE user_id = :user_id;

-- name: replace_recovery_codes
-- All codes in one statement, each in the place of the one with its number.
-- differs: a list is a JSON array here, an array there
INSERT INTO recovery_codes (
    two_factor_id,
    number,
    code_hash,
    created_at
)
SELECT
    :two_factor_id AS two_factor_id,
    key + 1 AS number,
    value AS code_hash,
    :now AS created_at
FROM json_each(:code_hashes)
WHERE TRUE
ON CONFLICT (two_factor_id, number) DO UPDATE
SET
    code_hash = excluded.code_hash,
    created_at = excluded.created_at,
    used_at = NULL;

-- name: list_recovery_codes
SELECT
    two_factor_id,
    number,
    created_at,
    used_at
FROM recovery_codes
WHERE two_factor_id = :two_factor_id
ORDER BY number;

-- name: move_recovery_codes
UPDATE recovery_codes
SET two_factor_id = :two_factor_id
WHERE two_factor_id = :moved_from;

-- name: use_recovery_code
UPDATE recovery_codes
SET used_at = :now
WHERE
    two_factor_id = :two_factor_id
    AND code_hash = :code_hash
    AND used_at IS NULL;

-- name: count_recovery_codes
SELECT count(*) AS recovery_codes
FROM recovery_codes
WHERE
    two_factor_id = :two_factor_id
    AND used_at IS NULL;
