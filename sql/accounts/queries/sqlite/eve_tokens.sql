-- name: upsert_eve_token
-- New tokens end a lease, so a process that is refreshing the old ones cannot store its result any more.
INSERT INTO eve_tokens (
    eve_character_id,
    user_id,
    access_token,
    refresh_token,
    scopes,
    expires_at,
    created_at,
    updated_at
)
VALUES (
    :eve_character_id,
    :user_id,
    :access_token,
    :refresh_token,
    :scopes,
    :expires_at,
    :now,
    :now
)
ON CONFLICT (eve_character_id) DO UPDATE
SET
    user_id = excluded.user_id,
    access_token = excluded.access_token,
    refresh_token = excluded.refresh_token,
    scopes = excluded.scopes,
    expires_at = excluded.expires_at,
    lease_id = NULL,
    lease_ends_at = NULL,
    updated_at = excluded.updated_at
RETURNING
    eve_character_id,
    user_id,
    access_token,
    refresh_token,
    scopes,
    expires_at,
    created_at,
    updated_at;

-- name: insert_eve_tokens
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO eve_tokens (
    eve_character_id,
    user_id,
    access_token,
    refresh_token,
    scopes,
    expires_at,
    created_at,
    updated_at
)
SELECT
    json_extract(entry.value, '$.eve_character_id') AS eve_character_id,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.access_token') AS access_token,
    json_extract(entry.value, '$.refresh_token') AS refresh_token,
    json_extract(entry.value, '$.scopes') AS scopes,
    json_extract(entry.value, '$.expires_at') AS expires_at,
    :now AS created_at,
    :now AS updated_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM eve_tokens
        WHERE eve_tokens.eve_character_id = json_extract(entry.value, '$.eve_character_id')
    )
ON CONFLICT (eve_character_id) DO NOTHING;

-- name: find_eve_token
SELECT
    eve_character_id,
    user_id,
    access_token,
    refresh_token,
    scopes,
    expires_at,
    created_at,
    updated_at
FROM eve_tokens
WHERE eve_character_id = :eve_character_id;

-- name: list_eve_tokens
SELECT
    eve_character_id,
    user_id,
    scopes,
    expires_at,
    created_at,
    updated_at
FROM eve_tokens
WHERE user_id = :user_id
ORDER BY eve_character_id;

-- name: list_expiring_eve_tokens
-- The first to expire first, without those that are being refreshed.
SELECT
    eve_character_id,
    user_id,
    scopes,
    expires_at,
    created_at,
    updated_at
FROM eve_tokens
WHERE
    expires_at <= :expires_before
    AND (lease_ends_at IS NULL OR lease_ends_at <= :now)
    AND (expires_at, eve_character_id) > (:expires_at, :eve_character_id)  -- when after
ORDER BY expires_at, eve_character_id
LIMIT :limit;

-- name: lease_eve_token
-- The claim's one conditional UPDATE: of several at once, one finds no lease, or one that has ended.
UPDATE eve_tokens
SET
    lease_id = :lease_id,
    lease_ends_at = :lease_ends_at
WHERE
    eve_character_id = :eve_character_id
    AND expires_at <= :expires_before
    AND (lease_ends_at IS NULL OR lease_ends_at <= :now)
RETURNING
    eve_character_id,
    user_id,
    access_token,
    refresh_token,
    scopes,
    expires_at,
    created_at,
    updated_at,
    lease_id,
    lease_ends_at;

-- name: update_leased_eve_token
-- Only the holder of the last lease stores.
UPDATE eve_tokens
SET
    access_token = :access_token,
    refresh_token = :refresh_token,
    scopes = :scopes,
    expires_at = :expires_at,
    lease_id = NULL,
    lease_ends_at = NULL,
    updated_at = :now
WHERE
    eve_character_id = :eve_character_id
    AND user_id = :user_id
    AND lease_id = :lease_id
RETURNING
    eve_character_id,
    user_id,
    access_token,
    refresh_token,
    scopes,
    expires_at,
    created_at,
    updated_at;

-- name: end_eve_token_lease
UPDATE eve_tokens
SET
    lease_id = NULL,
    lease_ends_at = NULL
WHERE
    eve_character_id = :eve_character_id
    AND lease_id = :lease_id;

-- name: move_eve_token
-- The sealed values are bound to the user, so they are sealed anew for the next one. A lease ends.
UPDATE eve_tokens
SET
    user_id = :user_id,
    access_token = :access_token,
    refresh_token = :refresh_token,
    lease_id = NULL,
    lease_ends_at = NULL,
    updated_at = :now
WHERE
    eve_character_id = :eve_character_id
    AND user_id = :moved_from;

-- name: delete_eve_token
DELETE FROM eve_tokens
WHERE
    user_id = :user_id
    AND eve_character_id = :eve_character_id;

-- name: delete_eve_tokens
DELETE FROM eve_tokens
WHERE user_id = :user_id;
