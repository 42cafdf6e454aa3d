-- The tokens in links that are sent to users. Only a token's hash is stored. A user has one row for each purpose: a new
-- token takes the place of the one before.
-- WITHOUT ROWID, because INSERT OR REPLACE by rowid would delete a row that no trigger sees.
CREATE TABLE one_time_tokens (
    user_id text NOT NULL,
    purpose text NOT NULL,
    token_hash text NOT NULL,
    email text NOT NULL,
    issued_at text NOT NULL,
    expires_at text NOT NULL,
    used_at text,

    -- SQLite checks the last first: where several are broken, both databases name the same one.
    CONSTRAINT one_time_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (user_id, purpose),
    CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT one_time_tokens_purpose_check CHECK (
        purpose IN ('INVITATION', 'EMAIL_CONFIRMATION', 'PASSWORD_RESET')
    ),
    -- The SHA-256, so that no token is ever stored itself.
    CONSTRAINT one_time_tokens_token_hash_check CHECK (length(token_hash) = 64 AND token_hash NOT GLOB '*[^0-9a-f]*'),
    -- The user's address when the token was made. The token is worth nothing once the address is another.
    CONSTRAINT one_time_tokens_email_check CHECK (
        length(email) BETWEEN 3 AND 254
        AND instr(email, '@') > 0
    ),
    CONSTRAINT one_time_tokens_lifetime_check CHECK (issued_at < expires_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT one_time_tokens_issued_at_check CHECK (
        issued_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(issued_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(issued_at, 1, 19), '+0 seconds') IS substr(issued_at, 1, 19)
        AND issued_at >= '0001'
    ),
    CONSTRAINT one_time_tokens_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),
    CONSTRAINT one_time_tokens_used_at_check CHECK (
        used_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(used_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(used_at, 1, 19), '+0 seconds') IS substr(used_at, 1, 19)
        AND used_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT one_time_tokens_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The purge of expired tokens.
CREATE INDEX idx_one_time_tokens_expires ON one_time_tokens (expires_at, token_hash);

-- The addresses that users have proved to be theirs. A user's address is confirmed while it is the one in this row.
CREATE TABLE confirmed_emails (
    user_id text NOT NULL,
    email text NOT NULL,
    confirmed_at text NOT NULL,

    CONSTRAINT confirmed_emails_pkey PRIMARY KEY (user_id),
    CONSTRAINT confirmed_emails_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT confirmed_emails_email_check CHECK (
        length(email) BETWEEN 3 AND 254
        AND instr(email, '@') > 0
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT confirmed_emails_confirmed_at_check CHECK (
        confirmed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(confirmed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(confirmed_at, 1, 19), '+0 seconds') IS substr(confirmed_at, 1, 19)
        AND confirmed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT confirmed_emails_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

CREATE TRIGGER one_time_tokens_final
BEFORE UPDATE ON one_time_tokens
WHEN
    NEW.user_id IS NOT OLD.user_id
    OR NEW.purpose IS NOT OLD.purpose
    OR (NEW.token_hash IS OLD.token_hash AND NEW.email IS NOT OLD.email)
    OR (NEW.token_hash IS OLD.token_hash AND NEW.issued_at IS NOT OLD.issued_at)
    OR (NEW.token_hash IS OLD.token_hash AND NEW.expires_at IS NOT OLD.expires_at)
    OR (NEW.token_hash IS OLD.token_hash AND OLD.used_at IS NOT NULL AND NEW.used_at IS NOT OLD.used_at)
BEGIN
    SELECT RAISE(ABORT, 'one_time_tokens_final: A one-time token cannot be changed, only used once or replaced.');
END;

-- Without this, INSERT OR REPLACE makes a used token work again. Another token may take its place.
-- differs: trigger one_time_tokens_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER one_time_tokens_not_replaced
BEFORE INSERT ON one_time_tokens
WHEN
    EXISTS (
        SELECT 1
        FROM one_time_tokens
        WHERE token_hash = NEW.token_hash
    )
BEGIN
    SELECT RAISE(ABORT, 'one_time_tokens_not_replaced: A one-time token cannot be replaced by a row with its hash.');
END;
