-- name: follow
-- The account decides whether it has to accept. A follow that exists stays as it is.
-- differs: the parameters of a SELECT need their types here
INSERT INTO follows (
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at
)
SELECT
    cast(:follower_id AS uuid) AS follower_id,
    id AS followed_id,
    CASE WHEN is_private THEN 'PENDING' ELSE 'ACCEPTED' END AS status,
    cast(:now AS timestamptz) AS created_at,
    CASE WHEN NOT is_private THEN cast(:now AS timestamptz) END AS accepted_at
FROM users
WHERE id = :followed_id
ON CONFLICT (follower_id, followed_id) DO UPDATE
SET status = follows.status
RETURNING
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at;

-- name: accept_follow
UPDATE follows
SET
    status = 'ACCEPTED',
    accepted_at = coalesce(accepted_at, :now)
WHERE
    follower_id = :follower_id
    AND followed_id = :followed_id
RETURNING
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at;

-- name: refuse_follow
DELETE FROM follows
WHERE
    follower_id = :follower_id
    AND followed_id = :followed_id
    AND status = 'PENDING';

-- name: unfollow
DELETE FROM follows
WHERE
    follower_id = :follower_id
    AND followed_id = :followed_id;

-- name: block
-- A trigger ends both follows.
INSERT INTO blocks (
    blocker_id,
    blocked_id,
    created_at
)
VALUES (
    :blocker_id,
    :blocked_id,
    :now
)
ON CONFLICT (blocker_id, blocked_id) DO UPDATE
SET created_at = blocks.created_at
RETURNING
    blocker_id,
    blocked_id,
    created_at;

-- name: unblock
DELETE FROM blocks
WHERE
    blocker_id = :blocker_id
    AND blocked_id = :blocked_id;

-- name: stream_follows
SELECT
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at
FROM follows
WHERE
    follower_id = :user_id
    OR followed_id = :user_id
ORDER BY created_at, follower_id, followed_id;

-- name: stream_blocks
SELECT
    blocker_id,
    blocked_id,
    created_at
FROM blocks
WHERE blocker_id = :blocker_id
ORDER BY blocked_id;

-- name: move_blocks
INSERT INTO blocks (
    blocker_id,
    blocked_id,
    created_at
)
SELECT
    CASE WHEN blocks.blocker_id = :merged THEN kept.id ELSE blocks.blocker_id END AS blocker_id,
    CASE WHEN blocks.blocked_id = :merged THEN kept.id ELSE blocks.blocked_id END AS blocked_id,
    blocks.created_at
FROM blocks
CROSS JOIN users AS kept
WHERE
    kept.id = :kept
    AND (
        (blocks.blocker_id = :merged AND blocks.blocked_id <> :kept)
        OR (blocks.blocked_id = :merged AND blocks.blocker_id <> :kept)
    )
ON CONFLICT (blocker_id, blocked_id) DO NOTHING;

-- name: move_follows
-- A follow of the kept user stays; a request becomes a follow if the merged user has one.
INSERT INTO follows (
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at
)
SELECT
    moved.follower_id,
    moved.followed_id,
    moved.status,
    moved.created_at,
    moved.accepted_at
FROM (
    SELECT
        CASE WHEN follows.follower_id = :merged THEN kept.id ELSE follows.follower_id END AS follower_id,
        CASE WHEN follows.followed_id = :merged THEN kept.id ELSE follows.followed_id END AS followed_id,
        follows.status,
        follows.created_at,
        follows.accepted_at
    FROM follows
    CROSS JOIN users AS kept
    WHERE
        kept.id = :kept
        AND (
            (follows.follower_id = :merged AND follows.followed_id <> :kept)
            OR (follows.followed_id = :merged AND follows.follower_id <> :kept)
        )
) AS moved
WHERE
    NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = moved.follower_id AND blocks.blocked_id = moved.followed_id)
            OR (blocks.blocker_id = moved.followed_id AND blocks.blocked_id = moved.follower_id)
    )
ON CONFLICT (follower_id, followed_id) DO UPDATE SET
    status = excluded.status,
    accepted_at = excluded.accepted_at
WHERE follows.status = 'PENDING' AND excluded.status = 'ACCEPTED';
