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

-- After the rows, so that a message that is sent again is not counted again. The messages of a statement are counted
-- one after the other, as on SQLite.
CREATE FUNCTION live_chat_written() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chats bigint;
    is_live boolean;
    is_refused boolean;
    is_stranger boolean;
    is_fast boolean;
    is_early boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.livestreams ON added.livestream_id = livestreams.id'
        ' WHERE livestreams.started_at IS NULL OR added.created_at < livestreams.started_at'
        ' OR added.created_at > livestreams.ended_at)',
        TG_TABLE_SCHEMA
    )
    INTO is_refused;
    IF is_refused THEN
        RAISE EXCEPTION 'live_chat_open: A message is of the time when its livestream is live.';
    END IF;
    -- What comes after the end is history: the limits are for what is live.
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.livestreams ON added.livestream_id = livestreams.id'
        ' WHERE added.kind = ''MESSAGE'' AND livestreams.ended_at IS NULL)',
        TG_TABLE_SCHEMA
    )
    INTO is_live;
    IF NOT is_live THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %1$I.livestreams ON added.livestream_id = livestreams.id'
        ' INNER JOIN %1$I.users ON livestreams.owner_id = users.id'
        ' WHERE added.kind = ''MESSAGE'' AND livestreams.ended_at IS NULL'
        ' AND (EXISTS (SELECT 1 FROM %1$I.blocks'
        ' WHERE (blocker_id = livestreams.owner_id AND blocked_id = added.author_id)'
        ' OR (blocked_id = livestreams.owner_id AND blocker_id = added.author_id))'
        ' OR NOT (livestreams.owner_id = added.author_id OR (users.is_active'
        ' AND ((livestreams.visibility IN (''PUBLIC'', ''UNLISTED'') AND NOT users.is_private)'
        ' OR (livestreams.visibility <> ''PRIVATE'' AND EXISTS (SELECT 1 FROM %1$I.follows'
        ' WHERE follower_id = added.author_id AND followed_id = livestreams.owner_id AND status = ''ACCEPTED'')))))))',
        TG_TABLE_SCHEMA
    )
    INTO is_refused;
    IF is_refused THEN
        RAISE EXCEPTION 'live_chat_seen: Only those who may see a livestream write in its chat.';
    END IF;
    -- Owners are looked up first: a plan that begins with a ban reads all livestreams of its owner.
    EXECUTE format(
        'WITH live AS MATERIALIZED (SELECT added.author_id, added.created_at, livestreams.owner_id FROM added'
        ' INNER JOIN %1$I.livestreams ON added.livestream_id = livestreams.id'
        ' WHERE added.kind = ''MESSAGE'' AND livestreams.ended_at IS NULL)'
        ' SELECT EXISTS (SELECT 1 FROM live'
        ' INNER JOIN %1$I.live_bans AS ban ON live.owner_id = ban.owner_id AND live.author_id = ban.user_id'
        ' WHERE ban.expires_at IS NULL OR ban.expires_at > live.created_at)',
        TG_TABLE_SCHEMA
    )
    INTO is_refused;
    IF is_refused THEN
        RAISE EXCEPTION 'live_chat_not_banned: The author of the message is banned.';
    END IF;
    -- The row makes the messages of a chat wait for each other, whatever their isolation. It is locked by a statement of
    -- its own, so that the next one sees what the others have written.
    EXECUTE format(
        'INSERT INTO %1$I.live_chats (livestream_id) SELECT id FROM %1$I.livestreams'
        ' WHERE ended_at IS NULL AND id IN (SELECT livestream_id FROM added WHERE kind = ''MESSAGE'')'
        ' ORDER BY id ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'SELECT count(*) FROM (SELECT 1 FROM %1$I.live_chats WHERE livestream_id IN (SELECT id FROM %1$I.livestreams'
        ' WHERE ended_at IS NULL AND id IN (SELECT livestream_id FROM added WHERE kind = ''MESSAGE''))'
        ' ORDER BY livestream_id FOR UPDATE) AS locked',
        TG_TABLE_SCHEMA
    )
    INTO chats;
    -- The second never goes back: a message of an earlier one counts in the last one.
    EXECUTE format(
        'WITH placed AS (SELECT *, row_number() OVER () AS place FROM added WHERE kind = ''MESSAGE''),'
        ' dated AS (SELECT placed.*, chat.is_followers_only, chat.slow_seconds, chat.messages_per_second,'
        ' chat.window_at, chat.window_messages, greatest(chat.window_at, max(date_trunc(''second'', placed.created_at))'
        ' OVER (PARTITION BY placed.livestream_id ORDER BY placed.place)) AS second'
        ' FROM placed INNER JOIN %1$I.live_chats AS chat ON placed.livestream_id = chat.livestream_id'
        ' INNER JOIN %1$I.livestreams ON placed.livestream_id = livestreams.id WHERE livestreams.ended_at IS NULL),'
        ' counted AS MATERIALIZED (SELECT *, row_number() OVER (PARTITION BY livestream_id, second ORDER BY place)'
        ' + CASE WHEN second = window_at THEN window_messages ELSE 0 END AS messages FROM dated),'
        ' written AS (UPDATE %1$I.live_chats SET window_at = latest.second, window_messages = latest.messages'
        ' FROM (SELECT DISTINCT ON (livestream_id) livestream_id, second, messages FROM counted'
        ' ORDER BY livestream_id, place DESC) AS latest WHERE live_chats.livestream_id = latest.livestream_id)'
        ' SELECT bool_or(counted.is_followers_only AND NOT free.is_moderator AND NOT EXISTS (SELECT 1 FROM %1$I.follows'
        ' WHERE follower_id = counted.author_id AND followed_id = livestreams.owner_id AND status = ''ACCEPTED'')),'
        ' bool_or(counted.messages > counted.messages_per_second),'
        ' bool_or(counted.slow_seconds > 0 AND NOT free.is_moderator AND EXISTS (SELECT 1'
        ' FROM %1$I.live_chat_messages AS other WHERE other.author_id = counted.author_id'
        ' AND other.livestream_id = counted.livestream_id AND other.id <> counted.id AND other.kind = ''MESSAGE'''
        ' AND other.created_at > counted.created_at - make_interval(secs => counted.slow_seconds)'
        ' AND other.created_at < counted.created_at + make_interval(secs => counted.slow_seconds)))'
        ' FROM counted INNER JOIN %1$I.livestreams ON counted.livestream_id = livestreams.id'
        ' CROSS JOIN LATERAL (SELECT livestreams.owner_id = counted.author_id OR EXISTS (SELECT 1'
        ' FROM %1$I.live_moderators AS moderator WHERE moderator.owner_id = livestreams.owner_id'
        ' AND moderator.moderator_id = counted.author_id) AS is_moderator) AS free',
        TG_TABLE_SCHEMA
    )
    INTO is_stranger, is_fast, is_early;
    IF is_stranger THEN
        RAISE EXCEPTION 'live_chat_followers_only: Only followers write in this chat.';
    END IF;
    IF is_fast THEN
        RAISE EXCEPTION 'live_chat_rate: The chat has as many messages in this second as it may have.';
    END IF;
    IF is_early THEN
        RAISE EXCEPTION 'live_chat_slow: The author has written in this chat a moment ago.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER live_chat_written
AFTER INSERT ON live_chat_messages
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION live_chat_written();
