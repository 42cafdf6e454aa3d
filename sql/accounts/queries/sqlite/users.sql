-- name: insert_user
-- The folds and the hash are made in Python; flags follow from status and role.
INSERT INTO users (
    id,
    username,
    username_fold,
    username_grams,
    email,
    email_fold,
    email_grams,
    phone_number,
    phone_number_grams,
    display_name,
    display_name_fold,
    display_name_grams,
    hashed_password,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_test_user,
    is_private,
    metadata,
    created_at,
    updated_at
)
VALUES (
    :id,
    :username,
    :username_fold,
    :username_grams,
    :email,
    :email_fold,
    :email_grams,
    :phone_number,
    :phone_number_grams,
    :display_name,
    :display_name_fold,
    :display_name_grams,
    :hashed_password,
    :user_type,
    :eve_character_id,
    :eve_scopes,
    :status,
    :role,
    :is_test_user,
    :is_private,
    :metadata,
    :now,
    :now
)
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: insert_users
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO users (
    id,
    username,
    username_fold,
    username_grams,
    email,
    email_fold,
    email_grams,
    phone_number,
    phone_number_grams,
    display_name,
    display_name_fold,
    display_name_grams,
    hashed_password,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_test_user,
    is_private,
    metadata,
    created_at,
    updated_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.username') AS username,
    json_extract(entry.value, '$.username_fold') AS username_fold,
    json_extract(entry.value, '$.username_grams') AS username_grams,
    json_extract(entry.value, '$.email') AS email,
    json_extract(entry.value, '$.email_fold') AS email_fold,
    json_extract(entry.value, '$.email_grams') AS email_grams,
    json_extract(entry.value, '$.phone_number') AS phone_number,
    json_extract(entry.value, '$.phone_number_grams') AS phone_number_grams,
    json_extract(entry.value, '$.display_name') AS display_name,
    json_extract(entry.value, '$.display_name_fold') AS display_name_fold,
    json_extract(entry.value, '$.display_name_grams') AS display_name_grams,
    json_extract(entry.value, '$.hashed_password') AS hashed_password,
    json_extract(entry.value, '$.user_type') AS user_type,
    json_extract(entry.value, '$.eve_character_id') AS eve_character_id,
    json_extract(entry.value, '$.eve_scopes') AS eve_scopes,
    json_extract(entry.value, '$.status') AS status,
    json_extract(entry.value, '$.role') AS role,
    json_extract(entry.value, '$.is_test_user') AS is_test_user,
    json_extract(entry.value, '$.is_private') AS is_private,
    json_extract(entry.value, '$.metadata') AS metadata,
    json_extract(entry.value, '$.created_at') AS created_at,
    json_extract(entry.value, '$.created_at') AS updated_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM users
        WHERE users.id = json_extract(entry.value, '$.id')
    )
ON CONFLICT (id) DO NOTHING;

-- name: get_user
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE id = :user_id;

-- name: get_users
-- Each once, in the order of the ids; an id that no user has is left out.
-- differs: a list is a JSON array here, an array there
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE
    id IN (SELECT value FROM json_each(:ids))
ORDER BY id;

-- name: lock_users
-- Locked in the order of their ids, so that two merges of the same users cannot deadlock. INSERTs of rows that refer to
-- them wait too.
-- differs: only one writes at a time here; the rows are locked there
SELECT id
FROM users
WHERE id IN (:first, :second)
ORDER BY id;

-- name: find_user_by_email
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE email_fold = :email_fold;

-- name: find_user_by_username
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE username_fold = :username_fold;

-- name: find_user_by_eve_character
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE eve_character_id = :eve_character_id;

-- name: list_users
-- Pages by key: each begins behind the last row of the one before, however deep. There is no index by last_login_at:
-- each sign-in would have to write all indexes again. Such a filter passes over rows of the other indexes.
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE
    TRUE
    AND status = :status  -- when status
    AND role = :role  -- when role
    AND user_type = :user_type  -- when user_type
    AND last_login_at IS NULL  -- when signed_in = never
    AND (created_at, id) < (:created_at, :id)  -- when after, order = newest
--  AND last_login_at IS NOT NULL  -- when signed_in = ever
--  AND (created_at, id) > (:created_at, :id)  -- when after, order = oldest
--  AND (display_name_fold, id) > (:display_name_fold, :id)  -- when after, order = name
--  AND created_at >= :created_since  -- when created_since
--  AND created_at < :created_before  -- when created_before
ORDER BY
    created_at DESC, id DESC  -- when order = newest
--  created_at, id  -- when order = oldest
--  display_name_fold, id  -- when order = name
LIMIT :limit;

-- name: search_users
-- Pages by key, as a list by name. A part is found in one of the four texts, not across two of them.
-- differs: FTS5 finds the grams as a phrase here; GIN finds the rows with all grams there, which are then compared
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE
    id IN (
        SELECT place.user_id
        FROM user_search AS found
        CROSS JOIN user_search_rows AS place ON found.rowid = place.number
        WHERE
            found.user_search MATCH (
                SELECT '"' || group_concat(word, ' ') || '"'
                FROM (
                    SELECT hex(value) AS word
                    FROM json_each(:part_grams)
                    ORDER BY "key"
                ) AS words
            )
            AND (place.sort_key, place.user_id) > (:display_name_fold, :id)  -- when after
        ORDER BY place.sort_key, place.user_id
        LIMIT :limit
    )
ORDER BY display_name_fold, id;

-- name: count_users
-- scan: counts everybody when no status is given, for overviews; a page of users never needs it
SELECT count(*) AS users
FROM users
WHERE
    TRUE
    AND status = :status;  -- when status

-- name: update_user
-- A field left out stays, a field set to None becomes NULL.
UPDATE users
SET
    username = CASE WHEN :username_is_set THEN :username ELSE username END,
    username_fold = CASE WHEN :username_is_set THEN :username_fold ELSE username_fold END,
    username_grams = CASE WHEN :username_is_set THEN :username_grams ELSE username_grams END,
    email = CASE WHEN :email_is_set THEN :email ELSE email END,
    email_fold = CASE WHEN :email_is_set THEN :email_fold ELSE email_fold END,
    email_grams = CASE WHEN :email_is_set THEN :email_grams ELSE email_grams END,
    phone_number = CASE WHEN :phone_number_is_set THEN :phone_number ELSE phone_number END,
    phone_number_grams = CASE WHEN :phone_number_is_set THEN :phone_number_grams ELSE phone_number_grams END,
    display_name = CASE WHEN :display_name_is_set THEN :display_name ELSE display_name END,
    display_name_fold = CASE WHEN :display_name_is_set THEN :display_name_fold ELSE display_name_fold END,
    display_name_grams = CASE WHEN :display_name_is_set THEN :display_name_grams ELSE display_name_grams END,
    is_test_user = CASE WHEN :is_test_user_is_set THEN :is_test_user ELSE is_test_user END,
    is_private = CASE WHEN :is_private_is_set THEN :is_private ELSE is_private END,
    metadata = CASE WHEN :metadata_is_set THEN :metadata ELSE metadata END,
    updated_at = :now
WHERE id = :user_id
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: set_user_status
-- Setting the status that it has keeps the row as it is, but for updated_at.
UPDATE users
SET
    status = :status,
    updated_at = :now
WHERE id = :user_id
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: set_user_role
UPDATE users
SET
    role = :role,
    updated_at = :now
WHERE id = :user_id
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: set_eve_character
UPDATE users
SET
    eve_character_id = :character,
    eve_scopes = :scopes,
    updated_at = :now
WHERE id = :user_id
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: touch_last_login
UPDATE users
SET last_login_at = :now
WHERE id = :user_id
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: set_password_hash
UPDATE users
SET
    hashed_password = :hashed_password,
    updated_at = :now
WHERE id = :user_id
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: renew_password_hash
-- Only while the hash is still the one that was verified: a password changed meanwhile stays changed.
UPDATE users
SET hashed_password = :renewed
WHERE
    id = :user_id
    AND hashed_password = :verified
    AND status = 'ACTIVE'
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: find_verified_user
-- The end of a sign-in: a password changed, or an account suspended, since the hash was read gives no row.
SELECT
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at
FROM users
WHERE
    id = :user_id
    AND hashed_password = :verified
    AND status = 'ACTIVE';

-- name: find_login_by_username
SELECT
    id,
    status,
    hashed_password
FROM users
WHERE username_fold = :login_fold;

-- name: find_login_by_email
SELECT
    id,
    status,
    hashed_password
FROM users
WHERE email_fold = :login_fold;

-- name: upsert_eve_user
-- One statement, so that two first sign-ins at once make one account. An account that is not active stays as it is
-- and no row comes back; a display name that the user has changed is kept.
INSERT INTO users (
    id,
    display_name,
    display_name_fold,
    display_name_grams,
    user_type,
    eve_character_id,
    eve_scopes,
    last_login_at,
    created_at,
    updated_at
)
VALUES (
    :user_id,
    :display_name,
    :display_name_fold,
    :display_name_grams,
    'EVE_SSO',
    :eve_character_id,
    :eve_scopes,
    :now,
    :now,
    :now
)
ON CONFLICT (eve_character_id) DO UPDATE
SET
    eve_scopes = excluded.eve_scopes,
    last_login_at = excluded.last_login_at,
    updated_at = excluded.updated_at
WHERE users.status = 'ACTIVE'
RETURNING
    id,
    username,
    email,
    phone_number,
    display_name,
    user_type,
    eve_character_id,
    eve_scopes,
    status,
    role,
    is_active,
    is_admin,
    is_test_user,
    is_private,
    last_login_at,
    metadata,
    created_at,
    updated_at;

-- name: delete_user
-- The user's session cookies go with the row.
DELETE FROM users
WHERE id = :user_id;
