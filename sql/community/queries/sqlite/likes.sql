-- name: insert_video_like
-- Only what the user sees is liked.
-- differs: the parameters of a SELECT need their types there
INSERT INTO video_likes (
    video_id,
    user_id,
    created_at
)
SELECT
    videos.id AS video_id,
    :user_id AS user_id,
    :now AS created_at
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
        FROM video_likes
        WHERE
            video_likes.video_id = :video_id
            AND video_likes.user_id = :user_id
    )
ON CONFLICT (video_id, user_id) DO NOTHING
RETURNING
    video_id,
    user_id,
    created_at;

-- name: find_video_like
-- differs: tableoid is a column of PostgreSQL
SELECT
    video_id,
    user_id,
    created_at
FROM video_likes
WHERE
    video_id = :video_id
    AND user_id = :user_id;

-- name: unlike_video
DELETE FROM video_likes
WHERE
    video_id = :video_id
    AND user_id = :user_id;

-- name: count_video_likes
-- differs: a sum of bigint is numeric there
SELECT coalesce(sum(likes), 0) AS likes
FROM video_like_counts
WHERE video_id = :video_id;

-- name: list_video_likes
SELECT
    video_likes.video_id,
    video_likes.user_id,
    video_likes.created_at
FROM video_likes
WHERE
    video_likes.video_id = :video_id
    AND EXISTS (
        SELECT 1
        FROM videos
        INNER JOIN users AS owner ON videos.owner_id = owner.id
        WHERE
            videos.id = video_likes.video_id
            AND videos.status <> 'REMOVED'
            AND NOT EXISTS (
                SELECT 1
                FROM blocks
                WHERE
                    (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :viewer_id)
                    OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :viewer_id)
            )
            AND (
                videos.owner_id = :viewer_id
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
                                    follows.follower_id = :viewer_id
                                    AND follows.followed_id = videos.owner_id
                                    AND follows.status = 'ACCEPTED'
                            )
                        )
                    )
                )
            )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = video_likes.user_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = video_likes.user_id AND blocks.blocker_id = :viewer_id)
    )
    AND (video_likes.created_at, video_likes.user_id) < (:created_at, :user_id)  -- when after
ORDER BY video_likes.created_at DESC, video_likes.user_id DESC
LIMIT :limit;

-- name: list_videos_liked_by
SELECT
    video_likes.video_id,
    video_likes.user_id,
    video_likes.created_at
FROM video_likes
WHERE
    video_likes.user_id = :liker_id
    AND EXISTS (
        SELECT 1
        FROM videos
        INNER JOIN users AS owner ON videos.owner_id = owner.id
        WHERE
            videos.id = video_likes.video_id
            AND videos.status <> 'REMOVED'
            AND NOT EXISTS (
                SELECT 1
                FROM blocks
                WHERE
                    (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :liker_id)
                    OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :liker_id)
            )
            AND (
                videos.owner_id = :liker_id
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
                                    follows.follower_id = :liker_id
                                    AND follows.followed_id = videos.owner_id
                                    AND follows.status = 'ACCEPTED'
                            )
                        )
                    )
                )
            )
    )
    AND (video_likes.created_at, video_likes.video_id) < (:created_at, :video_id)  -- when after
ORDER BY video_likes.created_at DESC, video_likes.video_id DESC
LIMIT :limit;

-- name: insert_video_likes
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO video_likes (
    video_id,
    user_id,
    created_at
)
SELECT
    json_extract(entry.value, '$.video_id') AS video_id,
    json_extract(entry.value, '$.user_id') AS user_id,
    min(json_extract(entry.value, '$.created_at')) AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM video_likes
        WHERE
            video_likes.video_id = json_extract(entry.value, '$.video_id')
            AND video_likes.user_id = json_extract(entry.value, '$.user_id')
    )
GROUP BY json_extract(entry.value, '$.video_id'), json_extract(entry.value, '$.user_id')
ON CONFLICT (video_id, user_id) DO NOTHING;

-- name: stream_video_likes
-- scan: an export reads everything
SELECT
    video_id,
    user_id,
    created_at
FROM video_likes
ORDER BY video_id, user_id;

-- name: insert_comment_like
-- Only what the user sees is liked.
-- differs: the parameters of a SELECT need their types there
WITH RECURSIVE above (parent_id, author_id) AS (
    SELECT
        parent_id,
        author_id
    FROM comments
    WHERE id = :comment_id
    UNION ALL
    SELECT
        comments.parent_id,
        comments.author_id
    FROM above
    INNER JOIN comments ON above.parent_id = comments.id
)

INSERT INTO comment_likes (
    comment_id,
    user_id,
    created_at
)
SELECT
    comments.id AS comment_id,
    :user_id AS user_id,
    :now AS created_at
FROM comments
INNER JOIN videos ON comments.video_id = videos.id
INNER JOIN users AS owner ON videos.owner_id = owner.id
WHERE
    comments.id = :comment_id
    AND comments.status = 'VISIBLE'
    AND NOT EXISTS (
        SELECT 1
        FROM above
        CROSS JOIN blocks
        WHERE
            (blocks.blocker_id = above.author_id AND blocks.blocked_id = :user_id)
            OR (blocks.blocked_id = above.author_id AND blocks.blocker_id = :user_id)
    )
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
        FROM comment_likes
        WHERE
            comment_likes.comment_id = :comment_id
            AND comment_likes.user_id = :user_id
    )
ON CONFLICT (comment_id, user_id) DO NOTHING
RETURNING
    comment_id,
    user_id,
    created_at;

-- name: insert_comment_likes
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO comment_likes (
    comment_id,
    user_id,
    created_at
)
SELECT
    json_extract(entry.value, '$.comment_id') AS comment_id,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM comment_likes
        WHERE
            comment_likes.comment_id = json_extract(entry.value, '$.comment_id')
            AND comment_likes.user_id = json_extract(entry.value, '$.user_id')
    )
ON CONFLICT (comment_id, user_id) DO NOTHING;

-- name: find_comment_like
-- differs: tableoid is a column of PostgreSQL
SELECT
    comment_id,
    user_id,
    created_at
FROM comment_likes
WHERE
    comment_id = :comment_id
    AND user_id = :user_id;

-- name: unlike_comment
DELETE FROM comment_likes
WHERE
    comment_id = :comment_id
    AND user_id = :user_id;

-- name: count_comment_likes
-- differs: a sum of bigint is numeric there
SELECT coalesce(sum(likes), 0) AS likes
FROM comment_like_counts
WHERE comment_id = :comment_id;

-- name: list_comment_likes
WITH RECURSIVE above (parent_id, author_id) AS (
    SELECT
        parent_id,
        author_id
    FROM comments
    WHERE id = :comment_id
    UNION ALL
    SELECT
        comments.parent_id,
        comments.author_id
    FROM above
    INNER JOIN comments ON above.parent_id = comments.id
)

SELECT
    comment_likes.comment_id,
    comment_likes.user_id,
    comment_likes.created_at
FROM comment_likes
WHERE
    comment_likes.comment_id = :comment_id
    AND EXISTS (
        SELECT 1
        FROM comments
        INNER JOIN videos ON comments.video_id = videos.id
        INNER JOIN users AS owner ON videos.owner_id = owner.id
        WHERE
            comments.id = comment_likes.comment_id
            AND NOT EXISTS (
                SELECT 1
                FROM above
                CROSS JOIN blocks
                WHERE
                    (blocks.blocker_id = above.author_id AND blocks.blocked_id = :viewer_id)
                    OR (blocks.blocked_id = above.author_id AND blocks.blocker_id = :viewer_id)
            )
            AND videos.status <> 'REMOVED'
            AND NOT EXISTS (
                SELECT 1
                FROM blocks
                WHERE
                    (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :viewer_id)
                    OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :viewer_id)
            )
            AND (
                videos.owner_id = :viewer_id
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
                                    follows.follower_id = :viewer_id
                                    AND follows.followed_id = videos.owner_id
                                    AND follows.status = 'ACCEPTED'
                            )
                        )
                    )
                )
            )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = comment_likes.user_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = comment_likes.user_id AND blocks.blocker_id = :viewer_id)
    )
    AND (comment_likes.created_at, comment_likes.user_id) < (:created_at, :user_id)  -- when after
ORDER BY comment_likes.created_at DESC, comment_likes.user_id DESC
LIMIT :limit;

-- name: stream_video_likes_of_user
SELECT
    video_id,
    user_id,
    created_at
FROM video_likes
WHERE user_id = :user_id
ORDER BY created_at, video_id;

-- name: move_video_likes
INSERT INTO video_likes (
    video_id,
    user_id,
    created_at
)
SELECT
    video_likes.video_id,
    kept.id AS user_id,
    video_likes.created_at
FROM video_likes
CROSS JOIN users AS kept
WHERE
    kept.id = :kept
    AND video_likes.user_id = :merged
    AND NOT EXISTS (
        SELECT 1
        FROM video_likes AS own
        WHERE
            own.video_id = video_likes.video_id
            AND own.user_id = :kept
    )
ON CONFLICT (video_id, user_id) DO NOTHING;

-- name: stream_comment_likes_of_user
SELECT
    comment_id,
    user_id,
    created_at
FROM comment_likes
WHERE user_id = :user_id
ORDER BY created_at, comment_id;

-- name: move_comment_likes
INSERT INTO comment_likes (
    comment_id,
    user_id,
    created_at
)
SELECT
    comment_likes.comment_id,
    kept.id AS user_id,
    comment_likes.created_at
FROM comment_likes
CROSS JOIN users AS kept
WHERE
    kept.id = :kept
    AND comment_likes.user_id = :merged
    AND NOT EXISTS (
        SELECT 1
        FROM comment_likes AS own
        WHERE
            own.comment_id = comment_likes.comment_id
            AND own.user_id = :kept
    )
ON CONFLICT (comment_id, user_id) DO NOTHING;
