-- The refresh tokens of signed-in devices. Only a token's hash is stored. Each rotation adds a row: the tokens of one
-- sign-in are a family, and at most one of them is live, which means neither used nor revoked.
CREATE TABLE refresh_tokens (
    jti uuid NOT NULL,
    family_id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    rotated_from uuid,
    user_agent text COLLATE "C",
    source text COLLATE "C",
    signed_in_at timestamptz NOT NULL,
    session_ends_at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    used_at timestamptz,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,

    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (jti),
    CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- A family has the jti of its first token, the only one that was not rotated from another.
    CONSTRAINT refresh_tokens_family_id_check CHECK ((rotated_from IS NULL) = (jti = family_id)),
    -- The SHA-256, so that no token is ever stored itself.
    CONSTRAINT refresh_tokens_token_hash_check CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT refresh_tokens_user_agent_check CHECK (length(user_agent) BETWEEN 1 AND 512),
    CONSTRAINT refresh_tokens_source_check CHECK (length(source) BETWEEN 1 AND 255),
    -- No rotation prolongs a session beyond the end that it was given at the sign-in.
    CONSTRAINT refresh_tokens_lifetime_check CHECK (issued_at < expires_at AND expires_at <= session_ends_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT refresh_tokens_signed_in_at_check CHECK (
        signed_in_at >= '0001-01-01 00:00:00+00'
        AND signed_in_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT refresh_tokens_session_ends_at_check CHECK (
        session_ends_at >= '0001-01-01 00:00:00+00'
        AND session_ends_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT refresh_tokens_issued_at_check CHECK (
        issued_at >= '0001-01-01 00:00:00+00'
        AND issued_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT refresh_tokens_used_at_check CHECK (
        used_at >= '0001-01-01 00:00:00+00'
        AND used_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT refresh_tokens_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT refresh_tokens_revoked_at_check CHECK (
        revoked_at >= '0001-01-01 00:00:00+00'
        AND revoked_at < '10000-01-01 00:00:00+00'
    )
);

-- At most one live token of a family: not even a defect can make two sessions out of one.
CREATE UNIQUE INDEX refresh_tokens_live_key ON refresh_tokens (user_id, family_id)
WHERE used_at IS NULL AND revoked_at IS NULL;
-- All tokens of a user, for the export; it also serves the removal of a user.
CREATE INDEX idx_refresh_tokens_user ON refresh_tokens (user_id, issued_at, jti);
-- The purge of expired tokens.
CREATE INDEX idx_refresh_tokens_expires ON refresh_tokens (expires_at, jti);

CREATE FUNCTION refresh_tokens_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'refresh_tokens_unchanged: Only use and revocation can be set, and personal columns cleared.';
END;
$$;

CREATE TRIGGER refresh_tokens_unchanged
BEFORE UPDATE ON refresh_tokens
FOR EACH ROW
WHEN (
    NEW.jti IS DISTINCT FROM OLD.jti
    OR NEW.family_id IS DISTINCT FROM OLD.family_id
    OR NEW.user_id IS DISTINCT FROM OLD.user_id
    OR NEW.token_hash IS DISTINCT FROM OLD.token_hash
    OR NEW.rotated_from IS DISTINCT FROM OLD.rotated_from
    OR NEW.signed_in_at IS DISTINCT FROM OLD.signed_in_at
    OR NEW.session_ends_at IS DISTINCT FROM OLD.session_ends_at
    OR NEW.issued_at IS DISTINCT FROM OLD.issued_at
    OR NEW.expires_at IS DISTINCT FROM OLD.expires_at
    OR (NEW.user_agent IS NOT NULL AND NEW.user_agent IS DISTINCT FROM OLD.user_agent)
    OR (NEW.source IS NOT NULL AND NEW.source IS DISTINCT FROM OLD.source)
)
EXECUTE FUNCTION refresh_tokens_unchanged();

CREATE FUNCTION refresh_tokens_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'refresh_tokens_final: A refresh token that was used or revoked stays so.';
END;
$$;

CREATE TRIGGER refresh_tokens_final
BEFORE UPDATE ON refresh_tokens
FOR EACH ROW
WHEN (
    (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at)
    OR (OLD.revoked_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at)
    OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
)
EXECUTE FUNCTION refresh_tokens_final();

-- The search path and the schema are fixed, so that no temporary table takes the place of this one.
CREATE FUNCTION refresh_tokens_rotation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_continued boolean;
BEGIN
    EXECUTE format(
        'SELECT used_at IS NOT NULL AND (family_id, user_id, signed_in_at, session_ends_at) = ($1, $2, $3, $4)'
        ' FROM %I.refresh_tokens WHERE jti = $5',
        TG_TABLE_SCHEMA
    )
    INTO is_continued
    USING NEW.family_id, NEW.user_id, NEW.signed_in_at, NEW.session_ends_at, NEW.rotated_from;
    IF is_continued THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'refresh_tokens_rotation: A rotation continues the session of a token that was used.';
END;
$$;

CREATE TRIGGER refresh_tokens_rotation
BEFORE INSERT ON refresh_tokens
FOR EACH ROW
WHEN (NEW.rotated_from IS NOT NULL)
EXECUTE FUNCTION refresh_tokens_rotation();
