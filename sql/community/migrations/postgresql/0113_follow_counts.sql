-- How many accepted followers a user has, and how many users they follow: sums of up to sixteen rows each. The last
-- digit of the other user's id chooses the row, so that writers do not all wait for one.
CREATE TABLE follower_counts (
    user_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    followers bigint NOT NULL,

    CONSTRAINT follower_counts_pkey PRIMARY KEY (user_id, shard),
    CONSTRAINT follower_counts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT follower_counts_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT follower_counts_followers_check CHECK (followers >= 0)
);

CREATE TABLE followed_counts (
    user_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    followed bigint NOT NULL,

    CONSTRAINT followed_counts_pkey PRIMARY KEY (user_id, shard),
    CONSTRAINT followed_counts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT followed_counts_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT followed_counts_followed_check CHECK (followed >= 0)
);

INSERT INTO follower_counts (user_id, shard, followers)
SELECT
    followed_id,
    substr(cast(follower_id AS text), 36, 1) AS shard,
    count(*) AS followers
FROM follows
WHERE status = 'ACCEPTED'
GROUP BY followed_id, substr(cast(follower_id AS text), 36, 1);

INSERT INTO followed_counts (user_id, shard, followed)
SELECT
    follower_id,
    substr(cast(followed_id AS text), 36, 1) AS shard,
    count(*) AS followed
FROM follows
WHERE status = 'ACCEPTED'
GROUP BY follower_id, substr(cast(followed_id AS text), 36, 1);

CREATE FUNCTION follows_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- In this order in all transactions, so that two of them never wait for each other.
    IF TG_OP = 'DELETE' THEN
        EXECUTE format(
            'UPDATE %I.follower_counts SET followers = followers - 1 WHERE user_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.followed_id, substr(OLD.follower_id::text, 36, 1);
        EXECUTE format(
            'UPDATE %I.followed_counts SET followed = followed - 1 WHERE user_id = $1 AND shard = $2',
            TG_TABLE_SCHEMA
        )
        USING OLD.follower_id, substr(OLD.followed_id::text, 36, 1);
    ELSE
        EXECUTE format(
            'INSERT INTO %I.follower_counts AS counted (user_id, shard, followers) VALUES ($1, $2, 1)'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followers = counted.followers + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.followed_id, substr(NEW.follower_id::text, 36, 1);
        EXECUTE format(
            'INSERT INTO %I.followed_counts AS counted (user_id, shard, followed) VALUES ($1, $2, 1)'
            ' ON CONFLICT (user_id, shard) DO UPDATE SET followed = counted.followed + 1',
            TG_TABLE_SCHEMA
        )
        USING NEW.follower_id, substr(NEW.followed_id::text, 36, 1);
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER follows_counted_insert
AFTER INSERT ON follows
FOR EACH ROW WHEN (NEW.status = 'ACCEPTED')
EXECUTE FUNCTION follows_counted();

CREATE TRIGGER follows_counted_update
AFTER UPDATE ON follows
FOR EACH ROW WHEN (NEW.status = 'ACCEPTED' AND OLD.status <> 'ACCEPTED')
EXECUTE FUNCTION follows_counted();

CREATE TRIGGER follows_counted_delete
AFTER DELETE ON follows
FOR EACH ROW WHEN (OLD.status = 'ACCEPTED')
EXECUTE FUNCTION follows_counted();
