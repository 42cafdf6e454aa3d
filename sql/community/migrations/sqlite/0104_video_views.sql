-- Who has viewed what: once per viewer and hour. Each row is counted when it comes, and stays counted when it goes.
CREATE TABLE video_views (
    video_id text NOT NULL,
    viewer_id text NOT NULL,
    hour text NOT NULL,
    viewed_at text NOT NULL,

    CONSTRAINT video_views_pkey PRIMARY KEY (video_id, viewer_id, hour),
    CONSTRAINT video_views_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT video_views_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT video_views_whole_hour_check CHECK (hour = substr(viewed_at, 1, 13) || ':00:00.000000Z'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_views_hour_check CHECK (
        hour GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(hour, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(hour, 1, 19), '+0 seconds') IS substr(hour, 1, 19)
        AND hour >= '0001'
    ),
    CONSTRAINT video_views_viewed_at_check CHECK (
        viewed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(viewed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(viewed_at, 1, 19), '+0 seconds') IS substr(viewed_at, 1, 19)
        AND viewed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_views_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT video_views_viewer_id_type_check CHECK (
        viewer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(viewer_id, '-', '')) = 32
        AND replace(viewer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The purge of old views, and the removal of a user.
CREATE INDEX idx_video_views_hour ON video_views (hour, video_id, viewer_id);
CREATE INDEX idx_video_views_viewer ON video_views (viewer_id, hour, video_id);

-- How often a video was viewed: the sum of up to sixteen rows. The viewer's id chooses the row, so that writers do not
-- all wait for one.
CREATE TABLE video_view_counts (
    video_id text NOT NULL,
    shard text NOT NULL,
    views integer NOT NULL,

    CONSTRAINT video_view_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_view_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_view_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT video_view_counts_views_check CHECK (views >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_view_counts_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The same for each day in UTC.
CREATE TABLE video_views_by_day (
    video_id text NOT NULL,
    day text NOT NULL,
    shard text NOT NULL,
    views integer NOT NULL,

    CONSTRAINT video_views_by_day_pkey PRIMARY KEY (video_id, day, shard),
    CONSTRAINT video_views_by_day_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_views_by_day_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT video_views_by_day_views_check CHECK (views >= 0),

    CONSTRAINT video_views_by_day_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001'),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_views_by_day_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- What is viewed most in a span of days.
CREATE INDEX idx_video_views_by_day_day ON video_views_by_day (day, video_id, views);

-- What was viewed most in a span of days, as it was when the list was last refreshed.
CREATE TABLE video_trends (
    days integer NOT NULL,
    video_id text NOT NULL,
    views integer NOT NULL,
    refreshed_at text NOT NULL,

    CONSTRAINT video_trends_pkey PRIMARY KEY (days, video_id),
    CONSTRAINT video_trends_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_trends_days_check CHECK (days BETWEEN 1 AND 366),
    CONSTRAINT video_trends_views_check CHECK (views > 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_trends_refreshed_at_check CHECK (
        refreshed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(refreshed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(refreshed_at, 1, 19), '+0 seconds') IS substr(refreshed_at, 1, 19)
        AND refreshed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_trends_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_video_trends_views ON video_trends (days, views, video_id);
CREATE INDEX idx_video_trends_video ON video_trends (video_id);

CREATE TRIGGER video_views_unchanged
BEFORE UPDATE ON video_views
WHEN
    NEW.video_id <> OLD.video_id
    OR NEW.viewer_id <> OLD.viewer_id
    OR NEW.hour <> OLD.hour
    OR NEW.viewed_at <> OLD.viewed_at
BEGIN
    SELECT RAISE(ABORT, 'video_views_unchanged: A view cannot be changed.');
END;

-- Not with ON CONFLICT: OR REPLACE of the statement that fires the trigger would take its place.
CREATE TRIGGER video_views_counted
AFTER INSERT ON video_views
BEGIN
    INSERT INTO video_view_counts (video_id, shard, views)
    SELECT
        NEW.video_id,
        substr(NEW.viewer_id, 36, 1) AS shard,
        0 AS views
    WHERE NOT EXISTS (
        SELECT 1 FROM video_view_counts
        WHERE video_id = NEW.video_id AND shard = substr(NEW.viewer_id, 36, 1)
    );
    UPDATE video_view_counts SET views = views + 1
    WHERE video_id = NEW.video_id AND shard = substr(NEW.viewer_id, 36, 1);
    INSERT INTO video_views_by_day (video_id, day, shard, views)
    SELECT
        NEW.video_id,
        substr(NEW.viewed_at, 1, 10) AS day,
        substr(NEW.viewer_id, 36, 1) AS shard,
        0 AS views
    WHERE NOT EXISTS (
        SELECT 1 FROM video_views_by_day
        WHERE
            video_id = NEW.video_id
            AND day = substr(NEW.viewed_at, 1, 10)
            AND shard = substr(NEW.viewer_id, 36, 1)
    );
    UPDATE video_views_by_day SET views = views + 1
    WHERE
        video_id = NEW.video_id
        AND day = substr(NEW.viewed_at, 1, 10)
        AND shard = substr(NEW.viewer_id, 36, 1);
END;

-- Without this, INSERT OR REPLACE would count a view twice.
-- differs: trigger video_views_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER video_views_not_replaced
BEFORE INSERT ON video_views
WHEN
    EXISTS (
        SELECT 1 FROM video_views
        WHERE video_id = NEW.video_id AND viewer_id = NEW.viewer_id AND hour = NEW.hour
    )
BEGIN
    SELECT RAISE(ABORT, 'video_views_not_replaced: A view is counted once per viewer and hour.');
END;
