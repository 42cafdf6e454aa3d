-- Notifications: one row for each recipient of an event. Those with the same `group_key` are shown as one.
CREATE TABLE notifications (
    recipient_id text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    actor_id text,
    object_kind text,
    object_id text,
    group_key text,
    title text NOT NULL,
    body text NOT NULL,
    data text NOT NULL,
    seen_at text,
    read_at text,
    expires_at text,
    created_at text NOT NULL,

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
    CONSTRAINT notifications_data_check CHECK (
        CASE WHEN json_valid(data) THEN json_type(data) = 'object' ELSE FALSE END
    ),
    -- What was read was seen.
    CONSTRAINT notifications_read_check CHECK (read_at IS NULL OR seen_at IS NOT NULL),
    CONSTRAINT notifications_expiry_check CHECK (expires_at > created_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT notifications_seen_at_check CHECK (
        seen_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(seen_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(seen_at, 1, 19), '+0 seconds') IS substr(seen_at, 1, 19)
        AND seen_at >= '0001'
    ),
    CONSTRAINT notifications_read_at_check CHECK (
        read_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(read_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(read_at, 1, 19), '+0 seconds') IS substr(read_at, 1, 19)
        AND read_at >= '0001'
    ),
    CONSTRAINT notifications_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),
    CONSTRAINT notifications_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT notifications_recipient_id_type_check CHECK (
        recipient_id GLOB '????????-????-????-????-????????????'
        AND length(replace(recipient_id, '-', '')) = 32
        AND replace(recipient_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT notifications_event_id_type_check CHECK (
        event_id GLOB '????????-????-????-????-????????????'
        AND length(replace(event_id, '-', '')) = 32
        AND replace(event_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT notifications_actor_id_type_check CHECK (
        actor_id GLOB '????????-????-????-????-????????????'
        AND length(replace(actor_id, '-', '')) = 32
        AND replace(actor_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT notifications_object_id_type_check CHECK (
        object_id GLOB '????????-????-????-????-????????????'
        AND length(replace(object_id, '-', '')) = 32
        AND replace(object_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

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

CREATE TRIGGER notifications_unchanged
BEFORE UPDATE ON notifications
WHEN
    NEW.recipient_id IS NOT OLD.recipient_id
    OR NEW.event_id IS NOT OLD.event_id
    OR NEW.kind IS NOT OLD.kind
    OR NEW.actor_id IS NOT OLD.actor_id
    OR NEW.object_kind IS NOT OLD.object_kind
    OR NEW.object_id IS NOT OLD.object_id
    OR NEW.group_key IS NOT OLD.group_key
    OR NEW.title IS NOT OLD.title
    OR NEW.body IS NOT OLD.body
    OR NEW.data IS NOT OLD.data
    OR NEW.expires_at IS NOT OLD.expires_at
    OR NEW.created_at IS NOT OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'notifications_unchanged: Only whether a notification was seen or read can be changed.');
END;

CREATE TRIGGER notifications_seen_kept
BEFORE UPDATE ON notifications
WHEN OLD.seen_at IS NOT NULL AND NEW.seen_at IS NOT OLD.seen_at
BEGIN
    SELECT RAISE(ABORT, 'notifications_seen_kept: A notification that was seen stays seen.');
END;

-- Drops a notification if its recipient or its actor has blocked the other, whichever client inserts it.
CREATE TRIGGER notifications_not_blocked
BEFORE INSERT ON notifications
WHEN
    EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocker_id = NEW.recipient_id AND blocked_id = NEW.actor_id)
            OR (blocker_id = NEW.actor_id AND blocked_id = NEW.recipient_id)
    )
BEGIN
    SELECT RAISE(IGNORE);
END;

CREATE TRIGGER blocks_end_notifications
AFTER INSERT ON blocks
BEGIN
    DELETE FROM notifications
    WHERE
        (actor_id = NEW.blocker_id AND recipient_id = NEW.blocked_id)
        OR (actor_id = NEW.blocked_id AND recipient_id = NEW.blocker_id);
END;

-- Without this, INSERT OR REPLACE would change a notification.
-- differs: trigger notifications_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no UPDATE trigger
CREATE TRIGGER notifications_not_replaced
BEFORE INSERT ON notifications
WHEN
    EXISTS (
        SELECT 1
        FROM notifications
        WHERE recipient_id = NEW.recipient_id AND event_id = NEW.event_id
    )
BEGIN
    SELECT RAISE(ABORT, 'notifications_not_replaced: The recipient was told of this event before.');
END;
