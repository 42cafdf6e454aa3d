-- Who likes which video. Each row is counted while it is there.
CREATE TABLE video_likes (
    video_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT video_likes_pkey PRIMARY KEY (video_id, user_id),
    CONSTRAINT video_likes_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT video_likes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_likes_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- Who likes a video, the newest first, and what a user likes; the second also serves the removal of a user.
CREATE INDEX idx_video_likes_video ON video_likes (video_id, created_at, user_id);
CREATE INDEX idx_video_likes_user ON video_likes (user_id, created_at, video_id);

-- How many like a video: the sum of up to sixteen rows. The last digit of the user's id chooses the row, so that
-- writers do not all wait for one.
CREATE TABLE video_like_counts (
    video_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    likes bigint NOT NULL,

    CONSTRAINT video_like_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_like_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_like_counts_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT video_like_counts_likes_check CHECK (likes >= 0)
);

CREATE FUNCTION video_likes_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'video_likes_unchanged: A like cannot be changed.';
END;
$$;

CREATE TRIGGER video_likes_unchanged
BEFORE UPDATE ON video_likes
FOR EACH ROW
WHEN (
    NEW.video_id <> OLD.video_id
    OR NEW.user_id <> OLD.user_id
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION video_likes_unchanged();

CREATE FUNCTION video_likes_counted() RETURNS trigger
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

CREATE TRIGGER video_likes_counted_insert
AFTER INSERT ON video_likes
FOR EACH ROW
EXECUTE FUNCTION video_likes_counted();

CREATE TRIGGER video_likes_counted_delete
AFTER DELETE ON video_likes
FOR EACH ROW
EXECUTE FUNCTION video_likes_counted();
