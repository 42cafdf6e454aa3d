-- Who may sign in: local accounts by username or e-mail and password, EVE SSO accounts by their character.
CREATE TABLE users (
    id text NOT NULL,
    username text,
    username_fold text,
    email text,
    email_fold text,
    phone_number text,
    display_name text NOT NULL,
    display_name_fold text NOT NULL,
    hashed_password text,
    user_type text NOT NULL,
    eve_character_id integer,
    eve_scopes text NOT NULL DEFAULT '[]',
    status text NOT NULL DEFAULT 'ACTIVE',
    role text NOT NULL DEFAULT 'USER',
    is_active integer NOT NULL GENERATED ALWAYS AS (status = 'ACTIVE') VIRTUAL,
    is_admin integer NOT NULL GENERATED ALWAYS AS (role = 'ADMIN') VIRTUAL,
    is_test_user integer NOT NULL DEFAULT FALSE,
    is_private integer NOT NULL DEFAULT FALSE,
    last_login_at text,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,
    updated_at text NOT NULL,

    -- Unique whatever the case: the fold is compared, the text is shown.
    -- SQLite checks the last first: where several are broken, both databases name the same one.
    CONSTRAINT users_eve_character_id_key UNIQUE (eve_character_id),
    CONSTRAINT users_phone_number_key UNIQUE (phone_number),
    CONSTRAINT users_email_fold_key UNIQUE (email_fold),
    CONSTRAINT users_username_fold_key UNIQUE (username_fold),
    CONSTRAINT users_pkey PRIMARY KEY (id),

    -- A username can never pose as an e-mail address, nor by a character that folds to `@`.
    CONSTRAINT users_username_check CHECK (
        length(username) BETWEEN 1 AND 64
        AND instr(username, '@') = 0
        AND instr(username_fold, '@') = 0
    ),
    CONSTRAINT users_email_check CHECK (
        length(email) BETWEEN 3 AND 254
        AND instr(email, '@') > 0
    ),
    -- E.164: a plus sign, then up to fifteen digits, the first of them not zero.
    CONSTRAINT users_phone_number_check CHECK (
        phone_number GLOB '+[1-9][0-9]*'
        AND substr(phone_number, 2) NOT GLOB '*[^0-9]*'
        AND length(phone_number) <= 16
    ),
    CONSTRAINT users_display_name_check CHECK (length(display_name) BETWEEN 1 AND 100),

    -- A fold stands beside its text, never alone; what is ASCII alone folds to its lower case.
    CONSTRAINT users_username_fold_check CHECK (
        (username IS NULL) = (username_fold IS NULL)
        AND (length(hex(username)) > 2 * length(username) OR username_fold = lower(username))
    ),
    CONSTRAINT users_email_fold_check CHECK (
        (email IS NULL) = (email_fold IS NULL)
        AND (length(hex(email)) > 2 * length(email) OR email_fold = lower(email))
    ),
    CONSTRAINT users_display_name_fold_check CHECK (
        length(hex(display_name)) > 2 * length(display_name) OR display_name_fold = lower(display_name)
    ),

    CONSTRAINT users_user_type_check CHECK (user_type IN ('EVE_SSO', 'LOCAL')),
    CONSTRAINT users_status_check CHECK (status IN ('ACTIVE', 'INACTIVE', 'SUSPENDED', 'DELETED')),
    CONSTRAINT users_role_check CHECK (role IN ('USER', 'MODERATOR', 'ADMIN')),
    CONSTRAINT users_eve_character_id_check CHECK (eve_character_id > 0),

    -- A local account can always sign in.
    CONSTRAINT users_local_check CHECK (
        user_type <> 'LOCAL'
        OR (username IS NOT NULL AND email IS NOT NULL AND hashed_password IS NOT NULL)
    ),
    -- EVE SSO tells the character, and no e-mail address.
    CONSTRAINT users_eve_sso_character_check CHECK (user_type <> 'EVE_SSO' OR eve_character_id IS NOT NULL),
    CONSTRAINT users_eve_sso_email_check CHECK (user_type <> 'EVE_SSO' OR email IS NULL),

    CONSTRAINT users_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT users_last_login_at_check CHECK (
        last_login_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(last_login_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(last_login_at, 1, 19), '+0 seconds') IS substr(last_login_at, 1, 19)
        AND last_login_at >= '0001'
    ),
    CONSTRAINT users_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT users_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT users_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT users_eve_scopes_type_check CHECK (
        CASE WHEN json_valid(eve_scopes) THEN json_type(eve_scopes) = 'array' ELSE FALSE END
    ),
    CONSTRAINT users_is_test_user_type_check CHECK (is_test_user IN (0, 1)),
    CONSTRAINT users_is_private_type_check CHECK (is_private IN (0, 1))
) STRICT;

-- One index for each order in which users are listed, with and without a status; the id breaks ties.
CREATE INDEX idx_users_created_at ON users (created_at, id);
CREATE INDEX idx_users_display_name ON users (display_name_fold, id);
CREATE INDEX idx_users_status_created_at ON users (status, created_at, id);
CREATE INDEX idx_users_status_display_name ON users (status, display_name_fold, id);
