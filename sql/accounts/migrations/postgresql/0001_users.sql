-- Who may sign in: local accounts by username or e-mail and password, EVE SSO accounts by their character.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text COLLATE "C",
    username_fold text COLLATE "C",
    email text COLLATE "C",
    email_fold text COLLATE "C",
    phone_number text COLLATE "C",
    display_name text COLLATE "C" NOT NULL,
    display_name_fold text COLLATE "C" NOT NULL,
    hashed_password text COLLATE "C",
    user_type text COLLATE "C" NOT NULL,
    eve_character_id bigint,
    eve_scopes text[] COLLATE "C" NOT NULL DEFAULT '{}',
    status text COLLATE "C" NOT NULL DEFAULT 'ACTIVE',
    role text COLLATE "C" NOT NULL DEFAULT 'USER',
    is_active boolean NOT NULL GENERATED ALWAYS AS (status = 'ACTIVE') STORED,
    is_admin boolean NOT NULL GENERATED ALWAYS AS (role = 'ADMIN') STORED,
    is_test_user boolean NOT NULL DEFAULT FALSE,
    is_private boolean NOT NULL DEFAULT FALSE,
    last_login_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

    -- Unique whatever the case: the fold is compared, the text is shown.
    CONSTRAINT users_username_fold_key UNIQUE (username_fold),
    CONSTRAINT users_email_fold_key UNIQUE (email_fold),
    CONSTRAINT users_phone_number_key UNIQUE (phone_number),
    CONSTRAINT users_eve_character_id_key UNIQUE (eve_character_id),

    -- A username can never pose as an e-mail address, nor by a character that folds to `@`.
    CONSTRAINT users_username_check CHECK (
        length(username) BETWEEN 1 AND 64
        AND position('@' IN username) = 0
        AND position('@' IN username_fold) = 0
    ),
    CONSTRAINT users_email_check CHECK (
        length(email) BETWEEN 3 AND 254
        AND position('@' IN email) > 0
    ),
    -- E.164: a plus sign, then up to fifteen digits, the first of them not zero.
    CONSTRAINT users_phone_number_check CHECK (phone_number ~ '^\+[1-9][0-9]{1,14}$'),
    CONSTRAINT users_display_name_check CHECK (length(display_name) BETWEEN 1 AND 100),

    -- A fold stands beside its text, never alone; what is ASCII alone folds to its lower case.
    CONSTRAINT users_username_fold_check CHECK (
        (username IS NULL) = (username_fold IS NULL)
        AND (octet_length(username) > length(username) OR username_fold = lower(username))
    ),
    CONSTRAINT users_email_fold_check CHECK (
        (email IS NULL) = (email_fold IS NULL)
        AND (octet_length(email) > length(email) OR email_fold = lower(email))
    ),
    CONSTRAINT users_display_name_fold_check CHECK (
        octet_length(display_name) > length(display_name) OR display_name_fold = lower(display_name)
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

    CONSTRAINT users_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT users_last_login_at_check CHECK (
        last_login_at >= '0001-01-01 00:00:00+00'
        AND last_login_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT users_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT users_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);

-- One index for each order in which users are listed, with and without a status; the id breaks ties.
CREATE INDEX idx_users_created_at ON users (created_at, id);
CREATE INDEX idx_users_display_name ON users (display_name_fold, id);
CREATE INDEX idx_users_status_created_at ON users (status, created_at, id);
CREATE INDEX idx_users_status_display_name ON users (status, display_name_fold, id);
