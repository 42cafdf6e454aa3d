-- name: follow
-- The account decides whether it has to accept. A follow that exists stays as it is.
-- differs: the parameters of a SELECT need their types there
INSERT INTO follows (
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at
)
SELECT
    :follower_id AS follower_id,
    id AS followed_id,
    CASE WHEN is_private THEN 'PENDING' ELSE 'ACCEPTED' END AS status,
    :now AS created_at,
    CASE WHEN NOT is_private THEN :now END AS accepted_at
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
