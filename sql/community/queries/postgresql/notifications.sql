-- name: insert_notification
-- It is left out if one of the two users has blocked the other.
-- differs: parameters of a SELECT need types here; a trigger looks at rows and blocks before ON CONFLICT does there
INSERT INTO notifications (
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    expires_at,
    created_at
)
SELECT
    users.id AS recipient_id,
    cast(:event_id AS uuid) AS event_id,
    cast(:kind AS text) AS kind,
    cast(:actor_id AS uuid) AS actor_id,
    cast(:object_kind AS text) AS object_kind,
    cast(:object_id AS uuid) AS object_id,
    cast(:group_key AS text) AS group_key,
    cast(:title AS text) AS title,
    cast(:body AS text) AS body,
    cast(:data AS jsonb) AS data,
    cast(:expires_at AS timestamptz) AS expires_at,
    cast(:now AS timestamptz) AS created_at
FROM users
WHERE
    users.id = :recipient_id
    AND (cast(:actor_id AS uuid) IS NULL OR users.id <> cast(:actor_id AS uuid))
    AND NOT EXISTS (
        SELECT 1
        FROM notification_preferences
        WHERE
            notification_preferences.user_id = users.id
            AND notification_preferences.kind = :kind
            AND notification_preferences.channel = 'INBOX'
            AND NOT notification_preferences.is_enabled
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = users.id AND blocks.blocked_id = cast(:actor_id AS uuid))
            OR (blocks.blocker_id = cast(:actor_id AS uuid) AND blocks.blocked_id = users.id)
    )
ON CONFLICT (recipient_id, event_id) DO NOTHING
RETURNING
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    seen_at,
    read_at,
    expires_at,
    created_at;

-- name: insert_notifications
-- Those between users of whom one has blocked the other are left out.
-- differs: a JSON array is read by json_to_recordset here, by json_each there; a trigger looks at blocks there
INSERT INTO notifications (
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    expires_at,
    created_at
)
SELECT
    entry.recipient_id,
    entry.event_id,
    entry.kind,
    entry.actor_id,
    entry.object_kind,
    entry.object_id,
    entry.group_key,
    entry.title,
    entry.body,
    entry.data,
    entry.expires_at,
    cast(:now AS timestamptz) AS created_at
FROM json_to_recordset(:rows) AS entry (
    recipient_id uuid,
    event_id uuid,
    kind text,
    actor_id uuid,
    object_kind text,
    object_id uuid,
    group_key text,
    title text,
    body text,
    data jsonb,
    expires_at timestamptz
)
WHERE
    entry.actor_id IS DISTINCT FROM entry.recipient_id
    AND NOT EXISTS (
        SELECT 1
        FROM notification_preferences
        WHERE
            notification_preferences.user_id = entry.recipient_id
            AND notification_preferences.kind = entry.kind
            AND notification_preferences.channel = 'INBOX'
            AND NOT notification_preferences.is_enabled
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = entry.recipient_id AND blocks.blocked_id = entry.actor_id)
            OR (blocks.blocker_id = entry.actor_id AND blocks.blocked_id = entry.recipient_id)
    )
ON CONFLICT (recipient_id, event_id) DO NOTHING;

-- name: find_fan_out_end
-- The last follower of the next batch.
SELECT
    created_at,
    follower_id
FROM (
    SELECT
        created_at,
        follower_id
    FROM follows
    WHERE
        followed_id = :followed_id
        AND status = 'ACCEPTED'
        AND created_at <= :until
        AND (created_at, follower_id) > (:created_at, :follower_id)  -- when after
    ORDER BY created_at, follower_id
    LIMIT :batch_size
) AS batch
ORDER BY created_at DESC, follower_id DESC
LIMIT 1;

-- name: insert_for_followers
-- Those who have blocked the actor or are blocked are left out.
-- differs: parameters of a SELECT need types here; a trigger looks at rows and blocks before ON CONFLICT does there
INSERT INTO notifications (
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    expires_at,
    created_at
)
SELECT
    follows.follower_id AS recipient_id,
    cast(:event_id AS uuid) AS event_id,
    cast(:kind AS text) AS kind,
    cast(:actor_id AS uuid) AS actor_id,
    cast(:object_kind AS text) AS object_kind,
    cast(:object_id AS uuid) AS object_id,
    cast(:group_key AS text) AS group_key,
    cast(:title AS text) AS title,
    cast(:body AS text) AS body,
    cast(:data AS jsonb) AS data,
    cast(:expires_at AS timestamptz) AS expires_at,
    cast(:created_at AS timestamptz) AS created_at
FROM follows
WHERE
    follows.followed_id = :actor_id
    AND follows.status = 'ACCEPTED'
    AND (follows.created_at, follows.follower_id) > (:after_created_at, :after_follower_id)  -- when after_created_at
    AND (follows.created_at, follows.follower_id) <= (:last_created_at, :last_follower_id)
    AND NOT EXISTS (
        SELECT 1
        FROM notification_preferences
        WHERE
            notification_preferences.user_id = follows.follower_id
            AND notification_preferences.kind = :kind
            AND notification_preferences.channel = 'INBOX'
            AND NOT notification_preferences.is_enabled
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = follows.follower_id AND blocks.blocked_id = :actor_id)
            OR (blocks.blocker_id = :actor_id AND blocks.blocked_id = follows.follower_id)
    )
ON CONFLICT (recipient_id, event_id) DO NOTHING;

-- name: find_notification
-- Leaves out what `list_inbox` leaves out.
SELECT
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    seen_at,
    read_at,
    expires_at,
    created_at
FROM notifications
WHERE
    recipient_id = :recipient_id
    AND event_id = :event_id
    AND (expires_at IS NULL OR expires_at > :now)
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = notifications.recipient_id AND blocks.blocked_id = notifications.actor_id)
            OR (blocks.blocker_id = notifications.actor_id AND blocks.blocked_id = notifications.recipient_id)
    );

-- name: list_inbox
-- A block deletes the notifications between two users; one that was written at that moment is hidden.
SELECT
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    seen_at,
    read_at,
    expires_at,
    created_at
FROM notifications
WHERE
    recipient_id = :recipient_id
    AND (expires_at IS NULL OR expires_at > :now)
    AND read_at IS NULL  -- when only = unread
    AND kind = :kind  -- when kind
    AND group_key = :group_key  -- when group_key
    AND (created_at, event_id) < (:created_at, :event_id)  -- when after
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE blocks.blocker_id = notifications.recipient_id AND blocks.blocked_id = notifications.actor_id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE blocks.blocker_id = notifications.actor_id AND blocks.blocked_id = notifications.recipient_id
    )
ORDER BY created_at DESC, event_id DESC
LIMIT :limit;

-- name: count_unread
-- Reads entries of an index until it has `up_to`, however many there are. Two NOT EXISTS, not one with OR: PostgreSQL
-- takes that for a filter that leaves next to no rows, and sorts all of them.
SELECT count(*) AS unread
FROM (
    SELECT event_id
    FROM notifications
    WHERE
        recipient_id = :recipient_id
        AND read_at IS NULL
        AND (expires_at IS NULL OR expires_at > :now)
        AND NOT EXISTS (
            SELECT 1
            FROM blocks
            WHERE blocks.blocker_id = notifications.recipient_id AND blocks.blocked_id = notifications.actor_id
        )
        AND NOT EXISTS (
            SELECT 1
            FROM blocks
            WHERE blocks.blocker_id = notifications.actor_id AND blocks.blocked_id = notifications.recipient_id
        )
    ORDER BY created_at, event_id
    LIMIT :up_to
) AS newest;

-- name: count_unseen
-- Reads entries of an index until it has `up_to`, however many there are. Two NOT EXISTS, not one with OR: PostgreSQL
-- takes that for a filter that leaves next to no rows, and sorts all of them.
SELECT count(*) AS unseen
FROM (
    SELECT event_id
    FROM notifications
    WHERE
        recipient_id = :recipient_id
        AND seen_at IS NULL
        AND (expires_at IS NULL OR expires_at > :now)
        AND NOT EXISTS (
            SELECT 1
            FROM blocks
            WHERE blocks.blocker_id = notifications.recipient_id AND blocks.blocked_id = notifications.actor_id
        )
        AND NOT EXISTS (
            SELECT 1
            FROM blocks
            WHERE blocks.blocker_id = notifications.actor_id AND blocks.blocked_id = notifications.recipient_id
        )
    ORDER BY created_at, event_id
    LIMIT :up_to
) AS newest;

-- name: mark_read
-- differs: a list is an array here, a JSON array there
UPDATE notifications
SET
    seen_at = coalesce(seen_at, :now),
    read_at = :now
WHERE
    recipient_id = :recipient_id
    AND event_id = ANY(:event_ids)
    AND read_at IS NULL;

-- name: mark_unread
UPDATE notifications
SET read_at = NULL
WHERE
    recipient_id = :recipient_id
    AND event_id = :event_id
    AND read_at IS NOT NULL;

-- name: mark_batch_seen
-- The newest first.
UPDATE notifications
SET seen_at = :now
WHERE
    recipient_id = :recipient_id
    AND event_id IN (
        SELECT batch.event_id
        FROM notifications AS batch
        WHERE
            batch.recipient_id = :recipient_id
            AND batch.seen_at IS NULL
            AND batch.created_at <= :until
        ORDER BY batch.created_at DESC, batch.event_id DESC
        LIMIT :batch_size
    );

-- name: mark_batch_read
-- The newest first.
UPDATE notifications
SET
    seen_at = coalesce(seen_at, :now),
    read_at = :now
WHERE
    recipient_id = :recipient_id
    AND event_id IN (
        SELECT batch.event_id
        FROM notifications AS batch
        WHERE
            batch.recipient_id = :recipient_id
            AND batch.read_at IS NULL
            AND batch.created_at <= :until
        ORDER BY batch.created_at DESC, batch.event_id DESC
        LIMIT :batch_size
    );

-- name: delete_notification
DELETE FROM notifications
WHERE
    recipient_id = :recipient_id
    AND event_id = :event_id;

-- name: delete_expired_notifications
-- A batch, the first that expired first.
-- differs: rows that another holds are passed over here; there only one writes
WITH batch AS MATERIALIZED (
    SELECT
        recipient_id,
        event_id
    FROM notifications
    WHERE expires_at <= :now
    ORDER BY expires_at, recipient_id, event_id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM notifications
USING batch
WHERE
    notifications.recipient_id = batch.recipient_id
    AND notifications.event_id = batch.event_id;

-- name: delete_notifications_of_actor
-- A batch of what a user caused.
-- differs: rows that another holds are passed over here; there only one writes
WITH batch AS MATERIALIZED (
    SELECT
        recipient_id,
        event_id
    FROM notifications
    WHERE actor_id = :actor_id
    ORDER BY recipient_id, event_id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM notifications
USING batch
WHERE
    notifications.recipient_id = batch.recipient_id
    AND notifications.event_id = batch.event_id;

-- name: stream_notifications
SELECT
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    seen_at,
    read_at,
    expires_at,
    created_at
FROM notifications
WHERE recipient_id = :recipient_id
ORDER BY created_at, event_id;

-- name: move_notifications
-- Those of which the other user was not told. The rows of the merged user go with the user.
-- differs: a trigger looks at rows and blocks before ON CONFLICT does there
INSERT INTO notifications (
    recipient_id,
    event_id,
    kind,
    actor_id,
    object_kind,
    object_id,
    group_key,
    title,
    body,
    data,
    seen_at,
    read_at,
    expires_at,
    created_at
)
SELECT
    cast(:kept AS uuid) AS recipient_id,
    moved.event_id,
    moved.kind,
    moved.actor_id,
    moved.object_kind,
    moved.object_id,
    moved.group_key,
    moved.title,
    moved.body,
    moved.data,
    moved.seen_at,
    moved.read_at,
    moved.expires_at,
    moved.created_at
FROM notifications AS moved
WHERE
    moved.recipient_id = :merged
    AND (moved.actor_id IS NULL OR moved.actor_id <> :kept)
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = :kept AND blocks.blocked_id = moved.actor_id)
            OR (blocks.blocker_id = moved.actor_id AND blocks.blocked_id = :kept)
    )
ON CONFLICT (recipient_id, event_id) DO NOTHING;

-- name: set_preference
INSERT INTO notification_preferences (
    user_id,
    kind,
    channel,
    is_enabled,
    updated_at
)
VALUES (
    :user_id,
    :kind,
    :channel,
    :is_enabled,
    :now
)
ON CONFLICT (user_id, kind, channel) DO UPDATE
SET
    is_enabled = excluded.is_enabled,
    updated_at = excluded.updated_at
RETURNING
    user_id,
    kind,
    channel,
    is_enabled,
    updated_at;

-- name: insert_preferences
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO notification_preferences (
    user_id,
    kind,
    channel,
    is_enabled,
    updated_at
)
SELECT
    entry.user_id,
    entry.kind,
    entry.channel,
    entry.is_enabled,
    entry.updated_at
FROM json_to_recordset(:rows) AS entry (
    user_id uuid,
    kind text,
    channel text,
    is_enabled boolean,
    updated_at timestamptz
)
ON CONFLICT (user_id, kind, channel) DO NOTHING;

-- name: delete_preference
DELETE FROM notification_preferences
WHERE
    user_id = :user_id
    AND kind = :kind
    AND channel = :channel;

-- name: list_preferences
SELECT
    user_id,
    kind,
    channel,
    is_enabled,
    updated_at
FROM notification_preferences
WHERE user_id = :user_id
ORDER BY kind, channel;

-- name: list_users_who_want
-- differs: a list is an array here, a JSON array there
SELECT users.id
FROM users
WHERE
    users.id = ANY(:user_ids)
    AND NOT EXISTS (
        SELECT 1
        FROM notification_preferences
        WHERE
            notification_preferences.user_id = users.id
            AND notification_preferences.kind = :kind
            AND notification_preferences.channel = :channel
            AND NOT notification_preferences.is_enabled
    )
ORDER BY users.id;

-- name: move_preferences
-- The kept user's own preferences stay.
-- differs: parameters of a SELECT need their types here
INSERT INTO notification_preferences (
    user_id,
    kind,
    channel,
    is_enabled,
    updated_at
)
SELECT
    cast(:kept AS uuid) AS user_id,
    moved.kind,
    moved.channel,
    moved.is_enabled,
    moved.updated_at
FROM notification_preferences AS moved
WHERE moved.user_id = :merged
ON CONFLICT (user_id, kind, channel) DO NOTHING;
