-- What is inserted is looked at once for each statement, and no longer once for each row: so imports of many rows are
-- faster. On PostgreSQL, a trigger for statements has the rows that the statement inserted as the table `added`.

-- PostgreSQL fires triggers in the order of their names. This one comes before `follows_counted_insert`, so that its
-- locks come before the counters: a block takes its lock first as well.
DROP TRIGGER follows_not_blocked ON follows;
CREATE TRIGGER follows_blocked_insert
AFTER INSERT ON follows
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION follows_not_blocked();

CREATE OR REPLACE TRIGGER video_likes_counted_insert
AFTER INSERT ON video_likes
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION video_likes_counted();

CREATE OR REPLACE TRIGGER comments_counted
AFTER INSERT ON comments
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION comments_counted();

CREATE OR REPLACE TRIGGER comment_likes_counted_insert
AFTER INSERT ON comment_likes
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION comment_likes_counted();

CREATE OR REPLACE TRIGGER shares_counted_insert
AFTER INSERT ON shares
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION shares_counted();

CREATE OR REPLACE TRIGGER follows_counted_insert
AFTER INSERT ON follows
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION follows_counted();

-- A statement that inserts one row, as most do, is looked at and counted by plans that are faster to make.
CREATE OR REPLACE FUNCTION follows_not_blocked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first record;
    is_blocked boolean;
BEGIN
    SELECT
        follower_id, followed_id,
        least(follower_id::text, followed_id::text) || greatest(follower_id::text, followed_id::text) AS pair,
        count(*) OVER () AS rows
    INTO first FROM added LIMIT 1;
    IF first.rows = 1 THEN
        -- Waits for a block of these two users, as below.
        PERFORM pg_advisory_xact_lock_shared(101, hashtext(first.pair) & 255);
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM %I.blocks'
            ' WHERE (blocker_id = $1 AND blocked_id = $2) OR (blocker_id = $2 AND blocked_id = $1))',
            TG_TABLE_SCHEMA
        )
        INTO is_blocked USING first.follower_id, first.followed_id;
    ELSIF first.rows > 1 THEN
        -- Waits for blocks of these users: a follow and a block at the same moment cannot both stay. In order, so that
        -- two statements never wait for each other in a circle.
        PERFORM pg_advisory_xact_lock_shared(101, pairs.lock)
        FROM (
            SELECT DISTINCT
                hashtext(
                    least(follower_id::text, followed_id::text) || greatest(follower_id::text, followed_id::text)
                ) & 255 AS lock
            FROM added
            ORDER BY lock
        ) AS pairs;
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM added'
            ' INNER JOIN %1$I.blocks ON blocker_id = follower_id AND blocked_id = followed_id)'
            ' OR EXISTS (SELECT 1 FROM added'
            ' INNER JOIN %1$I.blocks ON blocker_id = followed_id AND blocked_id = follower_id)',
            TG_TABLE_SCHEMA
        )
        INTO is_blocked;
    END IF;
    IF is_blocked THEN
        RAISE EXCEPTION 'follows_not_blocked: A user cannot follow another while one has blocked the other.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION video_likes_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT video_id, substr(user_id::text, 36, 1) AS shard, count(*) OVER () AS rows
        INTO first FROM added LIMIT 1;
        IF first.rows = 1 THEN
            EXECUTE format(
                'INSERT INTO %I.video_like_counts AS counted (video_id, shard, likes) VALUES ($1, $2, 1)'
                ' ON CONFLICT (video_id, shard) DO UPDATE SET likes = counted.likes + 1',
                TG_TABLE_SCHEMA
            )
            USING first.video_id, first.shard;
        ELSIF first.rows > 1 THEN
            -- In order, so that two statements that count the same videos never wait for each other in a circle.
            EXECUTE format(
                'INSERT INTO %I.video_like_counts AS counted (video_id, shard, likes)'
                ' SELECT video_id, substr(user_id::text, 36, 1), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2'
                ' ON CONFLICT (video_id, shard) DO UPDATE SET likes = counted.likes + excluded.likes',
                TG_TABLE_SCHEMA
            );
        END IF;
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
DECLARE
    first record;
BEGIN
    SELECT video_id, parent_id, substr(id::text, 36, 1) AS shard, count(*) OVER () AS rows
    INTO first FROM added LIMIT 1;
    IF first.rows = 1 THEN
        EXECUTE format(
            'INSERT INTO %I.video_comment_counts AS counted (video_id, shard, comments) VALUES ($1, $2, 1)'
            ' ON CONFLICT (video_id, shard) DO UPDATE SET comments = counted.comments + 1',
            TG_TABLE_SCHEMA
        )
        USING first.video_id, first.shard;
        IF first.parent_id IS NOT NULL THEN
            EXECUTE format(
                'INSERT INTO %I.answer_counts AS counted (comment_id, shard, answers) VALUES ($1, $2, 1)'
                ' ON CONFLICT (comment_id, shard) DO UPDATE SET answers = counted.answers + 1',
                TG_TABLE_SCHEMA
            )
            USING first.parent_id, first.shard;
        END IF;
    ELSIF first.rows > 1 THEN
        -- In order, so that two statements that count the same videos never wait for each other in a circle.
        EXECUTE format(
            'INSERT INTO %I.video_comment_counts AS counted (video_id, shard, comments)'
            ' SELECT video_id, substr(id::text, 36, 1), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2'
            ' ON CONFLICT (video_id, shard) DO UPDATE SET comments = counted.comments + excluded.comments',
            TG_TABLE_SCHEMA
        );
        EXECUTE format(
            'INSERT INTO %I.answer_counts AS counted (comment_id, shard, answers)'
            ' SELECT parent_id, substr(id::text, 36, 1), count(*) FROM added WHERE parent_id IS NOT NULL'
            ' GROUP BY 1, 2 ORDER BY 1, 2'
            ' ON CONFLICT (comment_id, shard) DO UPDATE SET answers = counted.answers + excluded.answers',
            TG_TABLE_SCHEMA
        );
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION comment_likes_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT comment_id, substr(user_id::text, 36, 1) AS shard, count(*) OVER () AS rows
        INTO first FROM added LIMIT 1;
        IF first.rows = 1 THEN
            EXECUTE format(
                'INSERT INTO %I.comment_like_counts AS counted (comment_id, shard, likes) VALUES ($1, $2, 1)'
                ' ON CONFLICT (comment_id, shard) DO UPDATE SET likes = counted.likes + 1',
                TG_TABLE_SCHEMA
            )
            USING first.comment_id, first.shard;
        ELSIF first.rows > 1 THEN
            -- In order, so that two statements that count the same comments never wait for each other in a circle.
            EXECUTE format(
                'INSERT INTO %I.comment_like_counts AS counted (comment_id, shard, likes)'
                ' SELECT comment_id, substr(user_id::text, 36, 1), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2'
                ' ON CONFLICT (comment_id, shard) DO UPDATE SET likes = counted.likes + excluded.likes',
                TG_TABLE_SCHEMA
            );
        END IF;
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
DECLARE
    first record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT video_id, substr(id::text, 36, 1) AS shard, count(*) OVER () AS rows
        INTO first FROM added LIMIT 1;
        IF first.rows = 1 THEN
            EXECUTE format(
                'INSERT INTO %I.video_share_counts AS counted (video_id, shard, shares) VALUES ($1, $2, 1)'
                ' ON CONFLICT (video_id, shard) DO UPDATE SET shares = counted.shares + 1',
                TG_TABLE_SCHEMA
            )
            USING first.video_id, first.shard;
        ELSIF first.rows > 1 THEN
            -- In order, so that two statements that count the same videos never wait for each other in a circle.
            EXECUTE format(
                'INSERT INTO %I.video_share_counts AS counted (video_id, shard, shares)'
                ' SELECT video_id, substr(id::text, 36, 1), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2'
                ' ON CONFLICT (video_id, shard) DO UPDATE SET shares = counted.shares + excluded.shares',
                TG_TABLE_SCHEMA
            );
        END IF;
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
DECLARE
    follower uuid;
    followed uuid;
    rows bigint := 1;
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
        RETURN NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        follower := NEW.follower_id;
        followed := NEW.followed_id;
    ELSE
        SELECT follower_id, followed_id, count(*) OVER ()
        INTO follower, followed, rows FROM added WHERE status = 'ACCEPTED' LIMIT 1;
    END IF;
    IF rows = 1 THEN
        EXECUTE format(
            'INSERT INTO %I.follower_counts AS counted (user_id, shard, followers) VALUES ($1, $2, 1)'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followers = counted.followers + 1',
            TG_TABLE_SCHEMA
        )
        USING followed, substr(follower::text, 36, 1);
        EXECUTE format(
            'INSERT INTO %I.followed_counts AS counted (user_id, shard, followed) VALUES ($1, $2, 1)'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followed = counted.followed + 1',
            TG_TABLE_SCHEMA
        )
        USING follower, substr(followed::text, 36, 1);
    ELSIF rows > 1 THEN
        EXECUTE format(
            'INSERT INTO %I.follower_counts AS counted (user_id, shard, followers)'
            ' SELECT followed_id, substr(follower_id::text, 36, 1), count(*) FROM added WHERE status = ''ACCEPTED'''
            ' GROUP BY 1, 2 ORDER BY 1, 2'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followers = counted.followers + excluded.followers',
            TG_TABLE_SCHEMA
        );
        EXECUTE format(
            'INSERT INTO %I.followed_counts AS counted (user_id, shard, followed)'
            ' SELECT follower_id, substr(followed_id::text, 36, 1), count(*) FROM added WHERE status = ''ACCEPTED'''
            ' GROUP BY 1, 2 ORDER BY 1, 2'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followed = counted.followed + excluded.followed',
            TG_TABLE_SCHEMA
        );
    END IF;
    RETURN NULL;
END;
$$;
