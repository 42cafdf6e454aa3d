-- name: replace_one_time_token
-- No row for a user who does not exist, has another address or another status than the purpose needs: the same
-- statement for all of them, so that its time does not tell who has an account.
INSERT INTO one_time_tokens (
    user_id,
    purpose,
    token_hash,
    email,
    issued_at,
    expires_at
)
SELECT
    users.id AS user_id,
    :purpose AS purpose,
    :token_hash AS token_hash,
    users.email,
    :now AS issued_at,
    :expires_at AS expires_at
FROM users
WHERE
    users.id = :user_id
    AND users.email = :email
    AND users.status = CASE WHEN :purpose = 'INVITATION' THEN 'INACTIVE' ELSE 'ACTIVE' END
ON CONFLICT (user_id, purpose) DO UPDATE
SET
    token_hash = excluded.token_hash,
    email = excluded.email,
    issued_at = excluded.issued_at,
    expires_at = excluded.expires_at,
    used_at = NULL
RETURNING
    user_id,
    purpose,
    email,
    issued_at,
    expires_at,
    used_at;

-- name: insert_one_time_tokens
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO one_time_tokens (
    user_id,
    purpose,
    token_hash,
    email,
    issued_at,
    expires_at,
    used_at
)
SELECT
    entry.user_id,
    entry.purpose,
    entry.token_hash,
    entry.email,
    entry.issued_at,
    entry.expires_at,
    entry.used_at
FROM json_to_recordset(:rows) AS entry (
    user_id uuid,
    purpose text,
    token_hash text,
    email text,
    issued_at timestamptz,
    expires_at timestamptz,
    used_at timestamptz
)
ON CONFLICT (user_id, purpose) DO NOTHING;

-- name: find_live_one_time_token
SELECT
    user_id,
    purpose,
    email,
    issued_at,
    expires_at,
    used_at
FROM one_time_tokens
WHERE
    token_hash = :token_hash
    AND purpose = :purpose
    AND used_at IS NULL
    AND expires_at > :now;

-- name: use_one_time_token
-- The one conditional UPDATE by which a token works only once: of several at once, one finds it unused.
UPDATE one_time_tokens
SET used_at = :now
WHERE
    token_hash = :token_hash
    AND purpose = :purpose
    AND used_at IS NULL
    AND expires_at > :now
RETURNING
    user_id,
    purpose,
    email,
    issued_at,
    expires_at,
    used_at;

-- name: list_one_time_tokens
-- At most one for each purpose.
SELECT
    user_id,
    purpose,
    email,
    issued_at,
    expires_at,
    used_at
FROM one_time_tokens
WHERE user_id = :user_id
ORDER BY purpose;

-- name: delete_one_time_tokens
DELETE FROM one_time_tokens
WHERE user_id = :user_id;

-- name: delete_password_tokens
DELETE FROM one_time_tokens
WHERE
    user_id = :user_id
    AND purpose IN ('INVITATION', 'PASSWORD_RESET');

-- name: delete_expired_one_time_tokens
-- A batch, the longest expired first, so that no lock is held for long.
-- differs: rows that another holds are passed over, and the batch is an array, chosen once; there only one writes
WITH batch AS MATERIALIZED (
    SELECT token_hash
    FROM one_time_tokens
    WHERE expires_at <= :now
    ORDER BY expires_at, token_hash
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM one_time_tokens
WHERE token_hash = ANY(array(SELECT token_hash FROM batch));

-- name: store_confirmed_email
INSERT INTO confirmed_emails (
    user_id,
    email,
    confirmed_at
)
VALUES (
    :user_id,
    :email,
    :now
)
ON CONFLICT (user_id) DO UPDATE
SET
    email = excluded.email,
    confirmed_at = excluded.confirmed_at
RETURNING
    user_id,
    email,
    confirmed_at;

-- name: insert_confirmed_emails
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO confirmed_emails (
    user_id,
    email,
    confirmed_at
)
SELECT
    entry.user_id,
    entry.email,
    entry.confirmed_at
FROM json_to_recordset(:rows) AS entry (
    user_id uuid,
    email text,
    confirmed_at timestamptz
)
ON CONFLICT (user_id) DO NOTHING;

-- name: find_confirmed_email
SELECT
    user_id,
    email,
    confirmed_at
FROM confirmed_emails
WHERE user_id = :user_id;
