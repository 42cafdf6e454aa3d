-- What a client asked for under a key of its own, and what it was answered: so that a repeated request is done once. Of
-- the request, only a hash is stored.
CREATE TABLE idempotency_keys (
    id uuid NOT NULL,
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    user_id uuid,
    request_hash text COLLATE "C" NOT NULL,
    claim_id uuid,
    claimed_at timestamptz NOT NULL,
    lease_ends_at timestamptz,
    answer_status bigint,
    answer jsonb,
    finished_at timestamptz,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,

    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id),
    CONSTRAINT idempotency_keys_scope_key_key UNIQUE (scope, key),
    CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT idempotency_keys_scope_check CHECK (length(scope) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_request_hash_check CHECK (length(request_hash) = 64 AND request_hash !~ '[^0-9a-f]'),
    CONSTRAINT idempotency_keys_answer_status_check CHECK (answer_status BETWEEN 100 AND 599),
    -- Somebody works on it until the lease ends, or it has an answer.
    CONSTRAINT idempotency_keys_lease_check CHECK ((claim_id IS NULL) = (lease_ends_at IS NULL)),
    CONSTRAINT idempotency_keys_finished_check CHECK ((claim_id IS NULL) = (finished_at IS NOT NULL)),
    CONSTRAINT idempotency_keys_answered_check CHECK (
        (finished_at IS NULL) = (answer IS NULL)
        AND (finished_at IS NULL) = (answer_status IS NULL)
    ),
    CONSTRAINT idempotency_keys_expiry_check CHECK (expires_at > created_at),
    CONSTRAINT idempotency_keys_answer_check CHECK (jsonb_typeof(answer) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT idempotency_keys_claimed_at_check CHECK (
        claimed_at >= '0001-01-01 00:00:00+00'
        AND claimed_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT idempotency_keys_lease_ends_at_check CHECK (
        lease_ends_at >= '0001-01-01 00:00:00+00'
        AND lease_ends_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT idempotency_keys_finished_at_check CHECK (
        finished_at >= '0001-01-01 00:00:00+00'
        AND finished_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT idempotency_keys_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT idempotency_keys_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    )
);

-- The keys of a user, and the purge of those that have expired.
CREATE INDEX idx_idempotency_keys_user ON idempotency_keys (user_id, created_at);
CREATE INDEX idx_idempotency_keys_expiry ON idempotency_keys (expires_at, id);

CREATE FUNCTION idempotency_keys_first() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'idempotency_keys_first: A new key has no answer yet.';
END;
$$;

CREATE TRIGGER idempotency_keys_first
BEFORE INSERT ON idempotency_keys
FOR EACH ROW
WHEN (
    NEW.finished_at IS NOT NULL
)
EXECUTE FUNCTION idempotency_keys_first();

CREATE FUNCTION idempotency_keys_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'idempotency_keys_unchanged: A key belongs to one request.';
END;
$$;

CREATE TRIGGER idempotency_keys_unchanged
BEFORE UPDATE ON idempotency_keys
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.scope <> OLD.scope
    OR NEW.key <> OLD.key
    OR NEW.request_hash <> OLD.request_hash
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION idempotency_keys_unchanged();

CREATE FUNCTION idempotency_keys_answered() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'idempotency_keys_answered: An answer is never changed.';
END;
$$;

CREATE TRIGGER idempotency_keys_answered
BEFORE UPDATE ON idempotency_keys
FOR EACH ROW
WHEN (
    OLD.finished_at IS NOT NULL
    AND (
        NEW.finished_at IS DISTINCT FROM OLD.finished_at
        OR NEW.answer_status IS DISTINCT FROM OLD.answer_status
        OR NEW.answer IS DISTINCT FROM OLD.answer
        OR NEW.expires_at <> OLD.expires_at
    )
)
EXECUTE FUNCTION idempotency_keys_answered();

CREATE FUNCTION idempotency_keys_claimed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'idempotency_keys_claimed: Nobody else claims a key before the lease has ended.';
END;
$$;

CREATE TRIGGER idempotency_keys_claimed
BEFORE UPDATE ON idempotency_keys
FOR EACH ROW
WHEN (
    NEW.claim_id <> OLD.claim_id AND NEW.claimed_at < OLD.lease_ends_at
)
EXECUTE FUNCTION idempotency_keys_claimed();
