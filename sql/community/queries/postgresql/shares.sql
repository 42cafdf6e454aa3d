-- name: insert_share
-- Only what the user sees is shared, and with nobody whom a block hides.
-- differs: the parameters of a SELECT need their types here
INSERT INTO shares (
    id,
    video_id,
    user_id,
    recipient_id,
    channel,
    message,
    metadata,
    created_at
)
SELECT
    cast(:id AS uuid) AS id,
    videos.id AS video_id,
    cast(:user_id AS uuid) AS user_id,
    cast(:recipient_id AS uuid) AS recipient_id,
    cast(:channel AS text) AS channel,
    cast(:message AS text) AS message,
    cast(:metadata AS jsonb) AS metadata,
    cast(:now AS timestamptz) AS created_at
FROM videos
INNER JOIN users AS owner ON videos.owner_id = owner.id
WHERE
    videos.id = :video_id
    AND videos.status <> 'REMOVED'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :user_id)
            OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :user_id)
    )
    AND (
        videos.owner_id = :user_id
        OR (
            owner.is_active
            AND videos.status = 'READY'
            AND videos.published_at IS NOT NULL
            AND (
                (videos.visibility IN ('PUBLIC', 'UNLISTED') AND NOT owner.is_private)
                OR (
                    videos.visibility <> 'PRIVATE'
                    AND EXISTS (
                        SELECT 1
                        FROM follows
                        WHERE
                            follows.follower_id = :user_id
                            AND follows.followed_id = videos.owner_id
                            AND follows.status = 'ACCEPTED'
                    )
                )
            )
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = :user_id AND blocks.blocked_id = :recipient_id)
            OR (blocks.blocked_id = :user_id AND blocks.blocker_id = :recipient_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM shares
        WHERE shares.id = :id
    )
ON CONFLICT (id) DO NOTHING
RETURNING
    id,
    video_id,
    user_id,
    recipient_id,
    channel,
    message,
    metadata,
    created_at;

-- name: insert_shares
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO shares (
    id,
    video_id,
    user_id,
    recipient_id,
    channel,
    message,
    metadata,
    created_at
)
SELECT
    entry.id,
    entry.video_id,
    entry.user_id,
    entry.recipient_id,
    entry.channel,
    entry.message,
    entry.metadata,
    entry.created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    video_id uuid,
    user_id uuid,
    recipient_id uuid,
    channel text,
    message text,
    metadata jsonb,
    created_at timestamptz
)
ON CONFLICT (id) DO NOTHING;

-- name: get_share
SELECT
    id,
    video_id,
    user_id,
    recipient_id,
    channel,
    message,
    metadata,
    created_at
FROM shares
WHERE id = :share_id;

-- name: count_shares
-- differs: a sum of bigint is numeric here
SELECT cast(coalesce(sum(shares), 0) AS bigint) AS shares
FROM video_share_counts
WHERE video_id = :video_id;

-- name: list_received_shares
SELECT
    shares.id,
    shares.video_id,
    shares.user_id,
    shares.recipient_id,
    shares.channel,
    shares.message,
    shares.metadata,
    shares.created_at
FROM shares
WHERE
    shares.recipient_id = :recipient_id
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = shares.user_id AND blocks.blocked_id = :recipient_id)
            OR (blocks.blocked_id = shares.user_id AND blocks.blocker_id = :recipient_id)
    )
    AND EXISTS (
        SELECT 1
        FROM videos
        INNER JOIN users AS owner ON videos.owner_id = owner.id
        WHERE
            videos.id = shares.video_id
            AND videos.status <> 'REMOVED'
            AND NOT EXISTS (
                SELECT 1
                FROM blocks
                WHERE
                    (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :recipient_id)
                    OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :recipient_id)
            )
            AND (
                videos.owner_id = :recipient_id
                OR (
                    owner.is_active
                    AND videos.status = 'READY'
                    AND videos.published_at IS NOT NULL
                    AND (
                        (videos.visibility IN ('PUBLIC', 'UNLISTED') AND NOT owner.is_private)
                        OR (
                            videos.visibility <> 'PRIVATE'
                            AND EXISTS (
                                SELECT 1
                                FROM follows
                                WHERE
                                    follows.follower_id = :recipient_id
                                    AND follows.followed_id = videos.owner_id
                                    AND follows.status = 'ACCEPTED'
                            )
                        )
                    )
                )
            )
    )
    AND (shares.created_at, shares.id) < (:created_at, :id)  -- when after
ORDER BY shares.created_at DESC, shares.id DESC
LIMIT :limit;

-- name: list_shares_of_user
SELECT
    id,
    video_id,
    user_id,
    recipient_id,
    channel,
    message,
    metadata,
    created_at
FROM shares
WHERE
    user_id = :user_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: delete_share
DELETE FROM shares
WHERE
    id = :share_id
    AND user_id = :user_id;

-- name: stream_shares_of_user
SELECT
    id,
    video_id,
    user_id,
    recipient_id,
    channel,
    message,
    metadata,
    created_at
FROM shares
WHERE user_id = :user_id
ORDER BY created_at, id;

-- name: move_shares
-- What the two users shared with each other stays and is deleted.
-- differs: a parameter needs its type here
UPDATE shares
SET
    user_id = CASE WHEN user_id = :merged THEN cast(:kept AS uuid) ELSE user_id END,
    recipient_id = CASE WHEN recipient_id = :merged THEN cast(:kept AS uuid) ELSE recipient_id END
WHERE
    (user_id = :merged AND (recipient_id IS NULL OR recipient_id <> :kept))
    OR (recipient_id = :merged AND user_id <> :kept);
