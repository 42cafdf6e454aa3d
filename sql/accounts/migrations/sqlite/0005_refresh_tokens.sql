-- The refresh tokens of signed-in devices. Only a token's hash is stored. Each rotation adds a row: the tokens of one
-- sign-in are a family, and at most one of them is live, which means neither used nor revoked.
-- WITHOUT ROWID, because INSERT OR REPLACE by rowid would delete a row that no trigger sees.
CREATE TABLE refresh_tokens (
    jti text NOT NULL,
    family_id text NOT NULL,
    user_id text NOT NULL,
    token_hash text NOT NULL,
    rotated_from text,
    user_agent text,
    source text,
    signed_in_at text NOT NULL,
    session_ends_at text NOT NULL,
    issued_at text NOT NULL,
    used_at text,
    expires_at text NOT NULL,
    revoked_at text,

    -- SQLite checks the last first: where several are broken, both databases name the same one.
    CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (jti),
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- A family has the jti of its first token, the only one that was not rotated from another.
    CONSTRAINT refresh_tokens_family_id_check CHECK ((rotated_from IS NULL) = (jti = family_id)),
    -- The SHA-256, so that no token is ever stored itself.
    CONSTRAINT refresh_tokens_token_hash_check CHECK (length(token_hash) = 64 AND token_hash NOT GLOB '*[^0-9a-f]*'),
    CONSTRAINT refresh_tokens_user_agent_check CHECK (length(user_agent) BETWEEN 1 AND 512),
    CONSTRAINT refresh_tokens_source_check CHECK (length(source) BETWEEN 1 AND 255),
    -- No rotation prolongs a session beyond the end that it was given at the sign-in.
    CONSTRAINT refresh_tokens_lifetime_check CHECK (issued_at < expires_at AND expires_at <= session_ends_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT refresh_tokens_signed_in_at_check CHECK (
        signed_in_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(signed_in_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(signed_in_at, 1, 19), '+0 seconds') IS substr(signed_in_at, 1, 19)
        AND signed_in_at >= '0001'
    ),
    CONSTRAINT refresh_tokens_session_ends_at_check CHECK (
        session_ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(session_ends_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(session_ends_at, 1, 19), '+0 seconds')
        IS substr(session_ends_at, 1, 19)
        AND session_ends_at >= '0001'
    ),
    CONSTRAINT refresh_tokens_issued_at_check CHECK (
        issued_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(issued_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(issued_at, 1, 19), '+0 seconds') IS substr(issued_at, 1, 19)
        AND issued_at >= '0001'
    ),
    CONSTRAINT refresh_tokens_used_at_check CHECK (
        used_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(used_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(used_at, 1, 19), '+0 seconds') IS substr(used_at, 1, 19)
        AND used_at >= '0001'
    ),
    CONSTRAINT refresh_tokens_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),
    CONSTRAINT refresh_tokens_revoked_at_check CHECK (
        revoked_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(revoked_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(revoked_at, 1, 19), '+0 seconds') IS substr(revoked_at, 1, 19)
        AND revoked_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT refresh_tokens_jti_type_check CHECK (
        jti GLOB '????????-????-????-????-????????????'
        AND length(replace(jti, '-', '')) = 32
        AND replace(jti, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT refresh_tokens_family_id_type_check CHECK (
        family_id GLOB '????????-????-????-????-????????????'
        AND length(replace(family_id, '-', '')) = 32
        AND replace(family_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT refresh_tokens_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT refresh_tokens_rotated_from_type_check CHECK (
        rotated_from GLOB '????????-????-????-????-????????????'
        AND length(replace(rotated_from, '-', '')) = 32
        AND replace(rotated_from, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- At most one live token of a family: not even a defect can make two sessions out of one.
CREATE UNIQUE INDEX refresh_tokens_live_key ON refresh_tokens (user_id, family_id)
WHERE used_at IS NULL AND revoked_at IS NULL;
-- All tokens of a user, for the export; it also serves the removal of a user.
CREATE INDEX idx_refresh_tokens_user ON refresh_tokens (user_id, issued_at, jti);
-- The purge of expired tokens.
CREATE INDEX idx_refresh_tokens_expires ON refresh_tokens (expires_at, jti);

CREATE TRIGGER refresh_tokens_unchanged
BEFORE UPDATE ON refresh_tokens
WHEN
    NEW.jti IS NOT OLD.jti
    OR NEW.family_id IS NOT OLD.family_id
    OR NEW.user_id IS NOT OLD.user_id
    OR NEW.token_hash IS NOT OLD.token_hash
    OR NEW.rotated_from IS NOT OLD.rotated_from
    OR NEW.signed_in_at IS NOT OLD.signed_in_at
    OR NEW.session_ends_at IS NOT OLD.session_ends_at
    OR NEW.issued_at IS NOT OLD.issued_at
    OR NEW.expires_at IS NOT OLD.expires_at
    OR (NEW.user_agent IS NOT NULL AND NEW.user_agent IS NOT OLD.user_agent)
    OR (NEW.source IS NOT NULL AND NEW.source IS NOT OLD.source)
BEGIN
    SELECT RAISE(ABORT, 'refresh_tokens_unchanged: Only use and revocation can be set, and personal columns cleared.');
END;

CREATE TRIGGER refresh_tokens_final
BEFORE UPDATE ON refresh_tokens
WHEN
    (OLD.used_at IS NOT NULL AND NEW.used_at IS NOT OLD.used_at)
    OR (OLD.revoked_at IS NOT NULL AND NEW.used_at IS NOT OLD.used_at)
    OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at)
BEGIN
    SELECT RAISE(ABORT, 'refresh_tokens_final: A refresh token that was used or revoked stays so.');
END;

CREATE TRIGGER refresh_tokens_rotation
BEFORE INSERT ON refresh_tokens
WHEN
    NEW.rotated_from IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM refresh_tokens
        WHERE
            jti = NEW.rotated_from
            AND used_at IS NOT NULL
            AND family_id = NEW.family_id
            AND user_id = NEW.user_id
            AND signed_in_at = NEW.signed_in_at
            AND session_ends_at = NEW.session_ends_at
    )
BEGIN
    SELECT RAISE(ABORT, 'refresh_tokens_rotation: A rotation continues the session of a token that was used.');
END;

-- Without this, INSERT OR REPLACE makes a used token live again.
-- differs: trigger refresh_tokens_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER refresh_tokens_not_replaced
BEFORE INSERT ON refresh_tokens
WHEN
    EXISTS (
        SELECT 1
        FROM refresh_tokens
        WHERE jti = NEW.jti
    )
    OR EXISTS (
        SELECT 1
        FROM refresh_tokens
        WHERE token_hash = NEW.token_hash
    )
    OR EXISTS (
        SELECT 1
        FROM refresh_tokens
        WHERE
            NEW.used_at IS NULL
            AND NEW.revoked_at IS NULL
            AND user_id = NEW.user_id
            AND family_id = NEW.family_id
            AND used_at IS NULL
            AND revoked_at IS NULL
    )
BEGIN
    SELECT RAISE(ABORT, 'refresh_tokens_not_replaced: A refresh token cannot be replaced by another row.');
END;
