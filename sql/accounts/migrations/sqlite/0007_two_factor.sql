-- The second factors of users. The secret is sealed before it arrives here. While a user moves to another device, there
-- are two rows: the confirmed one, which counts, and a pending one, which takes its place with its first correct code.
-- WITHOUT ROWID, because INSERT OR REPLACE by rowid would delete a row that no trigger sees.
CREATE TABLE two_factor (
    id text NOT NULL,
    user_id text NOT NULL,
    secret text NOT NULL,
    last_step integer,
    enrolled_at text NOT NULL,
    confirmed_at text,

    CONSTRAINT two_factor_pkey PRIMARY KEY (id),
    CONSTRAINT two_factor_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Nothing unsealed is ever stored.
    CONSTRAINT two_factor_secret_check CHECK (substr(secret, 1, 3) = 'v1.'),
    -- The step of the code that was accepted last: the number of half minutes since 1970. The first one confirms.
    CONSTRAINT two_factor_last_step_check CHECK (last_step >= 0 AND (last_step IS NULL) = (confirmed_at IS NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT two_factor_enrolled_at_check CHECK (
        enrolled_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(enrolled_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(enrolled_at, 1, 19), '+0 seconds') IS substr(enrolled_at, 1, 19)
        AND enrolled_at >= '0001'
    ),
    CONSTRAINT two_factor_confirmed_at_check CHECK (
        confirmed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(confirmed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(confirmed_at, 1, 19), '+0 seconds') IS substr(confirmed_at, 1, 19)
        AND confirmed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT two_factor_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT two_factor_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- A user has at most one of each.
CREATE UNIQUE INDEX two_factor_confirmed_key ON two_factor (user_id)
WHERE confirmed_at IS NOT NULL;
CREATE UNIQUE INDEX two_factor_pending_key ON two_factor (user_id)
WHERE confirmed_at IS NULL;
-- The removal of a user.
CREATE INDEX idx_two_factor_user ON two_factor (user_id);

-- The recovery codes of a second factor, for users who have lost their device. Only hashes are stored.
CREATE TABLE recovery_codes (
    two_factor_id text NOT NULL,
    number integer NOT NULL,
    code_hash text NOT NULL,
    created_at text NOT NULL,
    used_at text,

    -- SQLite checks the last first: where several are broken, both databases name the same one.
    CONSTRAINT recovery_codes_code_hash_key UNIQUE (two_factor_id, code_hash),
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (two_factor_id, number),
    CONSTRAINT recovery_codes_two_factor_id_fkey
    FOREIGN KEY (two_factor_id) REFERENCES two_factor (id) ON DELETE CASCADE,

    CONSTRAINT recovery_codes_number_check CHECK (number BETWEEN 1 AND 10),
    -- The SHA-256, so that no code is ever stored itself.
    CONSTRAINT recovery_codes_code_hash_check CHECK (length(code_hash) = 64 AND code_hash NOT GLOB '*[^0-9a-f]*'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT recovery_codes_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT recovery_codes_used_at_check CHECK (
        used_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(used_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(used_at, 1, 19), '+0 seconds') IS substr(used_at, 1, 19)
        AND used_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT recovery_codes_two_factor_id_type_check CHECK (
        two_factor_id GLOB '????????-????-????-????-????????????'
        AND length(replace(two_factor_id, '-', '')) = 32
        AND replace(two_factor_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE TRIGGER two_factor_unchanged
BEFORE UPDATE ON two_factor
WHEN
    NEW.user_id IS NOT OLD.user_id
    OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT OLD.confirmed_at)
    OR (OLD.confirmed_at IS NOT NULL AND NEW.id IS NOT OLD.id)
    OR (OLD.confirmed_at IS NOT NULL AND NEW.enrolled_at IS NOT OLD.enrolled_at)
BEGIN
    SELECT RAISE(ABORT, 'two_factor_unchanged: Only the step and the seal of a confirmed second factor can change.');
END;

CREATE TRIGGER two_factor_step
BEFORE UPDATE ON two_factor
WHEN
    NEW.last_step < OLD.last_step
BEGIN
    SELECT RAISE(ABORT, 'two_factor_step: The accepted step only grows, so that no code works twice.');
END;

CREATE TRIGGER recovery_codes_final
BEFORE UPDATE ON recovery_codes
WHEN
    NEW.code_hash IS OLD.code_hash
    AND OLD.used_at IS NOT NULL
    AND NEW.used_at IS NOT OLD.used_at
BEGIN
    SELECT RAISE(ABORT, 'recovery_codes_final: A recovery code that was used stays used.');
END;

-- Without this, INSERT OR REPLACE makes a code that was accepted work again. A pending row may be replaced.
-- differs: trigger two_factor_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER two_factor_not_replaced
BEFORE INSERT ON two_factor
WHEN
    EXISTS (
        SELECT 1
        FROM two_factor
        WHERE
            id = NEW.id
            AND confirmed_at IS NOT NULL
    )
    OR EXISTS (
        SELECT 1
        FROM two_factor
        WHERE
            NEW.confirmed_at IS NOT NULL
            AND user_id = NEW.user_id
            AND confirmed_at IS NOT NULL
    )
BEGIN
    SELECT RAISE(ABORT, 'two_factor_not_replaced: A confirmed second factor cannot be replaced by another row.');
END;

-- differs: trigger recovery_codes_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER recovery_codes_not_replaced
BEFORE INSERT ON recovery_codes
WHEN
    EXISTS (
        SELECT 1
        FROM recovery_codes
        WHERE
            two_factor_id = NEW.two_factor_id
            AND code_hash = NEW.code_hash
    )
BEGIN
    SELECT RAISE(ABORT, 'recovery_codes_not_replaced: A recovery code cannot be replaced by one with the same hash.');
END;
