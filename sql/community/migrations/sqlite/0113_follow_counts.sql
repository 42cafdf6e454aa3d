-- How many accepted followers a user has, and how many users they follow: sums of up to sixteen rows each. The last
-- digit of the other user's id chooses the row, so that writers do not all wait for one.
CREATE TABLE follower_counts (
    user_id text NOT NULL,
    shard text NOT NULL,
    followers integer NOT NULL,

    CONSTRAINT follower_counts_pkey PRIMARY KEY (user_id, shard),
    CONSTRAINT follower_counts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT follower_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT follower_counts_followers_check CHECK (followers >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT follower_counts_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE TABLE followed_counts (
    user_id text NOT NULL,
    shard text NOT NULL,
    followed integer NOT NULL,

    CONSTRAINT followed_counts_pkey PRIMARY KEY (user_id, shard),
    CONSTRAINT followed_counts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT followed_counts_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT followed_counts_followed_check CHECK (followed >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT followed_counts_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

INSERT INTO follower_counts (user_id, shard, followers)
SELECT
    followed_id,
    substr(follower_id, 36, 1) AS shard,
    count(*) AS followers
FROM follows
WHERE status = 'ACCEPTED'
GROUP BY followed_id, substr(follower_id, 36, 1);

INSERT INTO followed_counts (user_id, shard, followed)
SELECT
    follower_id,
    substr(followed_id, 36, 1) AS shard,
    count(*) AS followed
FROM follows
WHERE status = 'ACCEPTED'
GROUP BY follower_id, substr(followed_id, 36, 1);

-- Not with ON CONFLICT: OR REPLACE of the statement that fires the trigger would take its place.
CREATE TRIGGER follows_counted_insert
AFTER INSERT ON follows
WHEN NEW.status = 'ACCEPTED'
BEGIN
    INSERT INTO follower_counts (user_id, shard, followers)
    SELECT
        NEW.followed_id,
        substr(NEW.follower_id, 36, 1) AS shard,
        0 AS followers
    WHERE NOT EXISTS (
        SELECT 1 FROM follower_counts
        WHERE user_id = NEW.followed_id AND shard = substr(NEW.follower_id, 36, 1)
    );
    UPDATE follower_counts SET followers = followers + 1
    WHERE user_id = NEW.followed_id AND shard = substr(NEW.follower_id, 36, 1);
    INSERT INTO followed_counts (user_id, shard, followed)
    SELECT
        NEW.follower_id,
        substr(NEW.followed_id, 36, 1) AS shard,
        0 AS followed
    WHERE NOT EXISTS (
        SELECT 1 FROM followed_counts
        WHERE user_id = NEW.follower_id AND shard = substr(NEW.followed_id, 36, 1)
    );
    UPDATE followed_counts SET followed = followed + 1
    WHERE user_id = NEW.follower_id AND shard = substr(NEW.followed_id, 36, 1);
END;

CREATE TRIGGER follows_counted_update
AFTER UPDATE ON follows
WHEN NEW.status = 'ACCEPTED' AND OLD.status <> 'ACCEPTED'
BEGIN
    INSERT INTO follower_counts (user_id, shard, followers)
    SELECT
        NEW.followed_id,
        substr(NEW.follower_id, 36, 1) AS shard,
        0 AS followers
    WHERE NOT EXISTS (
        SELECT 1 FROM follower_counts
        WHERE user_id = NEW.followed_id AND shard = substr(NEW.follower_id, 36, 1)
    );
    UPDATE follower_counts SET followers = followers + 1
    WHERE user_id = NEW.followed_id AND shard = substr(NEW.follower_id, 36, 1);
    INSERT INTO followed_counts (user_id, shard, followed)
    SELECT
        NEW.follower_id,
        substr(NEW.followed_id, 36, 1) AS shard,
        0 AS followed
    WHERE NOT EXISTS (
        SELECT 1 FROM followed_counts
        WHERE user_id = NEW.follower_id AND shard = substr(NEW.followed_id, 36, 1)
    );
    UPDATE followed_counts SET followed = followed + 1
    WHERE user_id = NEW.follower_id AND shard = substr(NEW.followed_id, 36, 1);
END;

CREATE TRIGGER follows_counted_delete
AFTER DELETE ON follows
WHEN OLD.status = 'ACCEPTED'
BEGIN
    UPDATE follower_counts SET followers = followers - 1
    WHERE user_id = OLD.followed_id AND shard = substr(OLD.follower_id, 36, 1);
    UPDATE followed_counts SET followed = followed - 1
    WHERE user_id = OLD.follower_id AND shard = substr(OLD.followed_id, 36, 1);
END;

-- Without this, INSERT OR REPLACE would count a follow twice.
-- differs: trigger follows_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER follows_not_replaced
BEFORE INSERT ON follows
WHEN
    EXISTS (
        SELECT 1 FROM follows
        WHERE follower_id = NEW.follower_id AND followed_id = NEW.followed_id
    )
BEGIN
    SELECT RAISE(ABORT, 'follows_not_replaced: A user follows another once.');
END;
