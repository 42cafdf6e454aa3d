-- Videos. The words by which the search finds them are made in Python, because both databases need the same ones.
-- `feed_at` is set while everybody can see the video in lists.
CREATE TABLE videos (
    id text NOT NULL,
    owner_id text NOT NULL,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    language text,
    category text,
    tags text NOT NULL DEFAULT '[]',
    duration_ms integer,
    status text NOT NULL DEFAULT 'UPLOADING',
    removed_from text,
    visibility text NOT NULL DEFAULT 'PRIVATE',
    thumbnail text,
    metadata text NOT NULL DEFAULT '{}',
    published_at text,
    created_at text NOT NULL,
    updated_at text NOT NULL,
    title_words text,
    description_words text,
    tags_words text,
    feed_at text GENERATED ALWAYS AS (
        CASE WHEN status = 'READY' AND visibility = 'PUBLIC' THEN published_at END
    ) VIRTUAL,

    CONSTRAINT videos_pkey PRIMARY KEY (id),
    CONSTRAINT videos_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT videos_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT videos_description_check CHECK (length(description) <= 10000),
    CONSTRAINT videos_language_check CHECK (
        length(language) BETWEEN 2 AND 35
        AND language GLOB '[a-z][a-z]*'
        AND language NOT GLOB '*[^A-Za-z0-9-]*'
        AND language NOT GLOB '*--*'
        AND language NOT GLOB '*-'
    ),
    CONSTRAINT videos_category_check CHECK (length(category) BETWEEN 1 AND 50),
    CONSTRAINT videos_tags_check CHECK (json_array_length(tags) <= 30),
    CONSTRAINT videos_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT videos_status_check CHECK (status IN ('UPLOADING', 'PROCESSING', 'READY', 'FAILED', 'REMOVED')),
    CONSTRAINT videos_removed_from_check CHECK (removed_from IN ('UPLOADING', 'PROCESSING', 'READY', 'FAILED')),
    CONSTRAINT videos_removed_check CHECK ((status = 'REMOVED') = (removed_from IS NOT NULL)),
    CONSTRAINT videos_visibility_check CHECK (visibility IN ('PUBLIC', 'UNLISTED', 'FOLLOWERS', 'PRIVATE')),
    CONSTRAINT videos_ready_check CHECK (status <> 'READY' OR duration_ms IS NOT NULL),
    CONSTRAINT videos_published_check CHECK (published_at IS NULL OR coalesce(removed_from, status) = 'READY'),
    CONSTRAINT videos_thumbnail_check CHECK (length(thumbnail) BETWEEN 1 AND 2000),
    CONSTRAINT videos_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT videos_published_at_check CHECK (
        published_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(published_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(published_at, 1, 19), '+0 seconds') IS substr(published_at, 1, 19)
        AND published_at >= '0001'
    ),
    CONSTRAINT videos_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT videos_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT videos_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT videos_owner_id_type_check CHECK (
        owner_id GLOB '????????-????-????-????-????????????'
        AND length(replace(owner_id, '-', '')) = 32
        AND replace(owner_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT videos_tags_type_check CHECK (
        CASE WHEN json_valid(tags) THEN json_type(tags) = 'array' ELSE FALSE END
    ),
    CONSTRAINT videos_title_words_type_check CHECK (
        title_words IS NULL
        OR CASE WHEN json_valid(title_words) THEN json_type(title_words) = 'array' ELSE FALSE END
    ),
    CONSTRAINT videos_description_words_type_check CHECK (
        description_words IS NULL
        OR CASE WHEN json_valid(description_words) THEN json_type(description_words) = 'array' ELSE FALSE END
    ),
    CONSTRAINT videos_tags_words_type_check CHECK (
        tags_words IS NULL
        OR CASE WHEN json_valid(tags_words) THEN json_type(tags_words) = 'array' ELSE FALSE END
    )
) STRICT;

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
    tag text NOT NULL,
    video_id text NOT NULL,
    feed_at text,

    CONSTRAINT video_tags_pkey PRIMARY KEY (tag, video_id),
    CONSTRAINT video_tags_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_tags_tag_check CHECK (length(tag) BETWEEN 1 AND 50),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_tags_feed_at_check CHECK (
        feed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(feed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(feed_at, 1, 19), '+0 seconds') IS substr(feed_at, 1, 19)
        AND feed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_tags_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The tags of a video, and the public feed of a tag.
CREATE INDEX idx_video_tags_video ON video_tags (video_id, tag);
CREATE INDEX idx_video_tags_feed ON video_tags (tag, feed_at, video_id);

CREATE TRIGGER videos_first_status
BEFORE INSERT ON videos
WHEN NEW.status = 'REMOVED'
BEGIN
    SELECT RAISE(ABORT, 'videos_first_status: A new video cannot be a removed one.');
END;

CREATE TRIGGER videos_status_transition
BEFORE UPDATE ON videos
WHEN
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'UPLOADING' AND NEW.status IN ('PROCESSING', 'FAILED'))
        OR (OLD.status = 'PROCESSING' AND NEW.status IN ('READY', 'FAILED'))
        OR (OLD.status = 'FAILED' AND NEW.status IN ('UPLOADING', 'PROCESSING'))
        OR (OLD.status <> 'REMOVED' AND NEW.status = 'REMOVED' AND NEW.removed_from = OLD.status)
        OR (OLD.status = 'REMOVED' AND NEW.status = OLD.removed_from)
    )
BEGIN
    SELECT RAISE(ABORT, 'videos_status_transition: A video cannot go to this status from the one it has.');
END;

CREATE TRIGGER videos_removed_from_kept
BEFORE UPDATE ON videos
WHEN OLD.status = 'REMOVED' AND NEW.removed_from <> OLD.removed_from
BEGIN
    SELECT RAISE(ABORT, 'videos_removed_from_kept: A removed video keeps the status that it had before.');
END;

CREATE TRIGGER videos_unchanged
BEFORE UPDATE ON videos
WHEN NEW.id <> OLD.id
BEGIN
    SELECT RAISE(ABORT, 'videos_unchanged: The id of a video cannot be changed.');
END;

CREATE TRIGGER videos_tags_insert
AFTER INSERT ON videos
WHEN NEW.tags <> '[]'
BEGIN
    SELECT RAISE(ABORT, 'videos_tags_each_once: A video has each tag once, of at most 50 characters.')
    WHERE
        json_array_length(NEW.tags) <> (
            SELECT count(DISTINCT value) FROM json_each(NEW.tags)
            WHERE type = 'text' AND length(value) BETWEEN 1 AND 50
        );
    INSERT INTO video_tags (tag, video_id, feed_at)
    SELECT
        value,
        NEW.id,
        NEW.feed_at
    FROM json_each(NEW.tags);
END;

CREATE TRIGGER videos_tags_update
AFTER UPDATE ON videos
WHEN NEW.tags IS NOT OLD.tags OR NEW.feed_at IS NOT OLD.feed_at
BEGIN
    SELECT RAISE(ABORT, 'videos_tags_each_once: A video has each tag once, of at most 50 characters.')
    WHERE
        json_array_length(NEW.tags) <> (
            SELECT count(DISTINCT value) FROM json_each(NEW.tags)
            WHERE type = 'text' AND length(value) BETWEEN 1 AND 50
        );
    DELETE FROM video_tags
    WHERE
        video_id = NEW.id
        AND tag NOT IN (SELECT value FROM json_each(NEW.tags));
    UPDATE video_tags SET feed_at = NEW.feed_at
    WHERE video_id = NEW.id;
    INSERT INTO video_tags (tag, video_id, feed_at)
    SELECT
        value,
        NEW.id,
        NEW.feed_at
    FROM json_each(NEW.tags)
    WHERE
        value NOT IN (
            SELECT tag FROM video_tags
            WHERE video_id = NEW.id
        );
END;

CREATE TRIGGER video_tags_of_video_insert
AFTER INSERT ON video_tags
WHEN
    EXISTS (
        SELECT 1 FROM videos
        WHERE
            id = NEW.video_id
            AND (feed_at IS NOT NEW.feed_at OR NEW.tag NOT IN (SELECT value FROM json_each(tags)))
    )
BEGIN
    SELECT RAISE(ABORT, 'video_tags_of_video: The tags of a video are changed in videos.tags.');
END;

CREATE TRIGGER video_tags_of_video_update
AFTER UPDATE ON video_tags
WHEN
    EXISTS (
        SELECT 1 FROM videos
        WHERE
            id = NEW.video_id
            AND (feed_at IS NOT NEW.feed_at OR NEW.tag NOT IN (SELECT value FROM json_each(tags)))
    )
BEGIN
    SELECT RAISE(ABORT, 'video_tags_of_video: The tags of a video are changed in videos.tags.');
END;

CREATE TRIGGER video_tags_kept_delete
AFTER DELETE ON video_tags
WHEN
    EXISTS (
        SELECT 1 FROM videos
        WHERE
            id = OLD.video_id
            AND OLD.tag IN (SELECT value FROM json_each(tags))
    )
BEGIN
    SELECT RAISE(ABORT, 'video_tags_of_video: The tags of a video are changed in videos.tags.');
END;

CREATE TRIGGER video_tags_kept_update
AFTER UPDATE ON video_tags
WHEN
    (NEW.tag <> OLD.tag OR NEW.video_id <> OLD.video_id)
    AND EXISTS (
        SELECT 1 FROM videos
        WHERE
            id = OLD.video_id
            AND OLD.tag IN (SELECT value FROM json_each(tags))
    )
BEGIN
    SELECT RAISE(ABORT, 'video_tags_of_video: The tags of a video are changed in videos.tags.');
END;
