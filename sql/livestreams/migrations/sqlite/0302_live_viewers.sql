-- Who watches a livestream, and for how long: one row for each viewer, which each report changes in its place. No index
-- has the columns that change. On PostgreSQL half of each page stays free, so that a change leaves all indexes alone.
CREATE TABLE live_viewers (
    livestream_id text NOT NULL,
    viewer_id text NOT NULL,
    joined_at text NOT NULL,
    seen_at text NOT NULL,
    watched_ms integer NOT NULL DEFAULT 0,

    CONSTRAINT live_viewers_pkey PRIMARY KEY (livestream_id, viewer_id),
    CONSTRAINT live_viewers_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT live_viewers_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT live_viewers_span_check CHECK (seen_at >= joined_at),
    CONSTRAINT live_viewers_watched_ms_check CHECK (watched_ms >= 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_viewers_joined_at_check CHECK (
        joined_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(joined_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(joined_at, 1, 19), '+0 seconds') IS substr(joined_at, 1, 19)
        AND joined_at >= '0001'
    ),
    CONSTRAINT live_viewers_seen_at_check CHECK (
        seen_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(seen_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(seen_at, 1, 19), '+0 seconds') IS substr(seen_at, 1, 19)
        AND seen_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT live_viewers_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_viewers_viewer_id_type_check CHECK (
        viewer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(viewer_id, '-', '')) = 32
        AND replace(viewer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- What a user has watched, for the export and the removal of the user.
CREATE INDEX idx_live_viewers_viewer ON live_viewers (viewer_id, livestream_id);

-- One row for each livestream that somebody has watched. `viewers` is a sample of those who are there, and `peak` the
-- largest of them. What rows of `live_viewers` had when they were deleted is counted in `past_viewers` and
-- `past_watched_ms`. `language` and `category` are those of the livestream at the sample, for lists by viewers.
-- `closed_at` is set when the livestream is over and its viewers are deleted.
CREATE TABLE live_viewer_counts (
    livestream_id text NOT NULL,
    viewers integer NOT NULL DEFAULT 0,
    peak integer NOT NULL DEFAULT 0,
    past_viewers integer NOT NULL DEFAULT 0,
    past_watched_ms integer NOT NULL DEFAULT 0,
    language text,
    category text,
    sampled_at text,
    closed_at text,

    CONSTRAINT live_viewer_counts_pkey PRIMARY KEY (livestream_id),
    CONSTRAINT live_viewer_counts_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT live_viewer_counts_viewers_check CHECK (viewers >= 0),
    CONSTRAINT live_viewer_counts_peak_check CHECK (peak >= viewers),
    CONSTRAINT live_viewer_counts_past_viewers_check CHECK (past_viewers >= 0),
    CONSTRAINT live_viewer_counts_past_watched_ms_check CHECK (past_watched_ms >= 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_viewer_counts_sampled_at_check CHECK (
        sampled_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(sampled_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(sampled_at, 1, 19), '+0 seconds') IS substr(sampled_at, 1, 19)
        AND sampled_at >= '0001'
    ),
    CONSTRAINT live_viewer_counts_closed_at_check CHECK (
        closed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(closed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(closed_at, 1, 19), '+0 seconds') IS substr(closed_at, 1, 19)
        AND closed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT live_viewer_counts_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The livestreams with the most viewers, alone and by language, category or both, and those whose viewers are not
-- deleted yet.
CREATE INDEX idx_live_viewer_counts_viewers ON live_viewer_counts (viewers, livestream_id)
WHERE viewers > 0;
CREATE INDEX idx_live_viewer_counts_language ON live_viewer_counts (language, viewers, livestream_id)
WHERE viewers > 0;
CREATE INDEX idx_live_viewer_counts_category ON live_viewer_counts (category, viewers, livestream_id)
WHERE viewers > 0;
CREATE INDEX idx_live_viewer_counts_language_category ON live_viewer_counts (language, category, viewers, livestream_id)
WHERE viewers > 0;
CREATE INDEX idx_live_viewer_counts_open ON live_viewer_counts (closed_at, livestream_id);

CREATE TRIGGER live_viewers_forward
BEFORE UPDATE ON live_viewers
WHEN
    NEW.livestream_id <> OLD.livestream_id
    OR NEW.viewer_id <> OLD.viewer_id
    OR NEW.joined_at <> OLD.joined_at
    OR NEW.seen_at < OLD.seen_at
    OR NEW.watched_ms < OLD.watched_ms
BEGIN
    SELECT RAISE(ABORT, 'live_viewers_forward: A viewer keeps the beginning, and what was watched only grows.');
END;

CREATE TRIGGER live_viewer_counts_forward
BEFORE UPDATE ON live_viewer_counts
WHEN
    NEW.livestream_id <> OLD.livestream_id
    OR NEW.peak < OLD.peak
    OR NEW.past_viewers < OLD.past_viewers
    OR NEW.past_watched_ms < OLD.past_watched_ms
BEGIN
    SELECT RAISE(ABORT, 'live_viewer_counts_forward: The peak and what was counted only grow.');
END;

CREATE TRIGGER live_viewers_joined
AFTER INSERT ON live_viewers
BEGIN
    SELECT RAISE(ABORT, 'live_viewers_started: Nobody watches a livestream before it begins.')
    FROM livestreams
    WHERE id = NEW.livestream_id AND (started_at IS NULL OR NEW.joined_at < started_at);
    INSERT INTO live_viewer_counts (livestream_id)
    SELECT NEW.livestream_id
    WHERE NOT EXISTS (
        SELECT 1 FROM live_viewer_counts
        WHERE livestream_id = NEW.livestream_id
    );
    UPDATE live_viewer_counts SET closed_at = NULL
    WHERE livestream_id = NEW.livestream_id AND closed_at IS NOT NULL;
END;

-- Not for viewers of a livestream that is deleted: its count goes with it.
CREATE TRIGGER live_viewers_left
AFTER DELETE ON live_viewers
BEGIN
    UPDATE live_viewer_counts
    SET
        past_viewers = past_viewers + 1,
        past_watched_ms = past_watched_ms + OLD.watched_ms
    WHERE livestream_id = OLD.livestream_id;
END;

-- differs: trigger live_viewers_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER live_viewers_not_replaced
BEFORE INSERT ON live_viewers
WHEN
    EXISTS (
        SELECT 1 FROM live_viewers
        WHERE livestream_id = NEW.livestream_id AND viewer_id = NEW.viewer_id
    )
BEGIN
    SELECT RAISE(ABORT, 'live_viewers_not_replaced: A viewer has one row for each livestream.');
END;
