-- name: insert_session_cookie
INSERT INTO session_cookies (
    id,
    user_id,
    platform,
    cookies,
    expires_at,
    created_at
)
VALUES (
    :id,
    :user_id,
    :platform,
    :cookies,
    :expires_at,
    :now
)
RETURNING
    id,
    user_id,
    platform,
    cookies,
    expires_at,
    created_at;

-- name: insert_session_cookies
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO session_cookies (
    id,
    user_id,
    platform,
    cookies,
    expires_at,
    created_at
)
SELECT
    entry.id,
    entry.user_id,
    entry.platform,
    entry.cookies,
    entry.expires_at,
    cast(:now AS timestamptz) AS created_at
FROM json_to_recordset(:session_cookies) AS entry (
    id uuid,
    user_id uuid,
    platform text,
    cookies text,
    expires_at timestamptz
);

-- name: get_session_cookie
SELECT
    id,
    user_id,
    platform,
    cookies,
    expires_at,
    created_at
FROM session_cookies
WHERE id = :session_cookie_id;

-- name: find_session_cookie
-- Newest first: a platform may have been signed in to more than once.
SELECT
    id,
    user_id,
    platform,
    cookies,
    expires_at,
    created_at
FROM session_cookies
WHERE
    user_id = :user_id
    AND platform = :platform
    AND expires_at > :now
ORDER BY created_at DESC, id DESC
LIMIT 1;

-- name: list_session_cookies
-- Newest first, the expired ones too.
SELECT
    id,
    user_id,
    platform,
    cookies,
    expires_at,
    created_at
FROM session_cookies
WHERE
    user_id = :user_id
    AND platform = :platform  -- when platform
ORDER BY created_at DESC, id DESC;

-- name: stream_session_cookies
SELECT
    id,
    user_id,
    platform,
    expires_at,
    created_at
FROM session_cookies
WHERE user_id = :user_id
ORDER BY created_at, id;

-- name: list_users_with_session_cookies
-- One row a user, the list of theirs nested as JSON; newest first, both.
-- differs: JSON is built by functions of other names, and sorted in the aggregate here, in a subquery there
SELECT
    users.id,
    users.username,
    users.email,
    users.phone_number,
    users.display_name,
    users.user_type,
    users.eve_character_id,
    users.eve_scopes,
    users.status,
    users.role,
    users.is_active,
    users.is_admin,
    users.is_test_user,
    users.is_private,
    users.last_login_at,
    users.metadata,
    users.created_at,
    users.updated_at,
    coalesce(
        (
            SELECT
                json_agg(
                    json_build_object(
                        'id', session_cookies.id,
                        'user_id', session_cookies.user_id,
                        'platform', session_cookies.platform,
                        'cookies', session_cookies.cookies,
                        'expires_at', session_cookies.expires_at,
                        'created_at', session_cookies.created_at
                    )
                    ORDER BY session_cookies.created_at DESC, session_cookies.id DESC
                )
            FROM session_cookies
            WHERE session_cookies.user_id = users.id
        ),
        '[]'
    ) AS session_cookies
FROM users
WHERE
    TRUE
    AND (users.created_at, users.id) < (:created_at, :id)  -- when after
ORDER BY users.created_at DESC, users.id DESC
LIMIT :limit;

-- name: count_session_cookies
-- scan: counts those of all users when none is given, for overviews; what a request needs is one user's
SELECT count(*) AS session_cookies
FROM session_cookies
WHERE
    TRUE
    AND user_id = :user_id  -- when user_id
    AND platform = :platform;  -- when platform

-- name: update_session_cookie
-- The sealed value is bound to all three, so all three must match.
UPDATE session_cookies
SET
    cookies = :cookies,
    expires_at = :expires_at
WHERE
    id = :id
    AND user_id = :user_id
    AND platform = :platform
RETURNING
    id,
    user_id,
    platform,
    cookies,
    expires_at,
    created_at;

-- name: move_session_cookie
-- The sealed value is bound to the user, so it is sealed anew for the next one.
UPDATE session_cookies
SET
    user_id = :user_id,
    cookies = :cookies
WHERE
    id = :id
    AND platform = :platform
    AND user_id = :moved_from;

-- name: delete_session_cookie
DELETE FROM session_cookies
WHERE
    id = :session_cookie_id
    AND user_id = :user_id;  -- when user_id

-- name: delete_session_cookies
DELETE FROM session_cookies
WHERE
    user_id = :user_id
    AND platform = :platform;  -- when platform

-- name: delete_expired_session_cookies
-- A batch, the longest expired first, so that no lock is held for long.
-- differs: rows that another holds are passed over, and the batch is an array, chosen once; there only one writes
WITH batch AS MATERIALIZED (
    SELECT id
    FROM session_cookies
    WHERE expires_at <= :now
    ORDER BY expires_at, id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM session_cookies
WHERE id = ANY(array(SELECT id FROM batch));
