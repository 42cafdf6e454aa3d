-- name: insert_follow
-- Only an active account is followed. The account decides whether it has to accept.
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
    users.id AS followed_id,
    CASE WHEN users.is_private THEN 'PENDING' ELSE 'ACCEPTED' END AS status,
    :now AS created_at,
    CASE WHEN NOT users.is_private THEN :now END AS accepted_at
FROM users
WHERE
    users.id = :followed_id
    AND users.status = 'ACTIVE'
    AND NOT EXISTS (
        SELECT 1
        FROM follows
        WHERE
            follows.follower_id = :follower_id
            AND follows.followed_id = :followed_id
    )
ON CONFLICT (follower_id, followed_id) DO NOTHING
RETURNING
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at;

-- name: insert_follows
-- All rows are one JSON parameter, so that many rows are one statement.
-- If a batch has a follow and a request of the same users, ACCEPTED comes before PENDING.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO follows (
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at
)
SELECT
    json_extract(entry.value, '$.follower_id') AS follower_id,
    json_extract(entry.value, '$.followed_id') AS followed_id,
    min(json_extract(entry.value, '$.status')) AS status,
    min(json_extract(entry.value, '$.created_at')) AS created_at,
    min(json_extract(entry.value, '$.created_at')) FILTER (
        WHERE json_extract(entry.value, '$.status') = 'ACCEPTED'
    ) AS accepted_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM follows
        WHERE
            follows.follower_id = json_extract(entry.value, '$.follower_id')
            AND follows.followed_id = json_extract(entry.value, '$.followed_id')
    )
GROUP BY json_extract(entry.value, '$.follower_id'), json_extract(entry.value, '$.followed_id')
ON CONFLICT (follower_id, followed_id) DO NOTHING;

-- name: find_follow
SELECT
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at
FROM follows
WHERE
    follower_id = :follower_id
    AND followed_id = :followed_id;

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

-- name: insert_blocks
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO blocks (
    blocker_id,
    blocked_id,
    created_at
)
SELECT
    json_extract(entry.value, '$.blocker_id') AS blocker_id,
    json_extract(entry.value, '$.blocked_id') AS blocked_id,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            blocks.blocker_id = json_extract(entry.value, '$.blocker_id')
            AND blocks.blocked_id = json_extract(entry.value, '$.blocked_id')
    )
ON CONFLICT (blocker_id, blocked_id) DO NOTHING;

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
-- A follow of the kept user stays.
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
    AND NOT EXISTS (
        SELECT 1
        FROM follows AS own
        WHERE
            own.follower_id = moved.follower_id
            AND own.followed_id = moved.followed_id
    )
ON CONFLICT (follower_id, followed_id) DO NOTHING;

-- name: list_followers
SELECT
    users.id,
    users.username,
    users.display_name,
    follows.created_at
FROM follows
INNER JOIN users ON follows.follower_id = users.id
WHERE
    follows.followed_id = :user_id
    AND follows.status = 'ACCEPTED'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = :user_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = :user_id AND blocks.blocker_id = :viewer_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = follows.follower_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = follows.follower_id AND blocks.blocker_id = :viewer_id)
    )
    AND (follows.created_at, follows.follower_id) < (:created_at, :id)  -- when after
ORDER BY follows.created_at DESC, follows.follower_id DESC
LIMIT :limit;

-- name: list_following
SELECT
    users.id,
    users.username,
    users.display_name,
    follows.created_at
FROM follows
INNER JOIN users ON follows.followed_id = users.id
WHERE
    follows.follower_id = :user_id
    AND follows.status = 'ACCEPTED'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = :user_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = :user_id AND blocks.blocker_id = :viewer_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = follows.followed_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = follows.followed_id AND blocks.blocker_id = :viewer_id)
    )
    AND (follows.created_at, follows.followed_id) < (:created_at, :id)  -- when after
ORDER BY follows.created_at DESC, follows.followed_id DESC
LIMIT :limit;

-- name: list_follow_requests
SELECT
    users.id,
    users.username,
    users.display_name,
    follows.created_at
FROM follows
INNER JOIN users ON follows.follower_id = users.id
WHERE
    follows.followed_id = :user_id
    AND follows.status = 'PENDING'
    AND (follows.created_at, follows.follower_id) < (:created_at, :id)  -- when after
ORDER BY follows.created_at DESC, follows.follower_id DESC
LIMIT :limit;

-- name: list_blocked_users
SELECT
    users.id,
    users.username,
    users.display_name,
    blocks.created_at
FROM blocks
INNER JOIN users ON blocks.blocked_id = users.id
WHERE
    blocks.blocker_id = :user_id
    AND blocks.blocked_id > :id  -- when after
ORDER BY blocks.blocked_id
LIMIT :limit;

-- name: list_mutual_followers
-- Looks at the followers of the one who has fewer.
SELECT
    users.id,
    users.username,
    users.display_name,
    CASE WHEN follows.created_at > mutual.created_at THEN follows.created_at ELSE mutual.created_at END AS created_at
FROM follows
CROSS JOIN follows AS mutual
INNER JOIN users ON follows.follower_id = users.id
WHERE
    follows.followed_id = CASE
        WHEN
            (
                SELECT coalesce(sum(follower_counts.followers), 0)
                FROM follower_counts
                WHERE follower_counts.user_id = :user_id
            ) < (
                SELECT coalesce(sum(follower_counts.followers), 0)
                FROM follower_counts
                WHERE follower_counts.user_id = :other_id
            )
            THEN :user_id
        ELSE :other_id
    END
    AND follows.status = 'ACCEPTED'
    AND mutual.follower_id = follows.follower_id
    AND mutual.followed_id = CASE WHEN follows.followed_id = :user_id THEN :other_id ELSE :user_id END
    AND mutual.status = 'ACCEPTED'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = :user_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = :user_id AND blocks.blocker_id = :viewer_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = :other_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = :other_id AND blocks.blocker_id = :viewer_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = follows.follower_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = follows.follower_id AND blocks.blocker_id = :viewer_id)
    )
    AND follows.follower_id > :id  -- when after
ORDER BY follows.follower_id, follows.followed_id, mutual.followed_id
LIMIT :limit;

-- name: list_friends
-- Looks at those whom the user follows, who are fewer than the followers of somebody popular.
-- differs: a join reads in the order in which it is written here, LATERAL there
SELECT
    users.id,
    users.username,
    users.display_name,
    CASE WHEN follows.created_at > mutual.created_at THEN follows.created_at ELSE mutual.created_at END AS created_at
FROM follows AS mutual
CROSS JOIN follows
INNER JOIN users ON follows.follower_id = users.id
WHERE
    mutual.follower_id = :user_id
    AND mutual.status = 'ACCEPTED'
    AND follows.followed_id = :user_id
    AND follows.follower_id = mutual.followed_id
    AND follows.status = 'ACCEPTED'
    AND mutual.followed_id > :id  -- when after
ORDER BY mutual.followed_id
LIMIT :limit;

-- name: count_follows
-- differs: a sum of bigint is numeric there
SELECT
    (
        SELECT coalesce(sum(follower_counts.followers), 0)
        FROM follower_counts
        WHERE follower_counts.user_id = :user_id
    ) AS followers,
    (
        SELECT coalesce(sum(followed_counts.followed), 0)
        FROM followed_counts
        WHERE followed_counts.user_id = :user_id
    ) AS followed;

-- name: find_profile
-- differs: a sum of bigint is numeric there
SELECT
    users.id,
    users.username,
    users.display_name,
    users.is_private,
    (
        SELECT coalesce(sum(follower_counts.followers), 0)
        FROM follower_counts
        WHERE follower_counts.user_id = users.id
    ) AS followers,
    (
        SELECT coalesce(sum(followed_counts.followed), 0)
        FROM followed_counts
        WHERE followed_counts.user_id = users.id
    ) AS followed,
    (
        SELECT follows.status
        FROM follows
        WHERE
            follows.follower_id = :viewer_id
            AND follows.followed_id = users.id
    ) AS followed_by_viewer,
    (
        SELECT follows.status
        FROM follows
        WHERE
            follows.follower_id = users.id
            AND follows.followed_id = :viewer_id
    ) AS follows_viewer
FROM users
WHERE
    users.id = :user_id
    AND users.status = 'ACTIVE'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = users.id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = users.id AND blocks.blocker_id = :viewer_id)
    );

-- name: list_hidden_users
-- differs: a list is a JSON array here, an array there
SELECT hidden.id
FROM (
    SELECT blocks.blocked_id AS id
    FROM blocks
    WHERE
        blocks.blocker_id = :viewer_id
        AND blocks.blocked_id IN (SELECT value FROM json_each(:ids))
    UNION
    SELECT blocks.blocker_id AS id
    FROM blocks
    WHERE
        blocks.blocked_id = :viewer_id
        AND blocks.blocker_id IN (SELECT value FROM json_each(:ids))
) AS hidden
ORDER BY hidden.id;

-- name: stream_all_follows
-- scan: an export reads everything
SELECT
    follower_id,
    followed_id,
    status,
    created_at,
    accepted_at
FROM follows
ORDER BY follower_id, followed_id;

-- name: list_newest_followed_videos
-- Looks at the newest videos of all users, five thousand at most.
-- differs: looks up each of those who are followed here, hashes them there
SELECT
    videos.id,
    videos.owner_id,
    videos.title,
    videos.description,
    videos.language,
    videos.category,
    videos.tags,
    videos.duration_ms,
    videos.status,
    videos.removed_from,
    videos.visibility,
    videos.thumbnail,
    videos.metadata,
    videos.published_at,
    videos.created_at,
    videos.updated_at
FROM videos
WHERE
    videos.status = 'READY'
    AND videos.visibility IN ('PUBLIC', 'FOLLOWERS')
    AND videos.published_at IS NOT NULL
    AND videos.published_at >= coalesce(
        (
            SELECT bound.published_at
            FROM videos AS bound
            WHERE
                bound.status = 'READY'
                AND bound.visibility IN ('PUBLIC', 'FOLLOWERS')
                AND bound.published_at IS NOT NULL
                AND (bound.published_at, bound.id) < (:published_at, :id)  -- when after
            ORDER BY bound.published_at DESC, bound.id DESC
            LIMIT 1 OFFSET 5000
        ),
        '0001-01-01T00:00:00.000000Z'
    )
    AND EXISTS (
        SELECT 1
        FROM follows
        CROSS JOIN users AS owner
        WHERE
            follows.follower_id = :user_id
            AND follows.followed_id = videos.owner_id
            AND follows.status = 'ACCEPTED'
            AND owner.id = follows.followed_id
            AND owner.is_active
    )
    AND (videos.published_at, videos.id) < (:published_at, :id)  -- when after
ORDER BY videos.published_at DESC, videos.id DESC
LIMIT :limit;

-- name: list_followed_videos_by_owner
-- Looks at the last video of each user who is followed, then at the newest videos of those who published last: nobody
-- else can have a part of the page.
-- differs: the newest videos come from IN here, from LATERAL there
SELECT
    videos.id,
    videos.owner_id,
    videos.title,
    videos.description,
    videos.language,
    videos.category,
    videos.tags,
    videos.duration_ms,
    videos.status,
    videos.removed_from,
    videos.visibility,
    videos.thumbnail,
    videos.metadata,
    videos.published_at,
    videos.created_at,
    videos.updated_at
FROM videos
WHERE
    videos.published_at IS NOT NULL
    AND videos.id IN (
        SELECT newest.id
        FROM (
            SELECT follows.followed_id
            FROM follows
            CROSS JOIN users AS owner
            WHERE
                follows.follower_id = :user_id
                AND follows.status = 'ACCEPTED'
                AND owner.id = follows.followed_id
                AND owner.is_active
            ORDER BY
                (
                    SELECT owned.published_at || owned.id
                    FROM videos AS owned
                    WHERE
                        owned.owner_id = follows.followed_id
                        AND owned.status = 'READY'
                        AND owned.visibility IN ('PUBLIC', 'FOLLOWERS')
                        AND owned.published_at IS NOT NULL
                        AND (owned.published_at, owned.id) < (:published_at, :id)  -- when after
                    ORDER BY owned.published_at DESC, owned.id DESC
                    LIMIT 1
                ) DESC
            LIMIT :limit
        ) AS recent
        CROSS JOIN videos AS newest
        WHERE
            newest.id IN (
                SELECT owned.id
                FROM videos AS owned
                WHERE
                    owned.owner_id = recent.followed_id
                    AND owned.status = 'READY'
                    AND owned.visibility IN ('PUBLIC', 'FOLLOWERS')
                    AND owned.published_at IS NOT NULL
                    AND (owned.published_at, owned.id) < (:published_at, :id)  -- when after
                ORDER BY owned.published_at DESC, owned.id DESC
                LIMIT :limit
            )
        ORDER BY newest.published_at DESC, newest.id DESC
        LIMIT :limit
    )
ORDER BY videos.published_at DESC, videos.id DESC;

-- name: accept_moved_follows
-- A request becomes a follow if the merged user has one.
UPDATE follows
SET
    status = 'ACCEPTED',
    accepted_at = :now
WHERE
    (follower_id = :kept OR followed_id = :kept)
    AND status = 'PENDING'
    AND EXISTS (
        SELECT 1
        FROM follows AS merged
        WHERE
            merged.status = 'ACCEPTED'
            AND (
                (
                    merged.follower_id = :merged
                    AND merged.followed_id = follows.followed_id
                    AND follows.follower_id = :kept
                )
                OR (
                    merged.followed_id = :merged
                    AND merged.follower_id = follows.follower_id
                    AND follows.followed_id = :kept
                )
            )
    );
