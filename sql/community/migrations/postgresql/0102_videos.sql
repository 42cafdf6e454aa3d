-- Videos. The words by which the search finds them are made in Python, because both databases need the same ones.
-- `feed_at` is set while everybody can see the video in lists.
CREATE TABLE videos (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    title text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL DEFAULT '',
    language text COLLATE "C",
    category text COLLATE "C",
    tags text[] COLLATE "C" NOT NULL DEFAULT '{}',
    duration_ms bigint,
    status text COLLATE "C" NOT NULL DEFAULT 'UPLOADING',
    removed_from text COLLATE "C",
    visibility text COLLATE "C" NOT NULL DEFAULT 'PRIVATE',
    thumbnail text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    published_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    title_words text[] COLLATE "C",
    description_words text[] COLLATE "C",
    tags_words text[] COLLATE "C",
    feed_at timestamptz GENERATED ALWAYS AS (
        CASE WHEN status = 'READY' AND visibility = 'PUBLIC' THEN published_at END
    ) STORED,

    CONSTRAINT videos_pkey PRIMARY KEY (id),
    CONSTRAINT videos_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT videos_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT videos_description_check CHECK (length(description) <= 10000),
    CONSTRAINT videos_language_check CHECK (
        length(language) BETWEEN 2 AND 35
        AND language ~ '^[a-z][a-z][A-Za-z0-9-]*$' AND language !~ '(--|-$)'
    ),
    CONSTRAINT videos_category_check CHECK (length(category) BETWEEN 1 AND 50),
    CONSTRAINT videos_tags_check CHECK (cardinality(tags) <= 30),
    CONSTRAINT videos_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT videos_status_check CHECK (status IN ('UPLOADING', 'PROCESSING', 'READY', 'FAILED', 'REMOVED')),
    CONSTRAINT videos_removed_from_check CHECK (removed_from IN ('UPLOADING', 'PROCESSING', 'READY', 'FAILED')),
    CONSTRAINT videos_removed_check CHECK ((status = 'REMOVED') = (removed_from IS NOT NULL)),
    CONSTRAINT videos_visibility_check CHECK (visibility IN ('PUBLIC', 'UNLISTED', 'FOLLOWERS', 'PRIVATE')),
    CONSTRAINT videos_ready_check CHECK (status <> 'READY' OR duration_ms IS NOT NULL),
    CONSTRAINT videos_published_check CHECK (published_at IS NULL OR coalesce(removed_from, status) = 'READY'),
    CONSTRAINT videos_thumbnail_check CHECK (length(thumbnail) BETWEEN 1 AND 2000),
    CONSTRAINT videos_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT videos_published_at_check CHECK (
        published_at >= '0001-01-01 00:00:00+00'
        AND published_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT videos_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT videos_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);

-- The videos of an owner, alone and by status, and the public feed, alone and by language, category or both.
CREATE INDEX idx_videos_owner ON videos (owner_id, created_at, id);
CREATE INDEX idx_videos_owner_status ON videos (owner_id, status, created_at, id);
CREATE INDEX idx_videos_feed ON videos (feed_at, id);
CREATE INDEX idx_videos_language_feed ON videos (language, feed_at, id);
CREATE INDEX idx_videos_category_feed ON videos (category, feed_at, id);
CREATE INDEX idx_videos_language_category_feed ON videos (language, category, feed_at, id);

-- The tags of `videos.tags` once more, by which videos are found, with `feed_at` of the video. Triggers keep them, and
-- refuse what does not agree with the video.
CREATE TABLE video_tags (
    tag text COLLATE "C" NOT NULL,
    video_id uuid NOT NULL,
    feed_at timestamptz,

    CONSTRAINT video_tags_pkey PRIMARY KEY (tag, video_id),
    CONSTRAINT video_tags_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_tags_tag_check CHECK (length(tag) BETWEEN 1 AND 50),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_tags_feed_at_check CHECK (
        feed_at >= '0001-01-01 00:00:00+00'
        AND feed_at < '10000-01-01 00:00:00+00'
    )
);

-- The tags of a video, and the public feed of a tag.
CREATE INDEX idx_video_tags_video ON video_tags (video_id, tag);
CREATE INDEX idx_video_tags_feed ON video_tags (tag, feed_at, video_id);

CREATE FUNCTION videos_first_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'videos_first_status: A new video cannot be a removed one.';
END;
$$;

CREATE TRIGGER videos_first_status
BEFORE INSERT ON videos
FOR EACH ROW
WHEN (NEW.status = 'REMOVED')
EXECUTE FUNCTION videos_first_status();

CREATE FUNCTION videos_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'videos_status_transition: A video cannot go to this status from the one it has.';
END;
$$;

CREATE TRIGGER videos_status_transition
BEFORE UPDATE ON videos
FOR EACH ROW
WHEN (
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'UPLOADING' AND NEW.status IN ('PROCESSING', 'FAILED'))
        OR (OLD.status = 'PROCESSING' AND NEW.status IN ('READY', 'FAILED'))
        OR (OLD.status = 'FAILED' AND NEW.status IN ('UPLOADING', 'PROCESSING'))
        OR (OLD.status <> 'REMOVED' AND NEW.status = 'REMOVED' AND NEW.removed_from = OLD.status)
        OR (OLD.status = 'REMOVED' AND NEW.status = OLD.removed_from)
    )
)
EXECUTE FUNCTION videos_status_transition();

CREATE FUNCTION videos_removed_from_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'videos_removed_from_kept: A removed video keeps the status that it had before.';
END;
$$;

CREATE TRIGGER videos_removed_from_kept
BEFORE UPDATE ON videos
FOR EACH ROW
WHEN (OLD.status = 'REMOVED' AND NEW.removed_from <> OLD.removed_from)
EXECUTE FUNCTION videos_removed_from_kept();

CREATE FUNCTION videos_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'videos_unchanged: The id of a video cannot be changed.';
END;
$$;

CREATE TRIGGER videos_unchanged
BEFORE UPDATE ON videos
FOR EACH ROW
WHEN (NEW.id <> OLD.id)
EXECUTE FUNCTION videos_unchanged();

CREATE FUNCTION videos_tags_insert() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added
        WHERE
            cardinality(tags) <> (SELECT count(DISTINCT tag) FROM unnest(tags) AS tag WHERE length(tag) BETWEEN 1 AND 50)
            OR array_ndims(tags) > 1
    ) THEN
        RAISE EXCEPTION 'videos_tags_each_once: A video has each tag once, of at most 50 characters.';
    END IF;
    EXECUTE format(
        'INSERT INTO %I.video_tags (tag, video_id, feed_at) SELECT unnest(tags), id, feed_at FROM added',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

-- One statement for all rows of an import.
CREATE TRIGGER videos_tags_insert
AFTER INSERT ON videos
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION videos_tags_insert();

CREATE FUNCTION videos_tags_update() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF
        cardinality(NEW.tags)
        <> (SELECT count(DISTINCT tag) FROM unnest(NEW.tags) AS tag WHERE length(tag) BETWEEN 1 AND 50)
        OR array_ndims(NEW.tags) > 1
    THEN
        RAISE EXCEPTION 'videos_tags_each_once: A video has each tag once, of at most 50 characters.';
    END IF;
    EXECUTE format('DELETE FROM %I.video_tags WHERE video_id = $1 AND tag <> ALL($2)', TG_TABLE_SCHEMA)
    USING NEW.id, NEW.tags;
    EXECUTE format('UPDATE %I.video_tags SET feed_at = $2 WHERE video_id = $1', TG_TABLE_SCHEMA)
    USING NEW.id, NEW.feed_at;
    EXECUTE format(
        'INSERT INTO %I.video_tags (tag, video_id, feed_at) SELECT unnest($2), $1, $3 ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA
    )
    USING NEW.id, NEW.tags, NEW.feed_at;
    RETURN NULL;
END;
$$;

CREATE TRIGGER videos_tags_update
AFTER UPDATE ON videos
FOR EACH ROW WHEN (NEW.tags IS DISTINCT FROM OLD.tags OR NEW.feed_at IS DISTINCT FROM OLD.feed_at)
EXECUTE FUNCTION videos_tags_update();

CREATE FUNCTION video_tags_of_video() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_other boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.videos ON added.video_id = videos.id'
        ' WHERE added.tag <> ALL(videos.tags) OR added.feed_at IS DISTINCT FROM videos.feed_at)',
        TG_TABLE_SCHEMA
    )
    INTO is_other;
    IF is_other THEN
        RAISE EXCEPTION 'video_tags_of_video: The tags of a video are changed in videos.tags.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER video_tags_of_video_insert
AFTER INSERT ON video_tags
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION video_tags_of_video();

CREATE TRIGGER video_tags_of_video_update
AFTER UPDATE ON video_tags
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION video_tags_of_video();

CREATE FUNCTION video_tags_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_missing boolean;
BEGIN
    -- After an UPDATE, the tags that were changed are looked for again under their new key.
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM gone INNER JOIN %1$I.videos ON gone.video_id = videos.id'
        ' WHERE gone.tag = ANY(videos.tags) AND NOT EXISTS ('
        'SELECT 1 FROM %1$I.video_tags WHERE video_tags.tag = gone.tag AND video_tags.video_id = gone.video_id))',
        TG_TABLE_SCHEMA
    )
    INTO is_missing;
    IF is_missing THEN
        RAISE EXCEPTION 'video_tags_of_video: The tags of a video are changed in videos.tags.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER video_tags_kept_delete
AFTER DELETE ON video_tags
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION video_tags_kept();

CREATE TRIGGER video_tags_kept_update
AFTER UPDATE ON video_tags
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION video_tags_kept();
