-- Those whom an owner lets moderate the chats of all of their livestreams.
CREATE TABLE live_moderators (
    owner_id text NOT NULL,
    moderator_id text NOT NULL,
    created_at text NOT NULL,

    CONSTRAINT live_moderators_pkey PRIMARY KEY (owner_id, moderator_id),
    CONSTRAINT live_moderators_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT live_moderators_moderator_id_fkey FOREIGN KEY (moderator_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT live_moderators_self_check CHECK (owner_id <> moderator_id),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_moderators_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT live_moderators_owner_id_type_check CHECK (
        owner_id GLOB '????????-????-????-????-????????????'
        AND length(replace(owner_id, '-', '')) = 32
        AND replace(owner_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_moderators_moderator_id_type_check CHECK (
        moderator_id GLOB '????????-????-????-????-????????????'
        AND length(replace(moderator_id, '-', '')) = 32
        AND replace(moderator_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- For whom a user moderates.
CREATE INDEX idx_live_moderators_moderator ON live_moderators (moderator_id, owner_id);

-- Those who may not write in the chats of an owner, until `expires_at` if it is set.
CREATE TABLE live_bans (
    owner_id text NOT NULL,
    user_id text NOT NULL,
    banned_by text,
    reason text,
    expires_at text,
    created_at text NOT NULL,

    CONSTRAINT live_bans_pkey PRIMARY KEY (owner_id, user_id),
    CONSTRAINT live_bans_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT live_bans_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT live_bans_banned_by_fkey FOREIGN KEY (banned_by) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT live_bans_self_check CHECK (owner_id <> user_id),
    CONSTRAINT live_bans_reason_check CHECK (length(reason) BETWEEN 1 AND 200),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_bans_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),
    CONSTRAINT live_bans_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT live_bans_owner_id_type_check CHECK (
        owner_id GLOB '????????-????-????-????-????????????'
        AND length(replace(owner_id, '-', '')) = 32
        AND replace(owner_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_bans_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_bans_banned_by_type_check CHECK (
        banned_by GLOB '????????-????-????-????-????????????'
        AND length(replace(banned_by, '-', '')) = 32
        AND replace(banned_by, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The bans of an owner, the newest first; those of a user, by a moderator, and those that have expired.
CREATE INDEX idx_live_bans_owner ON live_bans (owner_id, created_at, user_id);
CREATE INDEX idx_live_bans_user ON live_bans (user_id, owner_id);
CREATE INDEX idx_live_bans_banned_by ON live_bans (banned_by, owner_id, user_id);
CREATE INDEX idx_live_bans_expiry ON live_bans (expires_at, owner_id, user_id);

-- The rules of a chat, and how many messages it had in the last second that had some. A chat without a row has the
-- defaults. Its messages queue for the row, so that no two of them are counted as the same.
CREATE TABLE live_chats (
    livestream_id text NOT NULL,
    slow_seconds integer NOT NULL DEFAULT 0,
    is_followers_only integer NOT NULL DEFAULT FALSE,
    messages_per_second integer NOT NULL DEFAULT 20,
    window_at text,
    window_messages integer NOT NULL DEFAULT 0,

    CONSTRAINT live_chats_pkey PRIMARY KEY (livestream_id),
    CONSTRAINT live_chats_livestream_id_fkey FOREIGN KEY (livestream_id) REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT live_chats_slow_seconds_check CHECK (slow_seconds BETWEEN 0 AND 3600),
    CONSTRAINT live_chats_messages_per_second_check CHECK (messages_per_second BETWEEN 1 AND 1000),
    CONSTRAINT live_chats_window_messages_check CHECK (window_messages >= 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_chats_window_at_check CHECK (
        window_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(window_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(window_at, 1, 19), '+0 seconds') IS substr(window_at, 1, 19)
        AND window_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT live_chats_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_chats_is_followers_only_type_check CHECK (is_followers_only IN (0, 1))
) STRICT, WITHOUT ROWID;

-- What is said in a chat. A message that is removed stays as a placeholder without its text.
CREATE TABLE live_chat_messages (
    id text NOT NULL,
    livestream_id text NOT NULL,
    author_id text,
    kind text NOT NULL DEFAULT 'MESSAGE',
    body text,
    metadata text NOT NULL DEFAULT '{}',
    removed_at text,
    removed_by text,
    created_at text NOT NULL,

    CONSTRAINT live_chat_messages_pkey PRIMARY KEY (id),
    CONSTRAINT live_chat_messages_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT live_chat_messages_author_id_fkey FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT live_chat_messages_removed_by_fkey FOREIGN KEY (removed_by) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT live_chat_messages_kind_check CHECK (kind IN ('MESSAGE', 'SYSTEM', 'DONATION')),
    CONSTRAINT live_chat_messages_body_check CHECK (length(body) <= 500 AND (body <> '' OR kind = 'DONATION')),
    CONSTRAINT live_chat_messages_author_check CHECK (kind <> 'MESSAGE' OR author_id IS NOT NULL),
    CONSTRAINT live_chat_messages_removed_check CHECK (
        (body IS NULL) = (removed_at IS NOT NULL) AND (removed_by IS NULL OR removed_at IS NOT NULL)
    ),
    CONSTRAINT live_chat_messages_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_chat_messages_removed_at_check CHECK (
        removed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(removed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(removed_at, 1, 19), '+0 seconds') IS substr(removed_at, 1, 19)
        AND removed_at >= '0001'
    ),
    CONSTRAINT live_chat_messages_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT live_chat_messages_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_chat_messages_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_chat_messages_author_id_type_check CHECK (
        author_id GLOB '????????-????-????-????-????????????'
        AND length(replace(author_id, '-', '')) = 32
        AND replace(author_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT live_chat_messages_removed_by_type_check CHECK (
        removed_by GLOB '????????-????-????-????-????????????'
        AND length(replace(removed_by, '-', '')) = 32
        AND replace(removed_by, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- A chat by key; what a user has written, also in one chat; what a moderator has removed; and old messages.
CREATE INDEX idx_live_chat_messages_stream ON live_chat_messages (livestream_id, created_at, id);
CREATE INDEX idx_live_chat_messages_author ON live_chat_messages (author_id, livestream_id, created_at, id);
CREATE INDEX idx_live_chat_messages_removed_by ON live_chat_messages (removed_by, id);
CREATE INDEX idx_live_chat_messages_created ON live_chat_messages (created_at, id);

CREATE TRIGGER live_chat_messages_unchanged
BEFORE UPDATE ON live_chat_messages
WHEN
    NEW.id <> OLD.id
    OR NEW.livestream_id <> OLD.livestream_id
    OR NEW.kind <> OLD.kind
    OR NEW.created_at <> OLD.created_at
    OR (NEW.body IS NOT NULL AND NEW.body IS NOT OLD.body)
    OR (NEW.removed_at IS NULL AND NEW.metadata <> OLD.metadata)
    OR NEW.removed_at <> OLD.removed_at
BEGIN
    SELECT RAISE(ABORT, 'live_chat_messages_unchanged: A message is only removed, and stays so.');
END;

-- After the row, so that a message that is sent again is not counted again.
CREATE TRIGGER live_chat_written
AFTER INSERT ON live_chat_messages
BEGIN
    SELECT RAISE(ABORT, 'live_chat_open: A message is of the time when its livestream is live.')
    FROM livestreams
    WHERE
        id = NEW.livestream_id
        AND (started_at IS NULL OR NEW.created_at < started_at OR NEW.created_at > ended_at);
    -- What comes after the end is history: the limits are for what is live.
    SELECT RAISE(ABORT, 'live_chat_seen: Only those who may see a livestream write in its chat.')
    FROM livestreams
    INNER JOIN users ON livestreams.owner_id = users.id
    WHERE
        livestreams.id = NEW.livestream_id
        AND livestreams.ended_at IS NULL
        AND NEW.kind = 'MESSAGE'
        AND (
            EXISTS (
                SELECT 1 FROM blocks
                WHERE
                    (blocks.blocker_id = livestreams.owner_id AND blocks.blocked_id = NEW.author_id)
                    OR (blocks.blocked_id = livestreams.owner_id AND blocks.blocker_id = NEW.author_id)
            )
            OR NOT (
                livestreams.owner_id = NEW.author_id
                OR (
                    users.is_active
                    AND (
                        (livestreams.visibility IN ('PUBLIC', 'UNLISTED') AND NOT users.is_private)
                        OR (
                            livestreams.visibility <> 'PRIVATE'
                            AND EXISTS (
                                SELECT 1 FROM follows
                                WHERE
                                    follows.follower_id = NEW.author_id
                                    AND follows.followed_id = livestreams.owner_id
                                    AND follows.status = 'ACCEPTED'
                            )
                        )
                    )
                )
            )
        );
    SELECT RAISE(ABORT, 'live_chat_not_banned: The author of the message is banned.')
    FROM livestreams
    INNER JOIN live_bans ON livestreams.owner_id = live_bans.owner_id
    WHERE
        livestreams.id = NEW.livestream_id
        AND livestreams.ended_at IS NULL
        AND NEW.kind = 'MESSAGE'
        AND live_bans.user_id = NEW.author_id
        AND (live_bans.expires_at IS NULL OR live_bans.expires_at > NEW.created_at);
    INSERT INTO live_chats (livestream_id)
    SELECT NEW.livestream_id
    WHERE
        NEW.kind = 'MESSAGE'
        AND EXISTS (
            SELECT 1 FROM livestreams
            WHERE id = NEW.livestream_id AND ended_at IS NULL
        )
        AND NOT EXISTS (
            SELECT 1 FROM live_chats
            WHERE livestream_id = NEW.livestream_id
        );
    -- The second never goes back.
    UPDATE live_chats
    SET
        window_messages = CASE
            WHEN window_at >= substr(NEW.created_at, 1, 19) || '.000000Z' THEN window_messages + 1
            ELSE 1
        END,
        window_at = max(coalesce(window_at, ''), substr(NEW.created_at, 1, 19) || '.000000Z')
    WHERE
        livestream_id = NEW.livestream_id
        AND NEW.kind = 'MESSAGE'
        AND EXISTS (
            SELECT 1 FROM livestreams
            WHERE id = NEW.livestream_id AND ended_at IS NULL
        );
    SELECT RAISE(ABORT, 'live_chat_followers_only: Only followers write in this chat.')
    FROM live_chats
    INNER JOIN livestreams ON live_chats.livestream_id = livestreams.id
    WHERE
        live_chats.livestream_id = NEW.livestream_id
        AND livestreams.ended_at IS NULL
        AND NEW.kind = 'MESSAGE'
        AND live_chats.is_followers_only
        AND NOT (
            livestreams.owner_id = NEW.author_id
            OR EXISTS (
                SELECT 1 FROM live_moderators
                WHERE live_moderators.owner_id = livestreams.owner_id AND live_moderators.moderator_id = NEW.author_id
            )
        )
        AND NOT EXISTS (
            SELECT 1 FROM follows
            WHERE
                follows.follower_id = NEW.author_id
                AND follows.followed_id = livestreams.owner_id
                AND follows.status = 'ACCEPTED'
        );
    SELECT RAISE(ABORT, 'live_chat_rate: The chat has as many messages in this second as it may have.')
    FROM live_chats
    INNER JOIN livestreams ON live_chats.livestream_id = livestreams.id
    WHERE
        live_chats.livestream_id = NEW.livestream_id
        AND livestreams.ended_at IS NULL
        AND NEW.kind = 'MESSAGE'
        AND live_chats.window_messages > live_chats.messages_per_second;
    SELECT RAISE(ABORT, 'live_chat_slow: The author has written in this chat a moment ago.')
    FROM live_chats
    INNER JOIN livestreams ON live_chats.livestream_id = livestreams.id
    WHERE
        live_chats.livestream_id = NEW.livestream_id
        AND livestreams.ended_at IS NULL
        AND NEW.kind = 'MESSAGE'
        AND live_chats.slow_seconds > 0
        AND NOT (
            livestreams.owner_id = NEW.author_id
            OR EXISTS (
                SELECT 1 FROM live_moderators
                WHERE live_moderators.owner_id = livestreams.owner_id AND live_moderators.moderator_id = NEW.author_id
            )
        )
        AND EXISTS (
            SELECT 1 FROM live_chat_messages AS other
            WHERE
                other.author_id = NEW.author_id
                AND other.livestream_id = NEW.livestream_id
                AND other.id <> NEW.id
                AND other.kind = 'MESSAGE'
                AND other.created_at > strftime(
                    '%Y-%m-%dT%H:%M:%S', substr(NEW.created_at, 1, 19), -live_chats.slow_seconds || ' seconds'
                ) || substr(NEW.created_at, 20)
                AND other.created_at < strftime(
                    '%Y-%m-%dT%H:%M:%S', substr(NEW.created_at, 1, 19), live_chats.slow_seconds || ' seconds'
                ) || substr(NEW.created_at, 20)
        );
END;

-- differs: trigger live_chat_messages_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no UPDATE trigger
CREATE TRIGGER live_chat_messages_not_replaced
BEFORE INSERT ON live_chat_messages
WHEN
    EXISTS (
        SELECT 1 FROM live_chat_messages
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'live_chat_messages_not_replaced: A message with this id exists already.');
END;
