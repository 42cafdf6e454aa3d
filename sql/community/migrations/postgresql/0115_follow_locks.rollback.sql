-- A lock for each pair of users, as before.
CREATE OR REPLACE FUNCTION follows_not_blocked() RETURNS trigger
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

CREATE OR REPLACE FUNCTION blocks_end_follows() RETURNS trigger
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
