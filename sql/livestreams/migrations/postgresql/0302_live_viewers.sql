-- Who watches a livestream, and for how long: one row for each viewer, which each report changes in its place. No index
-- has the columns that change. On PostgreSQL half of each page stays free, so that a change leaves all indexes alone.
CREATE TABLE live_viewers (
    livestream_id uuid NOT NULL,
    viewer_id uuid NOT NULL,
    joined_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    watched_ms bigint NOT NULL DEFAULT 0,

    CONSTRAINT live_viewers_pkey PRIMARY KEY (livestream_id, viewer_id),
    CONSTRAINT live_viewers_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT live_viewers_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT live_viewers_span_check CHECK (seen_at >= joined_at),
    CONSTRAINT live_viewers_watched_ms_check CHECK (watched_ms >= 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_viewers_joined_at_check CHECK (
        joined_at >= '0001-01-01 00:00:00+00'
        AND joined_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT live_viewers_seen_at_check CHECK (
        seen_at >= '0001-01-01 00:00:00+00'
        AND seen_at < '10000-01-01 00:00:00+00'
    )
) WITH (fillfactor = 50);

-- What a user has watched, for the export and the removal of the user.
CREATE INDEX idx_live_viewers_viewer ON live_viewers (viewer_id, livestream_id);

-- One row for each livestream that somebody has watched. `viewers` is a sample of those who are there, and `peak` the
-- largest of them. What rows of `live_viewers` had when they were deleted is counted in `past_viewers` and
-- `past_watched_ms`. `language` and `category` are those of the livestream at the sample, for lists by viewers.
-- `closed_at` is set when the livestream is over and its viewers are deleted.
CREATE TABLE live_viewer_counts (
    livestream_id uuid NOT NULL,
    viewers bigint NOT NULL DEFAULT 0,
    peak bigint NOT NULL DEFAULT 0,
    past_viewers bigint NOT NULL DEFAULT 0,
    past_watched_ms bigint NOT NULL DEFAULT 0,
    language text COLLATE "C",
    category text COLLATE "C",
    sampled_at timestamptz,
    closed_at timestamptz,

    CONSTRAINT live_viewer_counts_pkey PRIMARY KEY (livestream_id),
    CONSTRAINT live_viewer_counts_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT live_viewer_counts_viewers_check CHECK (viewers >= 0),
    CONSTRAINT live_viewer_counts_peak_check CHECK (peak >= viewers),
    CONSTRAINT live_viewer_counts_past_viewers_check CHECK (past_viewers >= 0),
    CONSTRAINT live_viewer_counts_past_watched_ms_check CHECK (past_watched_ms >= 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_viewer_counts_sampled_at_check CHECK (
        sampled_at >= '0001-01-01 00:00:00+00'
        AND sampled_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT live_viewer_counts_closed_at_check CHECK (
        closed_at >= '0001-01-01 00:00:00+00'
        AND closed_at < '10000-01-01 00:00:00+00'
    )
);

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

CREATE FUNCTION live_viewers_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'live_viewers_forward: A viewer keeps the beginning, and what was watched only grows.';
END;
$$;

CREATE TRIGGER live_viewers_forward
BEFORE UPDATE ON live_viewers
FOR EACH ROW
WHEN (
    NEW.livestream_id <> OLD.livestream_id
    OR NEW.viewer_id <> OLD.viewer_id
    OR NEW.joined_at <> OLD.joined_at
    OR NEW.seen_at < OLD.seen_at
    OR NEW.watched_ms < OLD.watched_ms
)
EXECUTE FUNCTION live_viewers_forward();

CREATE FUNCTION live_viewer_counts_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'live_viewer_counts_forward: The peak and what was counted only grow.';
END;
$$;

CREATE TRIGGER live_viewer_counts_forward
BEFORE UPDATE ON live_viewer_counts
FOR EACH ROW
WHEN (
    NEW.livestream_id <> OLD.livestream_id
    OR NEW.peak < OLD.peak
    OR NEW.past_viewers < OLD.past_viewers
    OR NEW.past_watched_ms < OLD.past_watched_ms
)
EXECUTE FUNCTION live_viewer_counts_forward();

-- Once for each statement, and only for viewers who are new.
CREATE FUNCTION live_viewers_joined() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_early boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.livestreams ON added.livestream_id = livestreams.id'
        ' WHERE livestreams.started_at IS NULL OR added.joined_at < livestreams.started_at)',
        TG_TABLE_SCHEMA
    )
    INTO is_early;
    IF is_early THEN
        RAISE EXCEPTION 'live_viewers_started: Nobody watches a livestream before it begins.';
    END IF;
    EXECUTE format(
        'INSERT INTO %I.live_viewer_counts (livestream_id)'
        ' SELECT DISTINCT livestream_id FROM added ORDER BY livestream_id ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'UPDATE %I.live_viewer_counts SET closed_at = NULL'
        ' WHERE livestream_id IN (SELECT livestream_id FROM added) AND closed_at IS NOT NULL',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER live_viewers_joined
AFTER INSERT ON live_viewers
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION live_viewers_joined();

-- Not for viewers of a livestream that is deleted: its count goes with it.
CREATE FUNCTION live_viewers_left() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO %1$I.live_viewer_counts AS counted (livestream_id, past_viewers, past_watched_ms)'
        ' SELECT gone.livestream_id, count(*), sum(gone.watched_ms) FROM gone'
        ' INNER JOIN %1$I.livestreams ON gone.livestream_id = livestreams.id'
        ' GROUP BY gone.livestream_id ORDER BY gone.livestream_id'
        ' ON CONFLICT (livestream_id) DO UPDATE SET past_viewers = counted.past_viewers + excluded.past_viewers,'
        ' past_watched_ms = counted.past_watched_ms + excluded.past_watched_ms',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER live_viewers_left
AFTER DELETE ON live_viewers
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION live_viewers_left();
