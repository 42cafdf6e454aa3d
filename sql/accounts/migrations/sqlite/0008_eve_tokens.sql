-- The EVE SSO tokens of a character, sealed before they arrive here. A user may have several characters; a character's
-- tokens belong to one user. A lease says which process refreshes them now, and until when.
CREATE TABLE eve_tokens (
    eve_character_id integer NOT NULL,
    user_id text NOT NULL,
    access_token text NOT NULL,
    refresh_token text NOT NULL,
    scopes text NOT NULL,
    expires_at text NOT NULL,
    lease_id text,
    lease_ends_at text,
    created_at text NOT NULL,
    updated_at text NOT NULL,

    CONSTRAINT eve_tokens_pkey PRIMARY KEY (eve_character_id),
    CONSTRAINT eve_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT eve_tokens_eve_character_id_check CHECK (eve_character_id > 0),
    -- Nothing unsealed is ever stored.
    CONSTRAINT eve_tokens_access_token_check CHECK (substr(access_token, 1, 3) = 'v1.'),
    CONSTRAINT eve_tokens_refresh_token_check CHECK (substr(refresh_token, 1, 3) = 'v1.'),
    -- A lease has a holder and an end, or there is none.
    CONSTRAINT eve_tokens_lease_check CHECK ((lease_id IS NULL) = (lease_ends_at IS NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT eve_tokens_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),
    CONSTRAINT eve_tokens_lease_ends_at_check CHECK (
        lease_ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(lease_ends_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(lease_ends_at, 1, 19), '+0 seconds') IS substr(lease_ends_at, 1, 19)
        AND lease_ends_at >= '0001'
    ),
    CONSTRAINT eve_tokens_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT eve_tokens_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT eve_tokens_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT eve_tokens_lease_id_type_check CHECK (
        lease_id GLOB '????????-????-????-????-????????????'
        AND length(replace(lease_id, '-', '')) = 32
        AND replace(lease_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT eve_tokens_scopes_type_check CHECK (
        CASE WHEN json_valid(scopes) THEN json_type(scopes) = 'array' ELSE FALSE END
    )
) STRICT;

-- The characters of a user; it also serves the removal of a user.
CREATE INDEX idx_eve_tokens_user ON eve_tokens (user_id, eve_character_id);
-- What expires soon, page by page.
CREATE INDEX idx_eve_tokens_expires ON eve_tokens (expires_at, eve_character_id);
