-- How often signing in has failed, for each login that was typed, whether anyone has it or not, and for each source.
-- The key is a SHA-256, so that a password typed in the wrong field is not stored.
CREATE TABLE sign_in_failures (
    key text NOT NULL,
    failures integer NOT NULL,
    refused integer NOT NULL,
    locked_until text,
    attempted_at text NOT NULL,

    CONSTRAINT sign_in_failures_pkey PRIMARY KEY (key),
    CONSTRAINT sign_in_failures_key_check CHECK (
        length(key) = 64
        AND key NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT sign_in_failures_failures_check CHECK (failures >= 0),
    CONSTRAINT sign_in_failures_refused_check CHECK (refused >= 0),
    CONSTRAINT sign_in_failures_lock_check CHECK (locked_until >= attempted_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT sign_in_failures_locked_until_check CHECK (
        locked_until GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(locked_until, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(locked_until, 1, 19), '+0 seconds') IS substr(locked_until, 1, 19)
        AND locked_until >= '0001'
    ),
    CONSTRAINT sign_in_failures_attempted_at_check CHECK (
        attempted_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(attempted_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(attempted_at, 1, 19), '+0 seconds') IS substr(attempted_at, 1, 19)
        AND attempted_at >= '0001'
    )
) STRICT;

-- The purge of what is forgotten.
CREATE INDEX idx_sign_in_failures_attempted_at ON sign_in_failures (attempted_at, key);
