-- The EVE SSO tokens of a character, sealed before they arrive here. A user may have several characters; a character's
-- tokens belong to one user. A lease says which process refreshes them now, and until when.
CREATE TABLE eve_tokens (
    eve_character_id bigint NOT NULL,
    user_id uuid NOT NULL,
    access_token text COLLATE "C" NOT NULL,
    refresh_token text COLLATE "C" NOT NULL,
    scopes text[] COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL,
    lease_id uuid,
    lease_ends_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

    CONSTRAINT eve_tokens_pkey PRIMARY KEY (eve_character_id),
    CONSTRAINT eve_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT eve_tokens_eve_character_id_check CHECK (eve_character_id > 0),
    -- Nothing unsealed is ever stored.
    CONSTRAINT eve_tokens_access_token_check CHECK (substr(access_token, 1, 3) = 'v1.'),
    CONSTRAINT eve_tokens_refresh_token_check CHECK (substr(refresh_token, 1, 3) = 'v1.'),
    -- A lease has a holder and an end, or there is none.
    CONSTRAINT eve_tokens_lease_check CHECK ((lease_id IS NULL) = (lease_ends_at IS NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT eve_tokens_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT eve_tokens_lease_ends_at_check CHECK (
        lease_ends_at >= '0001-01-01 00:00:00+00'
        AND lease_ends_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT eve_tokens_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT eve_tokens_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);

-- The characters of a user; it also serves the removal of a user.
CREATE INDEX idx_eve_tokens_user ON eve_tokens (user_id, eve_character_id);
-- What expires soon, page by page.
CREATE INDEX idx_eve_tokens_expires ON eve_tokens (expires_at, eve_character_id);
