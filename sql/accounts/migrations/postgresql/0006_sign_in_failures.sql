-- How often signing in has failed, for each login that was typed, whether anyone has it or not, and for each source.
-- The key is a SHA-256, so that a password typed in the wrong field is not stored.
CREATE TABLE sign_in_failures (
    key text COLLATE "C" NOT NULL,
    failures bigint NOT NULL,
    refused bigint NOT NULL,
    locked_until timestamptz,
    attempted_at timestamptz NOT NULL,

    CONSTRAINT sign_in_failures_pkey PRIMARY KEY (key),
    CONSTRAINT sign_in_failures_key_check CHECK (key ~ '^[0-9a-f]{64}$'),
    CONSTRAINT sign_in_failures_failures_check CHECK (failures >= 0),
    CONSTRAINT sign_in_failures_refused_check CHECK (refused >= 0),
    CONSTRAINT sign_in_failures_lock_check CHECK (locked_until >= attempted_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT sign_in_failures_locked_until_check CHECK (
        locked_until >= '0001-01-01 00:00:00+00'
        AND locked_until < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT sign_in_failures_attempted_at_check CHECK (
        attempted_at >= '0001-01-01 00:00:00+00'
        AND attempted_at < '10000-01-01 00:00:00+00'
    )
);

-- The purge of what is forgotten.
CREATE INDEX idx_sign_in_failures_attempted_at ON sign_in_failures (attempted_at, key);
