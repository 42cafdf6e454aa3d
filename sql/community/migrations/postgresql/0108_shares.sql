-- Videos that were passed on, to another user or elsewhere. Each row is counted while it is there.
CREATE TABLE shares (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    user_id uuid NOT NULL,
    recipient_id uuid,
    channel text COLLATE "C" NOT NULL,
    message text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,

    CONSTRAINT shares_pkey PRIMARY KEY (id),
    CONSTRAINT shares_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT shares_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT shares_recipient_id_fkey FOREIGN KEY (recipient_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT shares_channel_check CHECK (channel IN ('LINK', 'EMAIL', 'USER', 'OTHER')),
    CONSTRAINT shares_recipient_check CHECK ((channel = 'USER') = (recipient_id IS NOT NULL)),
    CONSTRAINT shares_self_check CHECK (recipient_id <> user_id),
    CONSTRAINT shares_message_check CHECK (length(message) BETWEEN 1 AND 1000),
    CONSTRAINT shares_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT shares_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- The shares of a video, of a user, and those that a user received.
CREATE INDEX idx_shares_video ON shares (video_id, created_at, id);
CREATE INDEX idx_shares_user ON shares (user_id, created_at, id);
CREATE INDEX idx_shares_recipient ON shares (recipient_id, created_at, id);

-- How often a video was shared: the sum of up to sixteen rows. The last digit of the share's id chooses the row, so
-- that writers do not all wait for one.
CREATE TABLE video_share_counts (
    video_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    shares bigint NOT NULL,

    CONSTRAINT video_share_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_share_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_share_counts_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT video_share_counts_shares_check CHECK (shares >= 0)
);

CREATE FUNCTION shares_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'shares_unchanged: The video and the channel of a share cannot be changed.';
END;
$$;

CREATE TRIGGER shares_unchanged
BEFORE UPDATE ON shares
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.video_id <> OLD.video_id
    OR NEW.channel <> OLD.channel
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION shares_unchanged();

CREATE FUNCTION shares_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format(
            'INSERT INTO %I.video_share_counts AS counted (video_id, shard, shares) VALUES ($1, $2, 1)'
            ' ON CONFLICT (video_id, shard) DO UPDATE SET shares = counted.shares + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.video_id, substr(NEW.id::text, 36, 1);
    ELSE
        EXECUTE format(
            'UPDATE %I.video_share_counts SET shares = shares - 1 WHERE video_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.video_id, substr(OLD.id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER shares_counted_insert
AFTER INSERT ON shares
FOR EACH ROW
EXECUTE FUNCTION shares_counted();

CREATE TRIGGER shares_counted_delete
AFTER DELETE ON shares
FOR EACH ROW
EXECUTE FUNCTION shares_counted();
