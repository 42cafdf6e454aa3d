-- Who has viewed what: once per viewer and hour. Each row is counted when it comes, and stays counted when it goes.
CREATE TABLE video_views (
    video_id uuid NOT NULL,
    viewer_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    viewed_at timestamptz NOT NULL,

    CONSTRAINT video_views_pkey PRIMARY KEY (video_id, viewer_id, hour),
    CONSTRAINT video_views_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT video_views_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT video_views_whole_hour_check CHECK (
        hour = date_trunc('hour', viewed_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_views_hour_check CHECK (
        hour >= '0001-01-01 00:00:00+00'
        AND hour < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT video_views_viewed_at_check CHECK (
        viewed_at >= '0001-01-01 00:00:00+00'
        AND viewed_at < '10000-01-01 00:00:00+00'
    )
);

-- The purge of old views, and the removal of a user.
CREATE INDEX idx_video_views_hour ON video_views (hour, video_id, viewer_id);
CREATE INDEX idx_video_views_viewer ON video_views (viewer_id, hour, video_id);

-- How often a video was viewed: the sum of up to sixteen rows. The viewer's id chooses the row, so that writers do not
-- all wait for one.
CREATE TABLE video_view_counts (
    video_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    views bigint NOT NULL,

    CONSTRAINT video_view_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_view_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_view_counts_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT video_view_counts_views_check CHECK (views >= 0)
);

-- The same for each day in UTC.
CREATE TABLE video_views_by_day (
    video_id uuid NOT NULL,
    day date NOT NULL,
    shard text COLLATE "C" NOT NULL,
    views bigint NOT NULL,

    CONSTRAINT video_views_by_day_pkey PRIMARY KEY (video_id, day, shard),
    CONSTRAINT video_views_by_day_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_views_by_day_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT video_views_by_day_views_check CHECK (views >= 0),

    CONSTRAINT video_views_by_day_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31')
);

-- What is viewed most in a span of days.
CREATE INDEX idx_video_views_by_day_day ON video_views_by_day (day, video_id, views);

-- What was viewed most in a span of days, as it was when the list was last refreshed.
CREATE TABLE video_trends (
    days bigint NOT NULL,
    video_id uuid NOT NULL,
    views bigint NOT NULL,
    refreshed_at timestamptz NOT NULL,

    CONSTRAINT video_trends_pkey PRIMARY KEY (days, video_id),
    CONSTRAINT video_trends_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_trends_days_check CHECK (days BETWEEN 1 AND 366),
    CONSTRAINT video_trends_views_check CHECK (views > 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT video_trends_refreshed_at_check CHECK (
        refreshed_at >= '0001-01-01 00:00:00+00'
        AND refreshed_at < '10000-01-01 00:00:00+00'
    )
);

CREATE INDEX idx_video_trends_views ON video_trends (days, views, video_id);
CREATE INDEX idx_video_trends_video ON video_trends (video_id);

CREATE FUNCTION video_views_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'video_views_unchanged: A view cannot be changed.';
END;
$$;

CREATE TRIGGER video_views_unchanged
BEFORE UPDATE ON video_views
FOR EACH ROW
WHEN (
    NEW.video_id <> OLD.video_id
    OR NEW.viewer_id <> OLD.viewer_id
    OR NEW.hour <> OLD.hour
    OR NEW.viewed_at <> OLD.viewed_at
)
EXECUTE FUNCTION video_views_unchanged();

CREATE FUNCTION video_views_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM added) THEN
        RETURN NULL;
    END IF;
    -- In order, so that two statements that count the same videos wait for each other and never lock each other out.
    EXECUTE format(
        'INSERT INTO %I.video_view_counts AS counted (video_id, shard, views)'
        ' SELECT video_id, substr(viewer_id::text, 36, 1), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2'
        ' ON CONFLICT (video_id, shard) DO UPDATE SET views = counted.views + excluded.views',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'INSERT INTO %I.video_views_by_day AS counted (video_id, day, shard, views)'
        ' SELECT video_id, (viewed_at AT TIME ZONE ''UTC'')::date, substr(viewer_id::text, 36, 1), count(*)'
        ' FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
        ' ON CONFLICT (video_id, day, shard) DO UPDATE SET views = counted.views + excluded.views',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER video_views_counted
AFTER INSERT ON video_views
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION video_views_counted();
