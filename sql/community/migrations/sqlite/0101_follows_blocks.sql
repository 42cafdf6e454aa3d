-- Who follows whom. A request to a private account is PENDING until it is accepted.
CREATE TABLE follows (
    follower_id text NOT NULL,
    followed_id text NOT NULL,
    status text NOT NULL,
    created_at text NOT NULL,
    accepted_at text,

    CONSTRAINT follows_pkey PRIMARY KEY (follower_id, followed_id),
    CONSTRAINT follows_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT follows_followed_id_fkey FOREIGN KEY (followed_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT follows_self_check CHECK (follower_id <> followed_id),
    CONSTRAINT follows_status_check CHECK (status IN ('PENDING', 'ACCEPTED')),
    CONSTRAINT follows_accepted_check CHECK ((status = 'ACCEPTED') = (accepted_at IS NOT NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT follows_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT follows_accepted_at_check CHECK (
        accepted_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(accepted_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(accepted_at, 1, 19), '+0 seconds') IS substr(accepted_at, 1, 19)
        AND accepted_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT follows_follower_id_type_check CHECK (
        follower_id GLOB '????????-????-????-????-????????????'
        AND length(replace(follower_id, '-', '')) = 32
        AND replace(follower_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT follows_followed_id_type_check CHECK (
        followed_id GLOB '????????-????-????-????-????????????'
        AND length(replace(followed_id, '-', '')) = 32
        AND replace(followed_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The followers of a user and the requests, newest first, and the users that a user follows.
CREATE INDEX idx_follows_followed ON follows (followed_id, status, created_at, follower_id);
CREATE INDEX idx_follows_follower ON follows (follower_id, status, created_at, followed_id);

-- Who has blocked whom. A block hides both users from each other, and ends both follows.
CREATE TABLE blocks (
    blocker_id text NOT NULL,
    blocked_id text NOT NULL,
    created_at text NOT NULL,

    CONSTRAINT blocks_pkey PRIMARY KEY (blocker_id, blocked_id),
    CONSTRAINT blocks_blocker_id_fkey FOREIGN KEY (blocker_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT blocks_self_check CHECK (blocker_id <> blocked_id),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT blocks_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT blocks_blocker_id_type_check CHECK (
        blocker_id GLOB '????????-????-????-????-????????????'
        AND length(replace(blocker_id, '-', '')) = 32
        AND replace(blocker_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT blocks_blocked_id_type_check CHECK (
        blocked_id GLOB '????????-????-????-????-????????????'
        AND length(replace(blocked_id, '-', '')) = 32
        AND replace(blocked_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- Whether the other user has blocked this one; it also serves the removal of a user.
CREATE INDEX idx_blocks_blocked ON blocks (blocked_id, blocker_id);

CREATE TRIGGER follows_status_transition
BEFORE UPDATE ON follows
WHEN OLD.status = 'ACCEPTED' AND NEW.status <> OLD.status
BEGIN
    SELECT RAISE(ABORT, 'follows_status_transition: A follow that was accepted cannot become a request again.');
END;

CREATE TRIGGER follows_unchanged
BEFORE UPDATE ON follows
WHEN NEW.follower_id <> OLD.follower_id OR NEW.followed_id <> OLD.followed_id
BEGIN
    SELECT RAISE(ABORT, 'follows_unchanged: The users of a follow cannot be changed.');
END;

CREATE TRIGGER blocks_unchanged
BEFORE UPDATE ON blocks
WHEN NEW.blocker_id <> OLD.blocker_id OR NEW.blocked_id <> OLD.blocked_id
BEGIN
    SELECT RAISE(ABORT, 'blocks_unchanged: The users of a block cannot be changed.');
END;

CREATE TRIGGER follows_not_blocked
BEFORE INSERT ON follows
WHEN
    EXISTS (
        SELECT 1 FROM blocks
        WHERE
            (blocker_id = NEW.follower_id AND blocked_id = NEW.followed_id)
            OR (blocker_id = NEW.followed_id AND blocked_id = NEW.follower_id)
    )
BEGIN
    SELECT RAISE(ABORT, 'follows_not_blocked: A user cannot follow another while one has blocked the other.');
END;

CREATE TRIGGER blocks_end_follows
AFTER INSERT ON blocks
BEGIN
    DELETE FROM follows
    WHERE
        (follower_id = NEW.blocker_id AND followed_id = NEW.blocked_id)
        OR (follower_id = NEW.blocked_id AND followed_id = NEW.blocker_id);
END;
