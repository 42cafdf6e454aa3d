-- name: insert_refresh_token
INSERT INTO refresh_tokens (
    jti,
    family_id,
    user_id,
    token_hash,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    expires_at
)
VALUES (
    :jti,
    :family_id,
    :user_id,
    :token_hash,
    :rotated_from,
    :user_agent,
    :source,
    :signed_in_at,
    :session_ends_at,
    :issued_at,
    :expires_at
)
RETURNING
    jti,
    family_id,
    user_id,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    used_at,
    expires_at,
    revoked_at;

-- name: insert_refresh_tokens
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO refresh_tokens (
    jti,
    family_id,
    user_id,
    token_hash,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    expires_at
)
SELECT
    json_extract(entry.value, '$.jti') AS jti,
    json_extract(entry.value, '$.family_id') AS family_id,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.token_hash') AS token_hash,
    json_extract(entry.value, '$.rotated_from') AS rotated_from,
    json_extract(entry.value, '$.user_agent') AS user_agent,
    json_extract(entry.value, '$.source') AS source,
    json_extract(entry.value, '$.signed_in_at') AS signed_in_at,
    json_extract(entry.value, '$.session_ends_at') AS session_ends_at,
    json_extract(entry.value, '$.issued_at') AS issued_at,
    json_extract(entry.value, '$.expires_at') AS expires_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM refresh_tokens
        WHERE refresh_tokens.jti = json_extract(entry.value, '$.jti')
    )
ON CONFLICT (jti) DO NOTHING;

-- name: use_refresh_token
-- The rotation's one conditional UPDATE: of several at once, one finds the token unused.
UPDATE refresh_tokens
SET used_at = :now
WHERE
    token_hash = :token_hash
    AND used_at IS NULL
    AND revoked_at IS NULL
    AND expires_at > :now
RETURNING
    jti,
    family_id,
    user_id,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    used_at,
    expires_at,
    revoked_at;

-- name: use_lost_refresh_token
-- The successor of a token that was used a moment ago, if it is still the session's live token. The successor is marked
-- as revoked too, which tells it from a token that its owner has used.
UPDATE refresh_tokens
SET
    used_at = :now,
    revoked_at = :now
WHERE
    (user_id, family_id, rotated_from) = (
        SELECT
            presented.user_id,
            presented.family_id,
            presented.jti
        FROM refresh_tokens AS presented
        WHERE
            presented.token_hash = :token_hash
            AND presented.used_at > :used_after
            AND presented.revoked_at IS NULL
    )
    AND used_at IS NULL
    AND revoked_at IS NULL
    AND expires_at > :now
RETURNING
    jti,
    family_id,
    user_id,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    used_at,
    expires_at,
    revoked_at;

-- name: find_refresh_token_by_hash
SELECT
    jti,
    family_id,
    user_id,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    used_at,
    expires_at,
    revoked_at
FROM refresh_tokens
WHERE token_hash = :token_hash;

-- name: list_refresh_tokens
-- The live ones that have not expired, newest first: one for each session.
SELECT
    jti,
    family_id,
    user_id,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    used_at,
    expires_at,
    revoked_at
FROM refresh_tokens
WHERE
    user_id = :user_id
    AND used_at IS NULL
    AND revoked_at IS NULL
    AND expires_at > :now
    AND (issued_at, jti) < (:issued_at, :jti)  -- when after
ORDER BY issued_at DESC, jti DESC
LIMIT :limit;

-- name: stream_refresh_tokens
SELECT
    jti,
    family_id,
    user_id,
    rotated_from,
    user_agent,
    source,
    signed_in_at,
    session_ends_at,
    issued_at,
    used_at,
    expires_at,
    revoked_at
FROM refresh_tokens
WHERE user_id = :user_id
ORDER BY issued_at, jti;

-- name: count_live_refresh_tokens
SELECT count(*) AS live
FROM refresh_tokens
WHERE
    user_id = :user_id
    AND family_id = :family_id  -- when family_id
    AND used_at IS NULL
    AND revoked_at IS NULL;

-- name: revoke_live_refresh_tokens
UPDATE refresh_tokens
SET revoked_at = :now
WHERE
    user_id = :user_id
    AND family_id = :family_id  -- when family_id
    AND used_at IS NULL
    AND revoked_at IS NULL;

-- name: revoke_refresh_token
UPDATE refresh_tokens
SET revoked_at = :now
WHERE
    jti = :jti
    AND user_id = :user_id
    AND used_at IS NULL
    AND revoked_at IS NULL;

-- name: revoke_used_refresh_token
UPDATE refresh_tokens
SET revoked_at = :now
WHERE
    jti = :jti
    AND used_at IS NOT NULL
    AND revoked_at IS NULL;

-- name: delete_refresh_tokens
DELETE FROM refresh_tokens
WHERE user_id = :user_id;

-- name: delete_expired_refresh_tokens
-- A batch, the longest expired first, so that no lock is held for long.
-- differs: only one writes at a time here; rows that another holds are passed over there, and the batch is chosen once
DELETE FROM refresh_tokens
WHERE jti IN (
    SELECT jti
    FROM refresh_tokens
    WHERE expires_at <= :now
    ORDER BY expires_at, jti
    LIMIT :batch_size
);
