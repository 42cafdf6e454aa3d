-- Comments on videos, and answers to them: trees of at most eight levels. A removed comment has no text. It stays while
-- it has answers, and goes with the last of them.
CREATE TABLE comments (
    id text NOT NULL,
    video_id text NOT NULL,
    parent_id text,
    root_id text NOT NULL,
    depth integer NOT NULL,
    author_id text,
    body text,
    status text NOT NULL DEFAULT 'VISIBLE',
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,
    edited_at text,

    CONSTRAINT comments_pkey PRIMARY KEY (id),
    CONSTRAINT comments_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT comments_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES comments (id),
    CONSTRAINT comments_author_id_fkey FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT comments_depth_check CHECK (depth BETWEEN 1 AND 8),
    CONSTRAINT comments_root_check CHECK ((parent_id IS NULL) = (depth = 1) AND (parent_id IS NULL) = (root_id = id)),
    CONSTRAINT comments_body_check CHECK (length(body) BETWEEN 1 AND 10000),
    CONSTRAINT comments_status_check CHECK (status IN ('VISIBLE', 'REMOVED')),
    CONSTRAINT comments_removed_check CHECK ((status = 'REMOVED') = (body IS NULL)),
    CONSTRAINT comments_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT comments_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT comments_edited_at_check CHECK (
        edited_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(edited_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(edited_at, 1, 19), '+0 seconds') IS substr(edited_at, 1, 19)
        AND edited_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT comments_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT comments_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT comments_parent_id_type_check CHECK (
        parent_id GLOB '????????-????-????-????-????????????'
        AND length(replace(parent_id, '-', '')) = 32
        AND replace(parent_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT comments_root_id_type_check CHECK (
        root_id GLOB '????????-????-????-????-????????????'
        AND length(replace(root_id, '-', '')) = 32
        AND replace(root_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT comments_author_id_type_check CHECK (
        author_id GLOB '????????-????-????-????-????????????'
        AND length(replace(author_id, '-', '')) = 32
        AND replace(author_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The first comments of a video, the answers to a comment, and the comments of a user.
CREATE INDEX idx_comments_video ON comments (video_id, depth, created_at, id);
CREATE INDEX idx_comments_parent ON comments (parent_id, created_at, id);
CREATE INDEX idx_comments_author ON comments (author_id, created_at, id);

-- How many comments a video has that are not removed: the sum of up to sixteen rows. The last digit of the comment's id
-- chooses the row, so that writers do not all wait for one.
CREATE TABLE video_comment_counts (
    video_id text NOT NULL,
    shard text NOT NULL,
    comments integer NOT NULL,

    CONSTRAINT video_comment_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_comment_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_comment_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT video_comment_counts_comments_check CHECK (comments >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_comment_counts_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The same for the answers to a comment.
CREATE TABLE answer_counts (
    comment_id text NOT NULL,
    shard text NOT NULL,
    answers integer NOT NULL,

    CONSTRAINT answer_counts_pkey PRIMARY KEY (comment_id, shard),
    CONSTRAINT answer_counts_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE,

    CONSTRAINT answer_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT answer_counts_answers_check CHECK (answers >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT answer_counts_comment_id_type_check CHECK (
        comment_id GLOB '????????-????-????-????-????????????'
        AND length(replace(comment_id, '-', '')) = 32
        AND replace(comment_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE TRIGGER comments_first_status
BEFORE INSERT ON comments
WHEN NEW.status = 'REMOVED' OR NEW.author_id IS NULL
BEGIN
    SELECT RAISE(ABORT, 'comments_first_status: A new comment has an author and is not removed.');
END;

CREATE TRIGGER comments_status_transition
BEFORE UPDATE ON comments
WHEN OLD.status = 'REMOVED' AND NEW.status <> OLD.status
BEGIN
    SELECT RAISE(ABORT, 'comments_status_transition: A removed comment stays removed.');
END;

CREATE TRIGGER comments_unchanged
BEFORE UPDATE ON comments
WHEN
    NEW.id <> OLD.id
    OR NEW.video_id <> OLD.video_id
    OR NEW.parent_id IS NOT OLD.parent_id
    OR NEW.root_id <> OLD.root_id
    OR NEW.depth <> OLD.depth
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'comments_unchanged: The place of a comment cannot be changed.');
END;

CREATE TRIGGER comments_answer
BEFORE INSERT ON comments
WHEN
    NEW.parent_id IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM comments
        WHERE
            id = NEW.parent_id
            AND status = 'VISIBLE'
            AND video_id = NEW.video_id
            AND root_id = NEW.root_id
            AND depth + 1 = NEW.depth
    )
BEGIN
    SELECT RAISE(ABORT, 'comments_answer: An answer belongs one level below a comment that is not removed.');
END;

-- Not with ON CONFLICT: OR REPLACE of the statement that fires the trigger would take its place.
CREATE TRIGGER comments_counted
AFTER INSERT ON comments
BEGIN
    INSERT INTO video_comment_counts (video_id, shard, comments)
    SELECT
        NEW.video_id,
        substr(NEW.id, 36, 1) AS shard,
        0 AS comments
    WHERE NOT EXISTS (
        SELECT 1 FROM video_comment_counts
        WHERE video_id = NEW.video_id AND shard = substr(NEW.id, 36, 1)
    );
    UPDATE video_comment_counts SET comments = comments + 1
    WHERE video_id = NEW.video_id AND shard = substr(NEW.id, 36, 1);
    INSERT INTO answer_counts (comment_id, shard, answers)
    SELECT
        NEW.parent_id,
        substr(NEW.id, 36, 1) AS shard,
        0 AS answers
    WHERE
        NEW.parent_id IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM answer_counts
            WHERE comment_id = NEW.parent_id AND shard = substr(NEW.id, 36, 1)
        );
    UPDATE answer_counts SET answers = answers + 1
    WHERE comment_id = NEW.parent_id AND shard = substr(NEW.id, 36, 1);
END;

-- A comment whose author was deleted is removed.
CREATE TRIGGER comments_author_gone
AFTER UPDATE ON comments
WHEN NEW.author_id IS NULL AND NEW.status <> 'REMOVED'
BEGIN
    UPDATE comments SET status = 'REMOVED', body = NULL, metadata = '{}'
    WHERE id = NEW.id;
END;

CREATE TRIGGER comments_removed
AFTER UPDATE ON comments
WHEN NEW.status = 'REMOVED' AND OLD.status <> 'REMOVED'
BEGIN
    DELETE FROM comments
    WHERE
        id = NEW.id
        AND NOT EXISTS (
            SELECT 1 FROM comments AS answers
            WHERE answers.parent_id = NEW.id
        );
    UPDATE video_comment_counts SET comments = comments - 1
    WHERE video_id = OLD.video_id AND shard = substr(OLD.id, 36, 1);
    UPDATE answer_counts SET answers = answers - 1
    WHERE comment_id = OLD.parent_id AND shard = substr(OLD.id, 36, 1);
END;

-- All removed comments above that have no other answers, at once: a trigger of SQLite does not fire itself.
CREATE TRIGGER comments_deleted
AFTER DELETE ON comments
BEGIN
    DELETE FROM comments
    WHERE
        id IN (
            WITH RECURSIVE emptied (id, parent_id) AS (
                SELECT
                    id,
                    parent_id
                FROM comments
                WHERE
                    id = OLD.parent_id
                    AND status = 'REMOVED'
                    AND NOT EXISTS (
                        SELECT 1 FROM comments AS answers
                        WHERE answers.parent_id = OLD.parent_id
                    )
                UNION ALL
                SELECT
                    above.id,
                    above.parent_id
                FROM emptied
                INNER JOIN comments AS above ON emptied.parent_id = above.id
                WHERE
                    above.status = 'REMOVED'
                    AND NOT EXISTS (
                        SELECT 1 FROM comments AS answers
                        WHERE answers.parent_id = above.id AND answers.id <> emptied.id
                    )
            )

            SELECT id FROM emptied
        );
    UPDATE video_comment_counts SET comments = comments - 1
    WHERE
        OLD.status <> 'REMOVED'
        AND video_id = OLD.video_id
        AND shard = substr(OLD.id, 36, 1);
    UPDATE answer_counts SET answers = answers - 1
    WHERE
        OLD.status <> 'REMOVED'
        AND comment_id = OLD.parent_id
        AND shard = substr(OLD.id, 36, 1);
END;

-- Without this, INSERT OR REPLACE would count a comment twice.
-- differs: trigger comments_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER comments_not_replaced
BEFORE INSERT ON comments
WHEN
    EXISTS (
        SELECT 1 FROM comments
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'comments_not_replaced: A comment is stored once.');
END;

-- Who likes which comment. Each row is counted while it is there.
CREATE TABLE comment_likes (
    comment_id text NOT NULL,
    user_id text NOT NULL,
    created_at text NOT NULL,

    CONSTRAINT comment_likes_pkey PRIMARY KEY (comment_id, user_id),
    CONSTRAINT comment_likes_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE,
    CONSTRAINT comment_likes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT comment_likes_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT comment_likes_comment_id_type_check CHECK (
        comment_id GLOB '????????-????-????-????-????????????'
        AND length(replace(comment_id, '-', '')) = 32
        AND replace(comment_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT comment_likes_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- Who likes a comment, the newest first, and what a user likes; the second also serves the removal of a user.
CREATE INDEX idx_comment_likes_comment ON comment_likes (comment_id, created_at, user_id);
CREATE INDEX idx_comment_likes_user ON comment_likes (user_id, created_at, comment_id);

-- How many like a comment: the sum of up to sixteen rows. The last digit of the user's id chooses the row, so that
-- writers do not all wait for one.
CREATE TABLE comment_like_counts (
    comment_id text NOT NULL,
    shard text NOT NULL,
    likes integer NOT NULL,

    CONSTRAINT comment_like_counts_pkey PRIMARY KEY (comment_id, shard),
    CONSTRAINT comment_like_counts_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE,

    CONSTRAINT comment_like_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT comment_like_counts_likes_check CHECK (likes >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT comment_like_counts_comment_id_type_check CHECK (
        comment_id GLOB '????????-????-????-????-????????????'
        AND length(replace(comment_id, '-', '')) = 32
        AND replace(comment_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE TRIGGER comment_likes_unchanged
BEFORE UPDATE ON comment_likes
WHEN
    NEW.comment_id <> OLD.comment_id
    OR NEW.user_id <> OLD.user_id
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'comment_likes_unchanged: A like cannot be changed.');
END;

-- Not with ON CONFLICT: OR REPLACE of the statement that fires the trigger would take its place.
CREATE TRIGGER comment_likes_counted_insert
AFTER INSERT ON comment_likes
BEGIN
    INSERT INTO comment_like_counts (comment_id, shard, likes)
    SELECT
        NEW.comment_id,
        substr(NEW.user_id, 36, 1) AS shard,
        0 AS likes
    WHERE NOT EXISTS (
        SELECT 1 FROM comment_like_counts
        WHERE comment_id = NEW.comment_id AND shard = substr(NEW.user_id, 36, 1)
    );
    UPDATE comment_like_counts SET likes = likes + 1
    WHERE comment_id = NEW.comment_id AND shard = substr(NEW.user_id, 36, 1);
END;

CREATE TRIGGER comment_likes_counted_delete
AFTER DELETE ON comment_likes
BEGIN
    UPDATE comment_like_counts SET likes = likes - 1
    WHERE comment_id = OLD.comment_id AND shard = substr(OLD.user_id, 36, 1);
END;

-- Without this, INSERT OR REPLACE would count a like twice.
-- differs: trigger comment_likes_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER comment_likes_not_replaced
BEFORE INSERT ON comment_likes
WHEN
    EXISTS (
        SELECT 1 FROM comment_likes
        WHERE comment_id = NEW.comment_id AND user_id = NEW.user_id
    )
BEGIN
    SELECT RAISE(ABORT, 'comment_likes_not_replaced: A user likes a comment once.');
END;
