-- Each row is looked at by itself, as before.
DROP TRIGGER follows_blocked_insert ON follows;
CREATE TRIGGER follows_not_blocked
BEFORE INSERT ON follows
FOR EACH ROW EXECUTE FUNCTION follows_not_blocked();

CREATE OR REPLACE TRIGGER video_likes_counted_insert
AFTER INSERT ON video_likes
FOR EACH ROW
EXECUTE FUNCTION video_likes_counted();

CREATE OR REPLACE TRIGGER comments_counted
AFTER INSERT ON comments
FOR EACH ROW
EXECUTE FUNCTION comments_counted();

CREATE OR REPLACE TRIGGER comment_likes_counted_insert
AFTER INSERT ON comment_likes
FOR EACH ROW
EXECUTE FUNCTION comment_likes_counted();

CREATE OR REPLACE TRIGGER shares_counted_insert
AFTER INSERT ON shares
FOR EACH ROW
EXECUTE FUNCTION shares_counted();

CREATE OR REPLACE TRIGGER follows_counted_insert
AFTER INSERT ON follows
FOR EACH ROW WHEN (NEW.status = 'ACCEPTED')
EXECUTE FUNCTION follows_counted();

CREATE OR REPLACE FUNCTION follows_not_blocked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_blocked boolean;
BEGIN
    -- Waits for a block of these two users: a follow and a block at the same moment cannot both stay.
    PERFORM pg_advisory_xact_lock_shared(
        101,
        hashtext(
            least(NEW.follower_id::text, NEW.followed_id::text) || greatest(NEW.follower_id::text, NEW.followed_id::text)
        ) & 255
    );
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

CREATE OR REPLACE FUNCTION video_likes_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format(
            'INSERT INTO %I.video_like_counts AS counted (video_id, shard, likes) VALUES ($1, $2, 1)'
            ' ON CONFLICT (video_id, shard) DO UPDATE SET likes = counted.likes + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.video_id, substr(NEW.user_id::text, 36, 1);
    ELSE
        EXECUTE format(
            'UPDATE %I.video_like_counts SET likes = likes - 1 WHERE video_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.video_id, substr(OLD.user_id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION comments_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO %I.video_comment_counts AS counted (video_id, shard, comments) VALUES ($1, $2, 1)'
        ' ON CONFLICT (video_id, shard) DO UPDATE SET comments = counted.comments + 1',
        TG_TABLE_SCHEMA
    )
    USING NEW.video_id, substr(NEW.id::text, 36, 1);
    IF NEW.parent_id IS NOT NULL THEN
        EXECUTE format(
            'INSERT INTO %I.answer_counts AS counted (comment_id, shard, answers) VALUES ($1, $2, 1)'
            ' ON CONFLICT (comment_id, shard) DO UPDATE SET answers = counted.answers + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.parent_id, substr(NEW.id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION comment_likes_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format(
            'INSERT INTO %I.comment_like_counts AS counted (comment_id, shard, likes) VALUES ($1, $2, 1)'
            ' ON CONFLICT (comment_id, shard) DO UPDATE SET likes = counted.likes + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.comment_id, substr(NEW.user_id::text, 36, 1);
    ELSE
        EXECUTE format(
            'UPDATE %I.comment_like_counts SET likes = likes - 1 WHERE comment_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.comment_id, substr(OLD.user_id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION shares_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format(
            'INSERT INTO %I.video_share_counts AS counted (video_id, shard, shares) VALUES ($1, $2, 1)'
            ' ON CONFLICT (video_id, shard) DO UPDATE SET shares = counted.shares + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.video_id, substr(NEW.id::text, 36, 1);
    ELSE
        EXECUTE format(
            'UPDATE %I.video_share_counts SET shares = shares - 1 WHERE video_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.video_id, substr(OLD.id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION follows_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- In this order in all transactions, so that two of them never wait for each other.
    IF TG_OP = 'DELETE' THEN
        EXECUTE format(
            'UPDATE %I.follower_counts SET followers = followers - 1 WHERE user_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.followed_id, substr(OLD.follower_id::text, 36, 1);
        EXECUTE format(
            'UPDATE %I.followed_counts SET followed = followed - 1 WHERE user_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.follower_id, substr(OLD.followed_id::text, 36, 1);
    ELSE
        EXECUTE format(
            'INSERT INTO %I.follower_counts AS counted (user_id, shard, followers) VALUES ($1, $2, 1)'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followers = counted.followers + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.followed_id, substr(NEW.follower_id::text, 36, 1);
        EXECUTE format(
            'INSERT INTO %I.followed_counts AS counted (user_id, shard, followed) VALUES ($1, $2, 1)'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followed = counted.followed + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.follower_id, substr(NEW.followed_id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;
