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
-- differs: a JSON array is read by json_each here, by json_to_recordset there
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
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.purpose') AS purpose,
    json_extract(entry.value, '$.token_hash') AS token_hash,
    json_extract(entry.value, '$.email') AS email,
    json_extract(entry.value, '$.issued_at') AS issued_at,
    json_extract(entry.value, '$.expires_at') AS expires_at,
    json_extract(entry.value, '$.used_at') AS used_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM one_time_tokens
        WHERE
            one_time_tokens.user_id = json_extract(entry.value, '$.user_id')
            AND one_time_tokens.purpose = json_extract(entry.value, '$.purpose')
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
-- differs: only one writes at a time here; rows that another holds are passed over there, and the batch is chosen once
DELETE FROM one_time_tokens
WHERE token_hash IN (
    SELECT token_hash
    FROM one_time_tokens
    WHERE expires_at <= :now
    ORDER BY expires_at, token_hash
    LIMIT :batch_size
);

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
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO confirmed_emails (
    user_id,
    email,
    confirmed_at
)
SELECT
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.email') AS email,
    json_extract(entry.value, '$.confirmed_at') AS confirmed_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM confirmed_emails
        WHERE confirmed_emails.user_id = json_extract(entry.value, '$.user_id')
    )
ON CONFLICT (user_id) DO NOTHING;

-- name: find_confirmed_email
SELECT
    user_id,
    email,
    confirmed_at
FROM confirmed_emails
WHERE user_id = :user_id;
