-- Comments on videos, and answers to them: trees of at most eight levels. A removed comment has no text. It stays while
-- it has answers, and goes with the last of them.
CREATE TABLE comments (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    parent_id uuid,
    root_id uuid NOT NULL,
    depth bigint NOT NULL,
    author_id uuid,
    body text COLLATE "C",
    status text COLLATE "C" NOT NULL DEFAULT 'VISIBLE',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    edited_at timestamptz,

    CONSTRAINT comments_pkey PRIMARY KEY (id),
    CONSTRAINT comments_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT comments_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES comments (id),
    CONSTRAINT comments_author_id_fkey FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT comments_depth_check CHECK (depth BETWEEN 1 AND 8),
    CONSTRAINT comments_root_check CHECK ((parent_id IS NULL) = (depth = 1) AND (parent_id IS NULL) = (root_id = id)),
    CONSTRAINT comments_body_check CHECK (length(body) BETWEEN 1 AND 10000),
    CONSTRAINT comments_status_check CHECK (status IN ('VISIBLE', 'REMOVED')),
    CONSTRAINT comments_removed_check CHECK ((status = 'REMOVED') = (body IS NULL)),
    CONSTRAINT comments_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT comments_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT comments_edited_at_check CHECK (
        edited_at >= '0001-01-01 00:00:00+00'
        AND edited_at < '10000-01-01 00:00:00+00'
    )
);

-- The first comments of a video, the answers to a comment, and the comments of a user.
CREATE INDEX idx_comments_video ON comments (video_id, depth, created_at, id);
CREATE INDEX idx_comments_parent ON comments (parent_id, created_at, id);
CREATE INDEX idx_comments_author ON comments (author_id, created_at, id);

-- How many comments a video has that are not removed: the sum of up to sixteen rows. The last digit of the comment's id
-- chooses the row, so that writers do not all wait for one.
CREATE TABLE video_comment_counts (
    video_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    comments bigint NOT NULL,

    CONSTRAINT video_comment_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_comment_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_comment_counts_shard_check CHECK (
        length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0
    ),
    CONSTRAINT video_comment_counts_comments_check CHECK (comments >= 0)
);

-- The same for the answers to a comment.
CREATE TABLE answer_counts (
    comment_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    answers bigint NOT NULL,

    CONSTRAINT answer_counts_pkey PRIMARY KEY (comment_id, shard),
    CONSTRAINT answer_counts_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE,

    CONSTRAINT answer_counts_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT answer_counts_answers_check CHECK (answers >= 0)
);

CREATE FUNCTION comments_first_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'comments_first_status: A new comment has an author and is not removed.';
END;
$$;

CREATE TRIGGER comments_first_status
BEFORE INSERT ON comments
FOR EACH ROW
WHEN (NEW.status = 'REMOVED' OR NEW.author_id IS NULL)
EXECUTE FUNCTION comments_first_status();

CREATE FUNCTION comments_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'comments_status_transition: A removed comment stays removed.';
END;
$$;

CREATE TRIGGER comments_status_transition
BEFORE UPDATE ON comments
FOR EACH ROW
WHEN (OLD.status = 'REMOVED' AND NEW.status <> OLD.status)
EXECUTE FUNCTION comments_status_transition();

CREATE FUNCTION comments_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'comments_unchanged: The place of a comment cannot be changed.';
END;
$$;

CREATE TRIGGER comments_unchanged
BEFORE UPDATE ON comments
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.video_id <> OLD.video_id
    OR NEW.parent_id IS DISTINCT FROM OLD.parent_id
    OR NEW.root_id <> OLD.root_id
    OR NEW.depth <> OLD.depth
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION comments_unchanged();

CREATE FUNCTION comments_answer() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_right boolean;
BEGIN
    -- Until this transaction ends, the comment that is answered cannot be removed.
    EXECUTE format(
        'SELECT status = ''VISIBLE'' AND video_id = $2 AND root_id = $3 AND depth + 1 = $4'
        ' FROM %I.comments WHERE id = $1 FOR SHARE',
        TG_TABLE_SCHEMA
    )
    INTO is_right USING NEW.parent_id, NEW.video_id, NEW.root_id, NEW.depth;
    IF is_right IS NOT TRUE THEN
        RAISE EXCEPTION 'comments_answer: An answer belongs one level below a comment that is not removed.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER comments_answer
BEFORE INSERT ON comments
FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL)
EXECUTE FUNCTION comments_answer();

CREATE FUNCTION comments_counted() RETURNS trigger
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

CREATE TRIGGER comments_counted
AFTER INSERT ON comments
FOR EACH ROW
EXECUTE FUNCTION comments_counted();

CREATE FUNCTION comments_author_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'UPDATE %I.comments SET status = ''REMOVED'', body = NULL, metadata = ''{}'' WHERE id = $1', TG_TABLE_SCHEMA
    )
    USING NEW.id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER comments_author_gone
AFTER UPDATE ON comments
FOR EACH ROW WHEN (NEW.author_id IS NULL AND NEW.status <> 'REMOVED')
EXECUTE FUNCTION comments_author_gone();

CREATE FUNCTION comments_removed() RETURNS trigger
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
        'UPDATE %I.video_comment_counts SET comments = comments - 1 WHERE video_id = $1 AND shard = $2',
        TG_TABLE_SCHEMA
    )
    USING OLD.video_id, substr(OLD.id::text, 36, 1);
    EXECUTE format(
        'UPDATE %I.answer_counts SET answers = answers - 1 WHERE comment_id = $1 AND shard = $2',
        TG_TABLE_SCHEMA
    )
    USING OLD.parent_id, substr(OLD.id::text, 36, 1);
    RETURN NULL;
END;
$$;

CREATE TRIGGER comments_removed
AFTER UPDATE ON comments
FOR EACH ROW WHEN (NEW.status = 'REMOVED' AND OLD.status <> 'REMOVED')
EXECUTE FUNCTION comments_removed();

CREATE FUNCTION comments_deleted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.parent_id IS NOT NULL THEN
        -- The change makes other transactions wait that answer, remove or delete comments right here, whatever their
        -- isolation level, so that no removed comment stays without answers.
        EXECUTE format('UPDATE %I.comments SET status = status WHERE id = $1', TG_TABLE_SCHEMA) USING OLD.parent_id;
        EXECUTE format(
            'DELETE FROM %I.comments WHERE id = $1 AND status = ''REMOVED'''
            ' AND NOT EXISTS (SELECT 1 FROM %I.comments AS answers WHERE answers.parent_id = $1)',
            TG_TABLE_SCHEMA, TG_TABLE_SCHEMA
        )
        USING OLD.parent_id;
    END IF;
    IF OLD.status <> 'REMOVED' THEN
        EXECUTE format(
            'UPDATE %I.video_comment_counts SET comments = comments - 1 WHERE video_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.video_id, substr(OLD.id::text, 36, 1);
        EXECUTE format(
            'UPDATE %I.answer_counts SET answers = answers - 1 WHERE comment_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.parent_id, substr(OLD.id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER comments_deleted
AFTER DELETE ON comments
FOR EACH ROW
EXECUTE FUNCTION comments_deleted();

-- Who likes which comment. Each row is counted while it is there.
CREATE TABLE comment_likes (
    comment_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT comment_likes_pkey PRIMARY KEY (comment_id, user_id),
    CONSTRAINT comment_likes_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE,
    CONSTRAINT comment_likes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT comment_likes_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- Who likes a comment, the newest first, and what a user likes; the second also serves the removal of a user.
CREATE INDEX idx_comment_likes_comment ON comment_likes (comment_id, created_at, user_id);
CREATE INDEX idx_comment_likes_user ON comment_likes (user_id, created_at, comment_id);

-- How many like a comment: the sum of up to sixteen rows. The last digit of the user's id chooses the row, so that
-- writers do not all wait for one.
CREATE TABLE comment_like_counts (
    comment_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    likes bigint NOT NULL,

    CONSTRAINT comment_like_counts_pkey PRIMARY KEY (comment_id, shard),
    CONSTRAINT comment_like_counts_comment_id_fkey FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE,

    CONSTRAINT comment_like_counts_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT comment_like_counts_likes_check CHECK (likes >= 0)
);

CREATE FUNCTION comment_likes_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'comment_likes_unchanged: A like cannot be changed.';
END;
$$;

CREATE TRIGGER comment_likes_unchanged
BEFORE UPDATE ON comment_likes
FOR EACH ROW
WHEN (
    NEW.comment_id <> OLD.comment_id
    OR NEW.user_id <> OLD.user_id
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION comment_likes_unchanged();

CREATE FUNCTION comment_likes_counted() RETURNS trigger
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

CREATE TRIGGER comment_likes_counted_insert
AFTER INSERT ON comment_likes
FOR EACH ROW
EXECUTE FUNCTION comment_likes_counted();

CREATE TRIGGER comment_likes_counted_delete
AFTER DELETE ON comment_likes
FOR EACH ROW
EXECUTE FUNCTION comment_likes_counted();
