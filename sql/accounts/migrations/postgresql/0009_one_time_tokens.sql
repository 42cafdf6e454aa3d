-- The tokens in links that are sent to users. Only a token's hash is stored. A user has one row for each purpose: a new
-- token takes the place of the one before.
CREATE TABLE one_time_tokens (
    user_id uuid NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    email text COLLATE "C" NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,

    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (user_id, purpose),
    CONSTRAINT one_time_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT one_time_tokens_purpose_check CHECK (
        purpose IN ('INVITATION', 'EMAIL_CONFIRMATION', 'PASSWORD_RESET')
    ),
    -- The SHA-256, so that no token is ever stored itself.
    CONSTRAINT one_time_tokens_token_hash_check CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    -- The user's address when the token was made. The token is worth nothing once the address is another.
    CONSTRAINT one_time_tokens_email_check CHECK (
        length(email) BETWEEN 3 AND 254
        AND position('@' IN email) > 0
    ),
    CONSTRAINT one_time_tokens_lifetime_check CHECK (issued_at < expires_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT one_time_tokens_issued_at_check CHECK (
        issued_at >= '0001-01-01 00:00:00+00'
        AND issued_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT one_time_tokens_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT one_time_tokens_used_at_check CHECK (
        used_at >= '0001-01-01 00:00:00+00'
        AND used_at < '10000-01-01 00:00:00+00'
    )
);

-- The purge of expired tokens.
CREATE INDEX idx_one_time_tokens_expires ON one_time_tokens (expires_at, token_hash);

-- The addresses that users have proved to be theirs. A user's address is confirmed while it is the one in this row.
CREATE TABLE confirmed_emails (
    user_id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    confirmed_at timestamptz NOT NULL,

    CONSTRAINT confirmed_emails_pkey PRIMARY KEY (user_id),
    CONSTRAINT confirmed_emails_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT confirmed_emails_email_check CHECK (
        length(email) BETWEEN 3 AND 254
        AND position('@' IN email) > 0
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT confirmed_emails_confirmed_at_check CHECK (
        confirmed_at >= '0001-01-01 00:00:00+00'
        AND confirmed_at < '10000-01-01 00:00:00+00'
    )
);

CREATE FUNCTION one_time_tokens_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'one_time_tokens_final: A one-time token cannot be changed, only used once or replaced.';
END;
$$;

CREATE TRIGGER one_time_tokens_final
BEFORE UPDATE ON one_time_tokens
FOR EACH ROW
WHEN (
    NEW.user_id IS DISTINCT FROM OLD.user_id
    OR NEW.purpose IS DISTINCT FROM OLD.purpose
    OR (NEW.token_hash IS NOT DISTINCT FROM OLD.token_hash AND NEW.email IS DISTINCT FROM OLD.email)
    OR (NEW.token_hash IS NOT DISTINCT FROM OLD.token_hash AND NEW.issued_at IS DISTINCT FROM OLD.issued_at)
    OR (NEW.token_hash IS NOT DISTINCT FROM OLD.token_hash AND NEW.expires_at IS DISTINCT FROM OLD.expires_at)
    OR (
        NEW.token_hash IS NOT DISTINCT FROM OLD.token_hash
        AND OLD.used_at IS NOT NULL
        AND NEW.used_at IS DISTINCT FROM OLD.used_at
    )
)
EXECUTE FUNCTION one_time_tokens_final();
