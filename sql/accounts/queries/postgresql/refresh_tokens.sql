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
-- differs: a JSON array is read by json_to_recordset here, by json_each there
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
    entry.jti,
    entry.family_id,
    entry.user_id,
    entry.token_hash,
    entry.rotated_from,
    entry.user_agent,
    entry.source,
    entry.signed_in_at,
    entry.session_ends_at,
    entry.issued_at,
    entry.expires_at
FROM json_to_recordset(:rows) AS entry (
    jti uuid,
    family_id uuid,
    user_id uuid,
    token_hash text,
    rotated_from uuid,
    user_agent text,
    source text,
    signed_in_at timestamptz,
    session_ends_at timestamptz,
    issued_at timestamptz,
    expires_at timestamptz
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
-- differs: rows that another holds are passed over, and the batch is an array, chosen once; there only one writes
WITH batch AS MATERIALIZED (
    SELECT jti
    FROM refresh_tokens
    WHERE expires_at <= :now
    ORDER BY expires_at, jti
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM refresh_tokens
WHERE jti = ANY(array(SELECT jti FROM batch));
