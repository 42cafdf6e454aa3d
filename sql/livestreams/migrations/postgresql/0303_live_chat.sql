-- Those whom an owner lets moderate the chats of all of their livestreams.
CREATE TABLE live_moderators (
    owner_id uuid NOT NULL,
    moderator_id uuid NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT live_moderators_pkey PRIMARY KEY (owner_id, moderator_id),
    CONSTRAINT live_moderators_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT live_moderators_moderator_id_fkey FOREIGN KEY (moderator_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT live_moderators_self_check CHECK (owner_id <> moderator_id),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_moderators_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- For whom a user moderates.
CREATE INDEX idx_live_moderators_moderator ON live_moderators (moderator_id, owner_id);

-- Those who may not write in the chats of an owner, until `expires_at` if it is set.
CREATE TABLE live_bans (
    owner_id uuid NOT NULL,
    user_id uuid NOT NULL,
    banned_by uuid,
    reason text COLLATE "C",
    expires_at timestamptz,
    created_at timestamptz NOT NULL,

    CONSTRAINT live_bans_pkey PRIMARY KEY (owner_id, user_id),
    CONSTRAINT live_bans_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT live_bans_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT live_bans_banned_by_fkey FOREIGN KEY (banned_by) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT live_bans_self_check CHECK (owner_id <> user_id),
    CONSTRAINT live_bans_reason_check CHECK (length(reason) BETWEEN 1 AND 200),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_bans_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT live_bans_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- The bans of an owner, the newest first; those of a user, by a moderator, and those that have expired.
CREATE INDEX idx_live_bans_owner ON live_bans (owner_id, created_at, user_id);
CREATE INDEX idx_live_bans_user ON live_bans (user_id, owner_id);
CREATE INDEX idx_live_bans_banned_by ON live_bans (banned_by, owner_id, user_id);
CREATE INDEX idx_live_bans_expiry ON live_bans (expires_at, owner_id, user_id);

-- The rules of a chat, and how many messages it had in the last second that had some. A chat without a row has the
-- defaults. Its messages queue for the row, so that no two of them are counted as the same.
CREATE TABLE live_chats (
    livestream_id uuid NOT NULL,
    slow_seconds bigint NOT NULL DEFAULT 0,
    is_followers_only boolean NOT NULL DEFAULT FALSE,
    messages_per_second bigint NOT NULL DEFAULT 20,
    window_at timestamptz,
    window_messages bigint NOT NULL DEFAULT 0,

    CONSTRAINT live_chats_pkey PRIMARY KEY (livestream_id),
    CONSTRAINT live_chats_livestream_id_fkey FOREIGN KEY (livestream_id) REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT live_chats_slow_seconds_check CHECK (slow_seconds BETWEEN 0 AND 3600),
    CONSTRAINT live_chats_messages_per_second_check CHECK (messages_per_second BETWEEN 1 AND 1000),
    CONSTRAINT live_chats_window_messages_check CHECK (window_messages >= 0),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_chats_window_at_check CHECK (
        window_at >= '0001-01-01 00:00:00+00'
        AND window_at < '10000-01-01 00:00:00+00'
    )
);

-- What is said in a chat. A message that is removed stays as a placeholder without its text.
CREATE TABLE live_chat_messages (
    id uuid NOT NULL,
    livestream_id uuid NOT NULL,
    author_id uuid,
    kind text COLLATE "C" NOT NULL DEFAULT 'MESSAGE',
    body text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    removed_at timestamptz,
    removed_by uuid,
    created_at timestamptz NOT NULL,

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
    CONSTRAINT live_chat_messages_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT live_chat_messages_removed_at_check CHECK (
        removed_at >= '0001-01-01 00:00:00+00'
        AND removed_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT live_chat_messages_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- A chat by key; what a user has written, also in one chat; what a moderator has removed; and old messages.
CREATE INDEX idx_live_chat_messages_stream ON live_chat_messages (livestream_id, created_at, id);
CREATE INDEX idx_live_chat_messages_author ON live_chat_messages (author_id, livestream_id, created_at, id);
CREATE INDEX idx_live_chat_messages_removed_by ON live_chat_messages (removed_by, id);
CREATE INDEX idx_live_chat_messages_created ON live_chat_messages (created_at, id);

CREATE FUNCTION live_chat_messages_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'live_chat_messages_unchanged: A message is only removed, and stays so.';
END;
$$;

CREATE TRIGGER live_chat_messages_unchanged
BEFORE UPDATE ON live_chat_messages
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.livestream_id <> OLD.livestream_id
    OR NEW.kind <> OLD.kind
    OR NEW.created_at <> OLD.created_at
    OR (NEW.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body)
    OR (NEW.removed_at IS NULL AND NEW.metadata <> OLD.metadata)
    OR NEW.removed_at <> OLD.removed_at
)
EXECUTE FUNCTION live_chat_messages_unchanged();

-- After the row, so that a message that is sent again is not counted again.
CREATE FUNCTION live_chat_written() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stream record;
    chat record;
    is_refused boolean;
BEGIN
    EXECUTE format(
        'SELECT livestreams.owner_id, livestreams.visibility, livestreams.started_at, livestreams.ended_at,'
        ' users.is_active, users.is_private,'
        ' livestreams.owner_id = $2 OR EXISTS (SELECT 1 FROM %1$I.live_moderators'
        ' WHERE live_moderators.owner_id = livestreams.owner_id AND moderator_id = $2) AS is_moderator,'
        ' EXISTS (SELECT 1 FROM %1$I.follows'
        ' WHERE follower_id = $2 AND followed_id = livestreams.owner_id AND follows.status = ''ACCEPTED'') AS is_follower,'
        ' EXISTS (SELECT 1 FROM %1$I.blocks WHERE (blocker_id = livestreams.owner_id AND blocked_id = $2)'
        ' OR (blocked_id = livestreams.owner_id AND blocker_id = $2)) AS is_blocked'
        ' FROM %1$I.livestreams INNER JOIN %1$I.users ON livestreams.owner_id = users.id WHERE livestreams.id = $1',
        TG_TABLE_SCHEMA
    )
    INTO stream USING NEW.livestream_id, NEW.author_id;
    IF
        stream.started_at IS NULL
        OR NEW.created_at < stream.started_at
        OR NEW.created_at > stream.ended_at
    THEN
        RAISE EXCEPTION 'live_chat_open: A message is of the time when its livestream is live.';
    END IF;
    IF NEW.kind <> 'MESSAGE' THEN
        RETURN NULL;
    END IF;
    IF
        stream.is_blocked
        OR NOT (
            stream.owner_id = NEW.author_id
            OR (
                stream.is_active
                AND (
                    (stream.visibility IN ('PUBLIC', 'UNLISTED') AND NOT stream.is_private)
                    OR (stream.visibility <> 'PRIVATE' AND stream.is_follower)
                )
            )
        )
    THEN
        RAISE EXCEPTION 'live_chat_seen: Only those who may see a livestream write in its chat.';
    END IF;
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %I.live_bans'
        ' WHERE owner_id = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > $3))',
        TG_TABLE_SCHEMA
    )
    INTO is_refused USING stream.owner_id, NEW.author_id, NEW.created_at;
    IF is_refused THEN
        RAISE EXCEPTION 'live_chat_not_banned: The author of the message is banned.';
    END IF;
    -- The row makes the messages of a chat wait for each other, whatever their isolation. The second never goes back.
    EXECUTE format(
        'INSERT INTO %I.live_chats AS chat (livestream_id, window_at, window_messages)'
        ' VALUES ($1, date_trunc(''second'', $2), 1) ON CONFLICT (livestream_id) DO UPDATE SET'
        ' window_messages = CASE WHEN excluded.window_at > chat.window_at OR chat.window_at IS NULL'
        ' THEN 1 ELSE chat.window_messages + 1 END, window_at = greatest(chat.window_at, excluded.window_at)'
        ' RETURNING is_followers_only, slow_seconds, messages_per_second, window_messages',
        TG_TABLE_SCHEMA
    )
    INTO chat USING NEW.livestream_id, NEW.created_at;
    IF chat.is_followers_only AND NOT stream.is_follower AND NOT stream.is_moderator THEN
        RAISE EXCEPTION 'live_chat_followers_only: Only followers write in this chat.';
    END IF;
    IF chat.window_messages > chat.messages_per_second THEN
        RAISE EXCEPTION 'live_chat_rate: The chat has as many messages in this second as it may have.';
    END IF;
    IF chat.slow_seconds > 0 AND NOT stream.is_moderator THEN
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM %I.live_chat_messages'
            ' WHERE author_id = $1 AND livestream_id = $2 AND id <> $3 AND kind = ''MESSAGE'''
            ' AND created_at > $4 - make_interval(secs => $5) AND created_at < $4 + make_interval(secs => $5))',
            TG_TABLE_SCHEMA
        )
        INTO is_refused USING NEW.author_id, NEW.livestream_id, NEW.id, NEW.created_at, chat.slow_seconds;
        IF is_refused THEN
            RAISE EXCEPTION 'live_chat_slow: The author has written in this chat a moment ago.';
        END IF;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER live_chat_written
AFTER INSERT ON live_chat_messages
FOR EACH ROW EXECUTE FUNCTION live_chat_written();
