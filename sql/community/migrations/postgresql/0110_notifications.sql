-- Notifications: one row for each recipient of an event. Those with the same `group_key` are shown as one.
CREATE TABLE notifications (
    recipient_id uuid NOT NULL,
    event_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    actor_id uuid,
    object_kind text COLLATE "C",
    object_id uuid,
    group_key text COLLATE "C",
    title text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL,
    data jsonb NOT NULL,
    seen_at timestamptz,
    read_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,

    CONSTRAINT notifications_pkey PRIMARY KEY (recipient_id, event_id),
    CONSTRAINT notifications_recipient_id_fkey FOREIGN KEY (recipient_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT notifications_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT notifications_self_check CHECK (actor_id <> recipient_id),
    CONSTRAINT notifications_kind_check CHECK (length(kind) BETWEEN 1 AND 50),
    CONSTRAINT notifications_object_kind_check CHECK (length(object_kind) BETWEEN 1 AND 50),
    CONSTRAINT notifications_object_check CHECK ((object_kind IS NULL) = (object_id IS NULL)),
    CONSTRAINT notifications_group_key_check CHECK (length(group_key) BETWEEN 1 AND 200),
    CONSTRAINT notifications_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT notifications_body_check CHECK (length(body) <= 2000),
    CONSTRAINT notifications_data_check CHECK (jsonb_typeof(data) = 'object'),
    -- What was read was seen.
    CONSTRAINT notifications_read_check CHECK (read_at IS NULL OR seen_at IS NOT NULL),
    CONSTRAINT notifications_expiry_check CHECK (expires_at > created_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT notifications_seen_at_check CHECK (
        seen_at >= '0001-01-01 00:00:00+00'
        AND seen_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT notifications_read_at_check CHECK (
        read_at >= '0001-01-01 00:00:00+00'
        AND read_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT notifications_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT notifications_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- The inbox, newest first, and how many of it are unread or unseen.
CREATE INDEX idx_notifications_inbox ON notifications (recipient_id, created_at, event_id);
CREATE INDEX idx_notifications_unread ON notifications (recipient_id, created_at, event_id)
WHERE read_at IS NULL;
CREATE INDEX idx_notifications_unseen ON notifications (recipient_id, created_at, event_id)
WHERE seen_at IS NULL;
-- Those of one group.
CREATE INDEX idx_notifications_group ON notifications (recipient_id, group_key, created_at, event_id)
WHERE group_key IS NOT NULL;
-- What a user caused: a block and the removal of the user delete it.
CREATE INDEX idx_notifications_actor ON notifications (actor_id, recipient_id, event_id);
-- The purge.
CREATE INDEX idx_notifications_expires ON notifications (expires_at, recipient_id, event_id)
WHERE expires_at IS NOT NULL;

CREATE FUNCTION notifications_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'notifications_unchanged: Only whether a notification was seen or read can be changed.';
END;
$$;

CREATE TRIGGER notifications_unchanged
BEFORE UPDATE ON notifications
FOR EACH ROW
WHEN (
    NEW.recipient_id IS DISTINCT FROM OLD.recipient_id
    OR NEW.event_id IS DISTINCT FROM OLD.event_id
    OR NEW.kind IS DISTINCT FROM OLD.kind
    OR NEW.actor_id IS DISTINCT FROM OLD.actor_id
    OR NEW.object_kind IS DISTINCT FROM OLD.object_kind
    OR NEW.object_id IS DISTINCT FROM OLD.object_id
    OR NEW.group_key IS DISTINCT FROM OLD.group_key
    OR NEW.title IS DISTINCT FROM OLD.title
    OR NEW.body IS DISTINCT FROM OLD.body
    OR NEW.data IS DISTINCT FROM OLD.data
    OR NEW.expires_at IS DISTINCT FROM OLD.expires_at
    OR NEW.created_at IS DISTINCT FROM OLD.created_at
)
EXECUTE FUNCTION notifications_unchanged();

CREATE FUNCTION notifications_seen_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'notifications_seen_kept: A notification that was seen stays seen.';
END;
$$;

CREATE TRIGGER notifications_seen_kept
BEFORE UPDATE ON notifications
FOR EACH ROW
WHEN (OLD.seen_at IS NOT NULL AND NEW.seen_at IS DISTINCT FROM OLD.seen_at)
EXECUTE FUNCTION notifications_seen_kept();

-- Drops a notification if its recipient or its actor has blocked the other, whichever client inserts it.
-- Once for each statement, so that the query is not planned again for each row. The package's statements leave such
-- rows out themselves, and count what is left.
CREATE FUNCTION notifications_not_blocked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'DELETE FROM %1$I.notifications USING added'
        ' WHERE notifications.recipient_id = added.recipient_id AND notifications.event_id = added.event_id'
        ' AND EXISTS (SELECT 1 FROM %1$I.blocks WHERE (blocker_id = added.recipient_id AND blocked_id = added.actor_id)'
        ' OR (blocker_id = added.actor_id AND blocked_id = added.recipient_id))',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER notifications_not_blocked
AFTER INSERT ON notifications
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION notifications_not_blocked();

CREATE FUNCTION blocks_end_notifications() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'DELETE FROM %I.notifications'
        ' WHERE (actor_id = $1 AND recipient_id = $2) OR (actor_id = $2 AND recipient_id = $1)',
        TG_TABLE_SCHEMA
    )
    USING NEW.blocker_id, NEW.blocked_id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER blocks_end_notifications
AFTER INSERT ON blocks
FOR EACH ROW EXECUTE FUNCTION blocks_end_notifications();
