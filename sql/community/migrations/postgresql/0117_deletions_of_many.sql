-- A trigger no longer changes a row whose video, comment or user is deleted: its foreign key deletes that row, or sets
-- a column of it to NULL, later in the same statement.
--
-- If a transaction has changed a row before, PostgreSQL checks the foreign keys of that row whenever it changes again,
-- even if their columns stay the same. So a statement that deleted many users failed if a trigger changed a count or a
-- comment twice after its video or its comment was gone.

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
            'UPDATE %1$I.video_like_counts SET likes = likes - 1 WHERE video_id = $1 AND shard = $2'
            ' AND EXISTS (SELECT 1 FROM %1$I.videos WHERE id = $1)',
            TG_TABLE_SCHEMA
        )
        USING OLD.video_id, substr(OLD.user_id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION comments_author_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'UPDATE %1$I.comments SET status = ''REMOVED'', body = NULL, metadata = ''{}'' WHERE id = $1'
        ' AND EXISTS (SELECT 1 FROM %1$I.videos WHERE videos.id = video_id)',
        TG_TABLE_SCHEMA
    )
    USING NEW.id;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION comments_removed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The counts come last, after all rows of the tree, so that two transactions never wait for each other.
    EXECUTE format(
        'DELETE FROM %I.comments WHERE id = $1'
        ' AND NOT EXISTS (SELECT 1 FROM %I.comments AS answers WHERE answers.parent_id = $1)',
        TG_TABLE_SCHEMA, TG_TABLE_SCHEMA
    )
    USING NEW.id;
    EXECUTE format(
        'UPDATE %1$I.video_comment_counts SET comments = comments - 1 WHERE video_id = $1 AND shard = $2'
        ' AND EXISTS (SELECT 1 FROM %1$I.videos WHERE id = $1)',
        TG_TABLE_SCHEMA
    )
    USING OLD.video_id, substr(OLD.id::text, 36, 1);
    EXECUTE format(
        'UPDATE %1$I.answer_counts SET answers = answers - 1 WHERE comment_id = $1 AND shard = $2'
        ' AND EXISTS (SELECT 1 FROM %1$I.comments WHERE id = $1)',
        TG_TABLE_SCHEMA
    )
    USING OLD.parent_id, substr(OLD.id::text, 36, 1);
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION comments_deleted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.parent_id IS NOT NULL THEN
        -- The change makes other transactions wait that answer, remove or delete comments right here, whatever their
        -- isolation level, so that no removed comment stays without answers.
        EXECUTE format(
            'UPDATE %1$I.comments SET status = status WHERE id = $1'
            ' AND EXISTS (SELECT 1 FROM %1$I.videos WHERE videos.id = video_id)'
            ' AND (author_id IS NULL OR EXISTS (SELECT 1 FROM %1$I.users WHERE users.id = author_id))',
            TG_TABLE_SCHEMA
        )
        USING OLD.parent_id;
        EXECUTE format(
            'DELETE FROM %I.comments WHERE id = $1 AND status = ''REMOVED'''
            ' AND NOT EXISTS (SELECT 1 FROM %I.comments AS answers WHERE answers.parent_id = $1)',
            TG_TABLE_SCHEMA, TG_TABLE_SCHEMA
        )
        USING OLD.parent_id;
    END IF;
    IF OLD.status <> 'REMOVED' THEN
        EXECUTE format(
            'UPDATE %1$I.video_comment_counts SET comments = comments - 1 WHERE video_id = $1 AND shard = $2'
            ' AND EXISTS (SELECT 1 FROM %1$I.videos WHERE id = $1)',
            TG_TABLE_SCHEMA
        )
        USING OLD.video_id, substr(OLD.id::text, 36, 1);
        EXECUTE format(
            'UPDATE %1$I.answer_counts SET answers = answers - 1 WHERE comment_id = $1 AND shard = $2'
            ' AND EXISTS (SELECT 1 FROM %1$I.comments WHERE id = $1)',
            TG_TABLE_SCHEMA
        )
        USING OLD.parent_id, substr(OLD.id::text, 36, 1);
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
            'UPDATE %1$I.comment_like_counts SET likes = likes - 1 WHERE comment_id = $1 AND shard = $2'
            ' AND EXISTS (SELECT 1 FROM %1$I.comments WHERE id = $1)',
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
            'UPDATE %1$I.video_share_counts SET shares = shares - 1 WHERE video_id = $1 AND shard = $2'
            ' AND EXISTS (SELECT 1 FROM %1$I.videos WHERE id = $1)',
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
            'UPDATE %1$I.follower_counts SET followers = followers - 1 WHERE user_id = $1 AND shard = $2'
            ' AND EXISTS (SELECT 1 FROM %1$I.users WHERE id = $1)',
            TG_TABLE_SCHEMA
        )
        USING OLD.followed_id, substr(OLD.follower_id::text, 36, 1);
        EXECUTE format(
            'UPDATE %1$I.followed_counts SET followed = followed - 1 WHERE user_id = $1 AND shard = $2'
            ' AND EXISTS (SELECT 1 FROM %1$I.users WHERE id = $1)',
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
            'INSERT INTO %1$I.follower_counts AS counted (user_id, shard, followers)'
            ' SELECT $1, $2, 1 WHERE EXISTS (SELECT 1 FROM %1$I.users WHERE id = $1)'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followers = counted.followers + 1',
            TG_TABLE_SCHEMA
        )
        USING followed, substr(follower::text, 36, 1);
        EXECUTE format(
            'INSERT INTO %1$I.followed_counts AS counted (user_id, shard, followed)'
            ' SELECT $1, $2, 1 WHERE EXISTS (SELECT 1 FROM %1$I.users WHERE id = $1)'
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

CREATE OR REPLACE FUNCTION reports_moderator_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'UPDATE %1$I.reports SET status = ''OPEN'', claimed_at = NULL, available_at = created_at WHERE id = $1'
        ' AND (reporter_id IS NULL OR EXISTS (SELECT 1 FROM %1$I.users WHERE users.id = reporter_id))',
        TG_TABLE_SCHEMA
    )
    USING NEW.id;
    RETURN NULL;
END;
$$;
