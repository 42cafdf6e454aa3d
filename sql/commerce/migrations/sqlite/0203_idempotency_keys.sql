-- What a client asked for under a key of its own, and what it was answered: so that a repeated request is done once. Of
-- the request, only a hash is stored.
CREATE TABLE idempotency_keys (
    id text NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    user_id text,
    request_hash text NOT NULL,
    claim_id text,
    claimed_at text NOT NULL,
    lease_ends_at text,
    answer_status integer,
    answer text,
    finished_at text,
    created_at text NOT NULL,
    expires_at text NOT NULL,

    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id),
    CONSTRAINT idempotency_keys_scope_key_key UNIQUE (scope, key),
    CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT idempotency_keys_scope_check CHECK (length(scope) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_request_hash_check CHECK (
        length(request_hash) = 64
        AND request_hash NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT idempotency_keys_answer_status_check CHECK (answer_status BETWEEN 100 AND 599),
    -- Somebody works on it until the lease ends, or it has an answer.
    CONSTRAINT idempotency_keys_lease_check CHECK ((claim_id IS NULL) = (lease_ends_at IS NULL)),
    CONSTRAINT idempotency_keys_finished_check CHECK ((claim_id IS NULL) = (finished_at IS NOT NULL)),
    CONSTRAINT idempotency_keys_answered_check CHECK (
        (finished_at IS NULL) = (answer IS NULL)
        AND (finished_at IS NULL) = (answer_status IS NULL)
    ),
    CONSTRAINT idempotency_keys_expiry_check CHECK (expires_at > created_at),
    CONSTRAINT idempotency_keys_answer_check CHECK (
        answer IS NULL OR CASE WHEN json_valid(answer) THEN json_type(answer) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT idempotency_keys_claimed_at_check CHECK (
        claimed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(claimed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(claimed_at, 1, 19), '+0 seconds') IS substr(claimed_at, 1, 19)
        AND claimed_at >= '0001'
    ),
    CONSTRAINT idempotency_keys_lease_ends_at_check CHECK (
        lease_ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(lease_ends_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(lease_ends_at, 1, 19), '+0 seconds') IS substr(lease_ends_at, 1, 19)
        AND lease_ends_at >= '0001'
    ),
    CONSTRAINT idempotency_keys_finished_at_check CHECK (
        finished_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(finished_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(finished_at, 1, 19), '+0 seconds') IS substr(finished_at, 1, 19)
        AND finished_at >= '0001'
    ),
    CONSTRAINT idempotency_keys_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT idempotency_keys_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT idempotency_keys_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT idempotency_keys_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT idempotency_keys_claim_id_type_check CHECK (
        claim_id GLOB '????????-????-????-????-????????????'
        AND length(replace(claim_id, '-', '')) = 32
        AND replace(claim_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The keys of a user, and the purge of those that have expired.
CREATE INDEX idx_idempotency_keys_user ON idempotency_keys (user_id, created_at);
CREATE INDEX idx_idempotency_keys_expiry ON idempotency_keys (expires_at, id);

CREATE TRIGGER idempotency_keys_first
BEFORE INSERT ON idempotency_keys
WHEN
    NEW.finished_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'idempotency_keys_first: A new key has no answer yet.');
END;

CREATE TRIGGER idempotency_keys_unchanged
BEFORE UPDATE ON idempotency_keys
WHEN
    NEW.id <> OLD.id
    OR NEW.scope <> OLD.scope
    OR NEW.key <> OLD.key
    OR NEW.request_hash <> OLD.request_hash
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'idempotency_keys_unchanged: A key belongs to one request.');
END;

CREATE TRIGGER idempotency_keys_answered
BEFORE UPDATE ON idempotency_keys
WHEN
    OLD.finished_at IS NOT NULL
    AND (
        NEW.finished_at IS NOT OLD.finished_at
        OR NEW.answer_status IS NOT OLD.answer_status
        OR NEW.answer IS NOT OLD.answer
        OR NEW.expires_at <> OLD.expires_at
    )
BEGIN
    SELECT RAISE(ABORT, 'idempotency_keys_answered: An answer is never changed.');
END;

CREATE TRIGGER idempotency_keys_claimed
BEFORE UPDATE ON idempotency_keys
WHEN
    NEW.claim_id <> OLD.claim_id AND NEW.claimed_at < OLD.lease_ends_at
BEGIN
    SELECT RAISE(ABORT, 'idempotency_keys_claimed: Nobody else claims a key before the lease has ended.');
END;
