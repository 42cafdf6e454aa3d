-- Who follows whom. A request to a private account is PENDING until it is accepted.
CREATE TABLE follows (
    follower_id uuid NOT NULL,
    followed_id uuid NOT NULL,
    status text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    accepted_at timestamptz,

    CONSTRAINT follows_pkey PRIMARY KEY (follower_id, followed_id),
    CONSTRAINT follows_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT follows_followed_id_fkey FOREIGN KEY (followed_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT follows_self_check CHECK (follower_id <> followed_id),
    CONSTRAINT follows_status_check CHECK (status IN ('PENDING', 'ACCEPTED')),
    CONSTRAINT follows_accepted_check CHECK ((status = 'ACCEPTED') = (accepted_at IS NOT NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT follows_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT follows_accepted_at_check CHECK (
        accepted_at >= '0001-01-01 00:00:00+00'
        AND accepted_at < '10000-01-01 00:00:00+00'
    )
);

-- The followers of a user and the requests, newest first, and the users that a user follows.
CREATE INDEX idx_follows_followed ON follows (followed_id, status, created_at, follower_id);
CREATE INDEX idx_follows_follower ON follows (follower_id, status, created_at, followed_id);

-- Who has blocked whom. A block hides both users from each other, and ends both follows.
CREATE TABLE blocks (
    blocker_id uuid NOT NULL,
    blocked_id uuid NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT blocks_pkey PRIMARY KEY (blocker_id, blocked_id),
    CONSTRAINT blocks_blocker_id_fkey FOREIGN KEY (blocker_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT blocks_self_check CHECK (blocker_id <> blocked_id),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT blocks_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- Whether the other user has blocked this one; it also serves the removal of a user.
CREATE INDEX idx_blocks_blocked ON blocks (blocked_id, blocker_id);

CREATE FUNCTION follows_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'follows_status_transition: A follow that was accepted cannot become a request again.';
END;
$$;

CREATE TRIGGER follows_status_transition
BEFORE UPDATE ON follows
FOR EACH ROW
WHEN (OLD.status = 'ACCEPTED' AND NEW.status <> OLD.status)
EXECUTE FUNCTION follows_status_transition();

CREATE FUNCTION follows_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'follows_unchanged: The users of a follow cannot be changed.';
END;
$$;

CREATE TRIGGER follows_unchanged
BEFORE UPDATE ON follows
FOR EACH ROW
WHEN (NEW.follower_id <> OLD.follower_id OR NEW.followed_id <> OLD.followed_id)
EXECUTE FUNCTION follows_unchanged();

CREATE FUNCTION blocks_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'blocks_unchanged: The users of a block cannot be changed.';
END;
$$;

CREATE TRIGGER blocks_unchanged
BEFORE UPDATE ON blocks
FOR EACH ROW
WHEN (NEW.blocker_id <> OLD.blocker_id OR NEW.blocked_id <> OLD.blocked_id)
EXECUTE FUNCTION blocks_unchanged();

CREATE FUNCTION follows_not_blocked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_blocked boolean;
BEGIN
    -- One at a time for these two users: a follow and a block at the same moment cannot both stay.
    PERFORM pg_advisory_xact_lock(hashtextextended(
        least(NEW.follower_id::text, NEW.followed_id::text) || greatest(NEW.follower_id::text, NEW.followed_id::text), 0
    ));
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %I.blocks'
        ' WHERE (blocker_id = $1 AND blocked_id = $2) OR (blocker_id = $2 AND blocked_id = $1))',
        TG_TABLE_SCHEMA
    )
    INTO is_blocked USING NEW.follower_id, NEW.followed_id;
    IF is_blocked THEN
        RAISE EXCEPTION 'follows_not_blocked: A user cannot follow another while one has blocked the other.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER follows_not_blocked
BEFORE INSERT ON follows
FOR EACH ROW EXECUTE FUNCTION follows_not_blocked();

CREATE FUNCTION blocks_end_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- One at a time for these two users: a follow and a block at the same moment cannot both stay.
    PERFORM pg_advisory_xact_lock(hashtextextended(
        least(NEW.blocker_id::text, NEW.blocked_id::text) || greatest(NEW.blocker_id::text, NEW.blocked_id::text), 0
    ));
    EXECUTE format(
        'DELETE FROM %I.follows'
        ' WHERE (follower_id = $1 AND followed_id = $2) OR (follower_id = $2 AND followed_id = $1)',
        TG_TABLE_SCHEMA
    )
    USING NEW.blocker_id, NEW.blocked_id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER blocks_end_follows
AFTER INSERT ON blocks
FOR EACH ROW EXECUTE FUNCTION blocks_end_follows();
