-- The second factors of users. The secret is sealed before it arrives here. While a user moves to another device, there
-- are two rows: the confirmed one, which counts, and a pending one, which takes its place with its first correct code.
CREATE TABLE two_factor (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    secret text COLLATE "C" NOT NULL,
    last_step bigint,
    enrolled_at timestamptz NOT NULL,
    confirmed_at timestamptz,

    CONSTRAINT two_factor_pkey PRIMARY KEY (id),
    CONSTRAINT two_factor_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Nothing unsealed is ever stored.
    CONSTRAINT two_factor_secret_check CHECK (left(secret, 3) = 'v1.'),
    -- The step of the code that was accepted last: the number of half minutes since 1970. The first one confirms.
    CONSTRAINT two_factor_last_step_check CHECK (last_step >= 0 AND (last_step IS NULL) = (confirmed_at IS NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT two_factor_enrolled_at_check CHECK (
        enrolled_at >= '0001-01-01 00:00:00+00'
        AND enrolled_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT two_factor_confirmed_at_check CHECK (
        confirmed_at >= '0001-01-01 00:00:00+00'
        AND confirmed_at < '10000-01-01 00:00:00+00'
    )
);

-- A user has at most one of each.
CREATE UNIQUE INDEX two_factor_confirmed_key ON two_factor (user_id) WHERE confirmed_at IS NOT NULL;
CREATE UNIQUE INDEX two_factor_pending_key ON two_factor (user_id) WHERE confirmed_at IS NULL;
-- The removal of a user.
CREATE INDEX idx_two_factor_user ON two_factor (user_id);

-- The recovery codes of a second factor, for users who have lost their device. Only hashes are stored.
CREATE TABLE recovery_codes (
    two_factor_id uuid NOT NULL,
    number bigint NOT NULL,
    code_hash text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz,

    CONSTRAINT recovery_codes_pkey PRIMARY KEY (two_factor_id, number),
    CONSTRAINT recovery_codes_code_hash_key UNIQUE (two_factor_id, code_hash),
    CONSTRAINT recovery_codes_two_factor_id_fkey
    FOREIGN KEY (two_factor_id) REFERENCES two_factor (id) ON DELETE CASCADE,

    CONSTRAINT recovery_codes_number_check CHECK (number BETWEEN 1 AND 10),
    -- The SHA-256, so that no code is ever stored itself.
    CONSTRAINT recovery_codes_code_hash_check CHECK (code_hash ~ '^[0-9a-f]{64}$'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT recovery_codes_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT recovery_codes_used_at_check CHECK (
        used_at >= '0001-01-01 00:00:00+00'
        AND used_at < '10000-01-01 00:00:00+00'
    )
);

CREATE FUNCTION two_factor_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'two_factor_unchanged: Only the step and the seal of a confirmed second factor can change.';
END;
$$;

CREATE TRIGGER two_factor_unchanged
BEFORE UPDATE ON two_factor
FOR EACH ROW
WHEN (
    NEW.user_id IS DISTINCT FROM OLD.user_id
    OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at)
    OR (OLD.confirmed_at IS NOT NULL AND NEW.id IS DISTINCT FROM OLD.id)
    OR (OLD.confirmed_at IS NOT NULL AND NEW.enrolled_at IS DISTINCT FROM OLD.enrolled_at)
)
EXECUTE FUNCTION two_factor_unchanged();

CREATE FUNCTION two_factor_step() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'two_factor_step: The accepted step only grows, so that no code works twice.';
END;
$$;

CREATE TRIGGER two_factor_step
BEFORE UPDATE ON two_factor
FOR EACH ROW
WHEN (
    NEW.last_step < OLD.last_step
)
EXECUTE FUNCTION two_factor_step();

CREATE FUNCTION recovery_codes_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'recovery_codes_final: A recovery code that was used stays used.';
END;
$$;

CREATE TRIGGER recovery_codes_final
BEFORE UPDATE ON recovery_codes
FOR EACH ROW
WHEN (
    NEW.code_hash IS NOT DISTINCT FROM OLD.code_hash
    AND OLD.used_at IS NOT NULL
    AND NEW.used_at IS DISTINCT FROM OLD.used_at
)
EXECUTE FUNCTION recovery_codes_final();
