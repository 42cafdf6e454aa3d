-- Videos that were passed on, to another user or elsewhere. Each row is counted while it is there.
CREATE TABLE shares (
    id text NOT NULL,
    video_id text NOT NULL,
    user_id text NOT NULL,
    recipient_id text,
    channel text NOT NULL,
    message text,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,

    CONSTRAINT shares_pkey PRIMARY KEY (id),
    CONSTRAINT shares_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,
    CONSTRAINT shares_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT shares_recipient_id_fkey FOREIGN KEY (recipient_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT shares_channel_check CHECK (channel IN ('LINK', 'EMAIL', 'USER', 'OTHER')),
    CONSTRAINT shares_recipient_check CHECK ((channel = 'USER') = (recipient_id IS NOT NULL)),
    CONSTRAINT shares_self_check CHECK (recipient_id <> user_id),
    CONSTRAINT shares_message_check CHECK (length(message) BETWEEN 1 AND 1000),
    CONSTRAINT shares_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT shares_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT shares_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT shares_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT shares_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT shares_recipient_id_type_check CHECK (
        recipient_id GLOB '????????-????-????-????-????????????'
        AND length(replace(recipient_id, '-', '')) = 32
        AND replace(recipient_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The shares of a video, of a user, and those that a user received.
CREATE INDEX idx_shares_video ON shares (video_id, created_at, id);
CREATE INDEX idx_shares_user ON shares (user_id, created_at, id);
CREATE INDEX idx_shares_recipient ON shares (recipient_id, created_at, id);

-- How often a video was shared: the sum of up to sixteen rows. The last digit of the share's id chooses the row, so
-- that writers do not all wait for one.
CREATE TABLE video_share_counts (
    video_id text NOT NULL,
    shard text NOT NULL,
    shares integer NOT NULL,

    CONSTRAINT video_share_counts_pkey PRIMARY KEY (video_id, shard),
    CONSTRAINT video_share_counts_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_share_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT video_share_counts_shares_check CHECK (shares >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_share_counts_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE TRIGGER shares_unchanged
BEFORE UPDATE ON shares
WHEN
    NEW.id <> OLD.id
    OR NEW.video_id <> OLD.video_id
    OR NEW.channel <> OLD.channel
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'shares_unchanged: The video and the channel of a share cannot be changed.');
END;

-- Not with ON CONFLICT: OR REPLACE of the statement that fires the trigger would take its place.
CREATE TRIGGER shares_counted_insert
AFTER INSERT ON shares
BEGIN
    INSERT INTO video_share_counts (video_id, shard, shares)
    SELECT
        NEW.video_id,
        substr(NEW.id, 36, 1) AS shard,
        0 AS shares
    WHERE NOT EXISTS (
        SELECT 1 FROM video_share_counts
        WHERE video_id = NEW.video_id AND shard = substr(NEW.id, 36, 1)
    );
    UPDATE video_share_counts SET shares = shares + 1
    WHERE video_id = NEW.video_id AND shard = substr(NEW.id, 36, 1);
END;

CREATE TRIGGER shares_counted_delete
AFTER DELETE ON shares
BEGIN
    UPDATE video_share_counts SET shares = shares - 1
    WHERE video_id = OLD.video_id AND shard = substr(OLD.id, 36, 1);
END;

-- Without this, INSERT OR REPLACE would count a share twice.
-- differs: trigger shares_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER shares_not_replaced
BEFORE INSERT ON shares
WHEN
    EXISTS (
        SELECT 1 FROM shares
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'shares_not_replaced: A share is stored once.');
END;
