-- Who likes which video. Each row is counted while it is there.
CREATE TABLE video_likes (
    video_id text NOT NULL,
    user_id text NOT NULL,
    created_at text NOT NULL,

    CONSTRAINT video_likes_pkey PRIMARY KEY (video_id, user_id),
    CONSTRAINT video_likes_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT video_likes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_likes_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_likes_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT video_likes_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- Who likes a video, the newest first, and what a user likes; the second also serves the removal of a user.
CREATE INDEX idx_video_likes_video ON video_likes (video_id, created_at, user_id);
CREATE INDEX idx_video_likes_user ON video_likes (user_id, created_at, video_id);

-- How many like a video: the sum of up to sixteen rows. The last digit of the user's id chooses the row, so that
-- writers do not all wait for one.
CREATE TABLE video_like_counts (
    video_id text NOT NULL,
    shard text NOT NULL,
    likes integer NOT NULL,

    CONSTRAINT video_like_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_like_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_like_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT video_like_counts_likes_check CHECK (likes >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_like_counts_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE TRIGGER video_likes_unchanged
BEFORE UPDATE ON video_likes
WHEN
    NEW.video_id <> OLD.video_id
    OR NEW.user_id <> OLD.user_id
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'video_likes_unchanged: A like cannot be changed.');
END;

-- Not with ON CONFLICT: OR REPLACE of the statement that fires the trigger would take its place.
CREATE TRIGGER video_likes_counted_insert
AFTER INSERT ON video_likes
BEGIN
    INSERT INTO video_like_counts (video_id, shard, likes)
    SELECT
        NEW.video_id,
        substr(NEW.user_id, 36, 1) AS shard,
        0 AS likes
    WHERE NOT EXISTS (
        SELECT 1 FROM video_like_counts
        WHERE video_id = NEW.video_id AND shard = substr(NEW.user_id, 36, 1)
    );
    UPDATE video_like_counts SET likes = likes + 1
    WHERE video_id = NEW.video_id AND shard = substr(NEW.user_id, 36, 1);
END;

CREATE TRIGGER video_likes_counted_delete
AFTER DELETE ON video_likes
BEGIN
    UPDATE video_like_counts SET likes = likes - 1
    WHERE video_id = OLD.video_id AND shard = substr(OLD.user_id, 36, 1);
END;

-- Without this, INSERT OR REPLACE would count a like twice.
-- differs: trigger video_likes_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER video_likes_not_replaced
BEFORE INSERT ON video_likes
WHEN
    EXISTS (
        SELECT 1 FROM video_likes
        WHERE video_id = NEW.video_id AND user_id = NEW.user_id
    )
BEGIN
    SELECT RAISE(ABORT, 'video_likes_not_replaced: A user likes a video once.');
END;
