-- name: insert_chat_message
-- A trigger keeps the rules of the chat. Clocks of two machines may differ: nobody writes before the beginning, and the
-- trigger refuses what is written after the end.
-- differs: a trigger refuses here what INSERT OR REPLACE would delete; the values need types there
INSERT INTO live_chat_messages (
    id,
    livestream_id,
    author_id,
    kind,
    body,
    metadata,
    created_at
)
SELECT
    :id AS id,
    :livestream_id AS livestream_id,
    :author_id AS author_id,
    :kind AS kind,
    :body AS body,
    :metadata AS metadata,
    coalesce((
        SELECT
            CASE
                WHEN livestreams.ended_at IS NULL THEN livestreams.started_at
                ELSE '9999-12-31T23:59:59.999999Z'
            END
        FROM livestreams
        WHERE
            livestreams.id = :livestream_id
            AND (livestreams.started_at > :now OR livestreams.ended_at IS NOT NULL)
    ), :now) AS created_at
WHERE
    NOT EXISTS (
        SELECT 1
        FROM live_chat_messages
        WHERE live_chat_messages.id = :id
    )
ON CONFLICT (id) DO NOTHING
RETURNING
    id,
    livestream_id,
    author_id,
    kind,
    body,
    metadata,
    removed_at,
    removed_by,
    created_at;

-- name: insert_chat_messages
-- All rows are one JSON parameter, so that many rows are one statement. A trigger keeps the rules of a live chat.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO live_chat_messages (
    id,
    livestream_id,
    author_id,
    kind,
    body,
    metadata,
    removed_at,
    removed_by,
    created_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.livestream_id') AS livestream_id,
    json_extract(entry.value, '$.author_id') AS author_id,
    json_extract(entry.value, '$.kind') AS kind,
    json_extract(entry.value, '$.body') AS body,
    json_extract(entry.value, '$.metadata') AS metadata,
    json_extract(entry.value, '$.removed_at') AS removed_at,
    json_extract(entry.value, '$.removed_by') AS removed_by,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM live_chat_messages
        WHERE live_chat_messages.id = json_extract(entry.value, '$.id')
    )
ORDER BY json_extract(entry.value, '$.created_at'), json_extract(entry.value, '$.id')
ON CONFLICT (id) DO NOTHING;

-- name: get_chat_message
SELECT
    id,
    livestream_id,
    author_id,
    kind,
    body,
    metadata,
    removed_at,
    removed_by,
    created_at
FROM live_chat_messages
WHERE id = :message_id;

-- name: list_chat_messages
-- For those who see the livestream, and without what those have written whom a block hides from the viewer.
SELECT
    live_chat_messages.id,
    live_chat_messages.livestream_id,
    live_chat_messages.author_id,
    live_chat_messages.kind,
    live_chat_messages.body,
    live_chat_messages.metadata,
    live_chat_messages.removed_at,
    live_chat_messages.removed_by,
    live_chat_messages.created_at
FROM live_chat_messages
WHERE
    live_chat_messages.livestream_id = :livestream_id
    AND EXISTS (
        SELECT 1
        FROM livestreams
        INNER JOIN users ON livestreams.owner_id = users.id
        WHERE
            livestreams.id = :livestream_id
            AND NOT EXISTS (
                SELECT 1
                FROM blocks
                WHERE
                    (blocks.blocker_id = livestreams.owner_id AND blocks.blocked_id = :viewer_id)
                    OR (blocks.blocked_id = livestreams.owner_id AND blocks.blocker_id = :viewer_id)
            )
            AND (
                livestreams.owner_id = :viewer_id
                OR (
                    users.is_active
                    AND (
                        (livestreams.visibility IN ('PUBLIC', 'UNLISTED') AND NOT users.is_private)
                        OR (
                            livestreams.visibility <> 'PRIVATE'
                            AND EXISTS (
                                SELECT 1
                                FROM follows
                                WHERE
                                    follows.follower_id = :viewer_id
                                    AND follows.followed_id = livestreams.owner_id
                                    AND follows.status = 'ACCEPTED'
                            )
                        )
                    )
                )
            )
    )
    AND (
        live_chat_messages.author_id IS NULL
        OR NOT EXISTS (
            SELECT 1
            FROM blocks
            WHERE
                (blocks.blocker_id = live_chat_messages.author_id AND blocks.blocked_id = :viewer_id)
                OR (blocks.blocked_id = live_chat_messages.author_id AND blocks.blocker_id = :viewer_id)
        )
    )
    AND (live_chat_messages.created_at, live_chat_messages.id) < (:created_at, :id)  -- when after, order = newest
--  AND (live_chat_messages.created_at, live_chat_messages.id) > (:created_at, :id)  -- when after, order = oldest
ORDER BY
    live_chat_messages.created_at DESC, live_chat_messages.id DESC  -- when order = newest
--  live_chat_messages.created_at, live_chat_messages.id  -- when order = oldest
LIMIT :limit;

-- name: stream_chat_messages_of_author
SELECT
    id,
    livestream_id,
    author_id,
    kind,
    body,
    metadata,
    removed_at,
    removed_by,
    created_at
FROM live_chat_messages
WHERE author_id = :author_id
ORDER BY livestream_id, created_at, id;

-- name: remove_chat_message
-- The author, the owner of the livestream and the moderators may.
-- differs: a document is text here
UPDATE live_chat_messages
SET
    body = NULL,
    metadata = '{}',
    removed_at = coalesce(removed_at, :now),
    removed_by = CASE WHEN removed_at IS NULL THEN :remover_id ELSE removed_by END
WHERE
    id = :message_id
    AND (
        author_id = :remover_id
        OR EXISTS (
            SELECT 1
            FROM livestreams
            WHERE
                livestreams.id = live_chat_messages.livestream_id
                AND (
                    livestreams.owner_id = :remover_id
                    OR EXISTS (
                        SELECT 1
                        FROM live_moderators
                        WHERE
                            live_moderators.owner_id = livestreams.owner_id
                            AND live_moderators.moderator_id = :remover_id
                    )
                )
        )
    )
RETURNING
    id,
    livestream_id,
    author_id,
    kind,
    body,
    metadata,
    removed_at,
    removed_by,
    created_at;

-- name: remove_chat_messages_of_author
-- differs: a document is text here
UPDATE live_chat_messages
SET
    body = NULL,
    metadata = '{}',
    removed_at = :now,
    removed_by = :remover_id
WHERE
    author_id = :author_id
    AND livestream_id = :livestream_id
    AND removed_at IS NULL
    AND EXISTS (
        SELECT 1
        FROM livestreams
        WHERE
            livestreams.id = live_chat_messages.livestream_id
            AND (
                livestreams.owner_id = :remover_id
                OR EXISTS (
                    SELECT 1
                    FROM live_moderators
                    WHERE
                        live_moderators.owner_id = livestreams.owner_id
                        AND live_moderators.moderator_id = :remover_id
                )
            )
    );

-- name: delete_old_chat_messages
-- differs: only one writes at a time here; rows that another transaction deletes are passed over there
DELETE FROM live_chat_messages
WHERE
    id IN (
        SELECT old.id
        FROM live_chat_messages AS old
        WHERE old.created_at < :before
        ORDER BY old.created_at, old.id
        LIMIT :batch_size
    );

-- name: move_chat_messages
UPDATE live_chat_messages
SET author_id = :kept
WHERE author_id = :merged;

-- name: find_chat_rules
SELECT
    livestream_id,
    slow_seconds,
    is_followers_only,
    messages_per_second
FROM live_chats
WHERE livestream_id = :livestream_id;

-- name: set_chat_rules
INSERT INTO live_chats (
    livestream_id,
    slow_seconds,
    is_followers_only,
    messages_per_second
)
VALUES (
    :livestream_id,
    :slow_seconds,
    :is_followers_only,
    :messages_per_second
)
ON CONFLICT (livestream_id) DO UPDATE
SET
    slow_seconds = excluded.slow_seconds,
    is_followers_only = excluded.is_followers_only,
    messages_per_second = excluded.messages_per_second
RETURNING
    livestream_id,
    slow_seconds,
    is_followers_only,
    messages_per_second;

-- name: add_moderator
INSERT INTO live_moderators (
    owner_id,
    moderator_id,
    created_at
)
VALUES (
    :owner_id,
    :moderator_id,
    :now
)
ON CONFLICT (owner_id, moderator_id) DO NOTHING;

-- name: insert_moderators
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO live_moderators (
    owner_id,
    moderator_id,
    created_at
)
SELECT
    json_extract(entry.value, '$.owner_id') AS owner_id,
    json_extract(entry.value, '$.moderator_id') AS moderator_id,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM live_moderators
        WHERE
            live_moderators.owner_id = json_extract(entry.value, '$.owner_id')
            AND live_moderators.moderator_id = json_extract(entry.value, '$.moderator_id')
    )
ON CONFLICT (owner_id, moderator_id) DO NOTHING;

-- name: remove_moderator
DELETE FROM live_moderators
WHERE
    owner_id = :owner_id
    AND moderator_id = :moderator_id;

-- name: list_moderators
SELECT
    owner_id,
    moderator_id,
    created_at
FROM live_moderators
WHERE
    owner_id = :owner_id
    AND moderator_id > :moderator_id  -- when after
ORDER BY moderator_id
LIMIT :limit;

-- name: stream_moderators
-- Those of a user, and those for whom the user moderates.
SELECT
    owner_id,
    moderator_id,
    created_at
FROM live_moderators
WHERE
    owner_id = :user_id
    OR moderator_id = :user_id
ORDER BY owner_id, moderator_id;

-- name: ban
-- The owner and the moderators may. Another ban takes the place of the one before.
-- differs: the values need no types here
INSERT INTO live_bans (
    owner_id,
    user_id,
    banned_by,
    reason,
    expires_at,
    created_at
)
SELECT
    :owner_id AS owner_id,
    :user_id AS user_id,
    :banned_by AS banned_by,
    :reason AS reason,
    :expires_at AS expires_at,
    :now AS created_at
WHERE
    :banned_by = :owner_id
    OR EXISTS (
        SELECT 1
        FROM live_moderators
        WHERE
            live_moderators.owner_id = :owner_id
            AND live_moderators.moderator_id = :banned_by
    )
ON CONFLICT (owner_id, user_id) DO UPDATE
SET
    banned_by = excluded.banned_by,
    reason = excluded.reason,
    expires_at = excluded.expires_at,
    created_at = excluded.created_at
RETURNING
    owner_id,
    user_id,
    banned_by,
    reason,
    expires_at,
    created_at;

-- name: insert_bans
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO live_bans (
    owner_id,
    user_id,
    banned_by,
    reason,
    expires_at,
    created_at
)
SELECT
    json_extract(entry.value, '$.owner_id') AS owner_id,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.banned_by') AS banned_by,
    json_extract(entry.value, '$.reason') AS reason,
    json_extract(entry.value, '$.expires_at') AS expires_at,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM live_bans
        WHERE
            live_bans.owner_id = json_extract(entry.value, '$.owner_id')
            AND live_bans.user_id = json_extract(entry.value, '$.user_id')
    )
ON CONFLICT (owner_id, user_id) DO NOTHING;

-- name: find_ban
SELECT
    owner_id,
    user_id,
    banned_by,
    reason,
    expires_at,
    created_at
FROM live_bans
WHERE
    owner_id = :owner_id
    AND user_id = :user_id
    AND (expires_at IS NULL OR expires_at > :now);

-- name: list_bans
SELECT
    owner_id,
    user_id,
    banned_by,
    reason,
    expires_at,
    created_at
FROM live_bans
WHERE
    owner_id = :owner_id
    AND (expires_at IS NULL OR expires_at > :now)
    AND (created_at, user_id) < (:created_at, :user_id)  -- when after
ORDER BY created_at DESC, user_id DESC
LIMIT :limit;

-- name: lift_ban
DELETE FROM live_bans
WHERE
    owner_id = :owner_id
    AND user_id = :user_id;

-- name: delete_expired_bans
DELETE FROM live_bans
WHERE
    (owner_id, user_id) IN (
        SELECT
            expired.owner_id,
            expired.user_id
        FROM live_bans AS expired
        WHERE expired.expires_at <= :now
        ORDER BY expired.expires_at, expired.owner_id, expired.user_id
        LIMIT :batch_size
    );

-- name: stream_bans_of_owner
SELECT
    owner_id,
    user_id,
    banned_by,
    reason,
    expires_at,
    created_at
FROM live_bans
WHERE owner_id = :owner_id
ORDER BY user_id;

-- name: move_moderators
UPDATE live_moderators
SET owner_id = :kept
WHERE
    owner_id = :merged
    AND moderator_id <> :kept
    AND NOT EXISTS (
        SELECT 1
        FROM live_moderators AS other
        WHERE
            other.owner_id = :kept
            AND other.moderator_id = live_moderators.moderator_id
    );

-- name: move_moderating
UPDATE live_moderators
SET moderator_id = :kept
WHERE
    moderator_id = :merged
    AND owner_id <> :kept
    AND NOT EXISTS (
        SELECT 1
        FROM live_moderators AS other
        WHERE
            other.moderator_id = :kept
            AND other.owner_id = live_moderators.owner_id
    );

-- name: move_bans
UPDATE live_bans
SET owner_id = :kept
WHERE
    owner_id = :merged
    AND user_id <> :kept
    AND NOT EXISTS (
        SELECT 1
        FROM live_bans AS other
        WHERE
            other.owner_id = :kept
            AND other.user_id = live_bans.user_id
    );

-- name: move_bans_of_user
-- A ban of the merged user holds for the kept one.
UPDATE live_bans
SET user_id = :kept
WHERE
    user_id = :merged
    AND owner_id <> :kept
    AND NOT EXISTS (
        SELECT 1
        FROM live_bans AS other
        WHERE
            other.user_id = :kept
            AND other.owner_id = live_bans.owner_id
    );
