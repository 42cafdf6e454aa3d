-- name: insert_comment
-- Only what the author sees is commented or answered.
-- differs: the parameters of a SELECT need their types here
WITH RECURSIVE above (parent_id, author_id) AS (
    SELECT
        parent_id,
        author_id
    FROM comments
    WHERE id = :parent_id
    UNION ALL
    SELECT
        comments.parent_id,
        comments.author_id
    FROM above
    INNER JOIN comments ON above.parent_id = comments.id
)

INSERT INTO comments (
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    metadata,
    created_at
)
SELECT
    cast(:id AS uuid) AS id,
    videos.id AS video_id,
    parent.id AS parent_id,
    coalesce(parent.root_id, cast(:id AS uuid)) AS root_id,
    coalesce(parent.depth, 0) + 1 AS depth,
    cast(:author_id AS uuid) AS author_id,
    cast(:body AS text) AS body,
    cast(:metadata AS jsonb) AS metadata,
    cast(:now AS timestamptz) AS created_at
FROM videos
INNER JOIN users AS owner ON videos.owner_id = owner.id
LEFT OUTER JOIN comments AS parent
    ON videos.id = parent.video_id AND parent.id = :parent_id AND parent.status = 'VISIBLE'
WHERE
    videos.id = :video_id
    AND (cast(:parent_id AS uuid) IS NULL OR parent.id IS NOT NULL)
    AND videos.status <> 'REMOVED'
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :author_id)
            OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :author_id)
    )
    AND (
        videos.owner_id = :author_id
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
                            follows.follower_id = :author_id
                            AND follows.followed_id = videos.owner_id
                            AND follows.status = 'ACCEPTED'
                    )
                )
            )
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM above
        CROSS JOIN blocks
        WHERE
            (blocks.blocker_id = above.author_id AND blocks.blocked_id = :author_id)
            OR (blocks.blocked_id = above.author_id AND blocks.blocker_id = :author_id)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM comments
        WHERE comments.id = :id
    )
ON CONFLICT (id) DO NOTHING
RETURNING
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    status,
    metadata,
    created_at,
    edited_at;

-- name: insert_comments
-- The comments that are answered come first. A subquery for each row, since the planner would read the whole table for
-- NOT EXISTS as long as it knows the table as small.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO comments (
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    metadata,
    created_at
)
SELECT
    entry.id,
    entry.video_id,
    entry.parent_id,
    entry.root_id,
    entry.depth,
    entry.author_id,
    entry.body,
    entry.metadata,
    entry.created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    video_id uuid,
    parent_id uuid,
    root_id uuid,
    depth bigint,
    author_id uuid,
    body text,
    metadata jsonb,
    created_at timestamptz
)
WHERE
    (
        SELECT comments.id
        FROM comments
        WHERE comments.id = entry.id
    ) IS NULL
ORDER BY entry.depth
ON CONFLICT (id) DO NOTHING;

-- name: get_comment
SELECT
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    status,
    metadata,
    created_at,
    edited_at
FROM comments
WHERE id = :comment_id;

-- name: find_visible_comment
-- differs: JSON is built by functions of other names
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
    comments.id,
    comments.video_id,
    comments.parent_id,
    comments.root_id,
    comments.depth,
    comments.body,
    comments.status,
    comments.metadata,
    comments.created_at,
    comments.edited_at,
    CASE
        WHEN author.id IS NOT NULL
            THEN json_build_object(
                'id', author.id,
                'username', author.username,
                'display_name', author.display_name
            )
    END AS author,
    (
        SELECT cast(coalesce(sum(comment_like_counts.likes), 0) AS bigint)
        FROM comment_like_counts
        WHERE comment_like_counts.comment_id = comments.id
    ) AS likes,
    (
        SELECT cast(coalesce(sum(answer_counts.answers), 0) AS bigint)
        FROM answer_counts
        WHERE answer_counts.comment_id = comments.id
    ) AS answers
FROM comments
INNER JOIN videos ON comments.video_id = videos.id
INNER JOIN users AS owner ON videos.owner_id = owner.id
LEFT OUTER JOIN users AS author ON comments.author_id = author.id AND comments.status = 'VISIBLE'
WHERE
    comments.id = :comment_id
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
    );

-- name: edit_comment
-- Only its author changes a comment, as long as the author sees it.
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

UPDATE comments
SET
    body = :body,
    edited_at = :now
WHERE
    id = :comment_id
    AND author_id = :author_id
    AND status = 'VISIBLE'
    AND EXISTS (
        SELECT 1
        FROM videos
        INNER JOIN users AS owner ON videos.owner_id = owner.id
        WHERE
            videos.id = comments.video_id
            AND videos.status <> 'REMOVED'
            AND NOT EXISTS (
                SELECT 1
                FROM blocks
                WHERE
                    (blocks.blocker_id = videos.owner_id AND blocks.blocked_id = :author_id)
                    OR (blocks.blocked_id = videos.owner_id AND blocks.blocker_id = :author_id)
            )
            AND (
                videos.owner_id = :author_id
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
                                    follows.follower_id = :author_id
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
        FROM above
        CROSS JOIN blocks
        WHERE
            (blocks.blocker_id = above.author_id AND blocks.blocked_id = :author_id)
            OR (blocks.blocked_id = above.author_id AND blocks.blocker_id = :author_id)
    )
RETURNING
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    status,
    metadata,
    created_at,
    edited_at;

-- name: remove_comment
-- A trigger deletes a comment without answers.
-- differs: JSON has a type here
UPDATE comments
SET
    status = 'REMOVED',
    body = NULL,
    metadata = cast('{}' AS jsonb)
WHERE
    id = :comment_id
    AND status = 'VISIBLE';

-- name: count_comments
-- differs: a sum of bigint is numeric here
SELECT cast(coalesce(sum(comments), 0) AS bigint) AS comments
FROM video_comment_counts
WHERE video_id = :video_id;

-- name: list_comments_of_author
SELECT
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    status,
    metadata,
    created_at,
    edited_at
FROM comments
WHERE
    author_id = :author_id
    AND status = 'VISIBLE'
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: stream_comments
-- Those that are answered come before their answers.
-- scan: an export reads everything
SELECT
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    status,
    metadata,
    created_at,
    edited_at
FROM comments
ORDER BY depth, id;

-- name: stream_comments_of_author
SELECT
    id,
    video_id,
    parent_id,
    root_id,
    depth,
    author_id,
    body,
    status,
    metadata,
    created_at,
    edited_at
FROM comments
WHERE author_id = :author_id
ORDER BY created_at, id;

-- name: move_comments
UPDATE comments
SET author_id = :kept
WHERE author_id = :merged;

-- name: list_comments
-- One row a first comment, with its first answers as JSON.
-- differs: JSON is built by functions of other names, and sorted in the aggregate here, in a subquery there
SELECT
    comments.id,
    comments.video_id,
    comments.parent_id,
    comments.root_id,
    comments.depth,
    comments.body,
    comments.status,
    comments.metadata,
    comments.created_at,
    comments.edited_at,
    CASE
        WHEN author.id IS NOT NULL
            THEN json_build_object(
                'id', author.id,
                'username', author.username,
                'display_name', author.display_name
            )
    END AS author,
    (
        SELECT cast(coalesce(sum(comment_like_counts.likes), 0) AS bigint)
        FROM comment_like_counts
        WHERE comment_like_counts.comment_id = comments.id
    ) AS likes,
    (
        SELECT cast(coalesce(sum(answer_counts.answers), 0) AS bigint)
        FROM answer_counts
        WHERE answer_counts.comment_id = comments.id
    ) AS answers,
    coalesce(
        (
            SELECT
                json_agg(
                    json_build_object(
                        'id', entry.id,
                        'video_id', entry.video_id,
                        'parent_id', entry.parent_id,
                        'root_id', entry.root_id,
                        'depth', entry.depth,
                        'body', entry.body,
                        'status', entry.status,
                        'metadata', entry.metadata,
                        'created_at', entry.created_at,
                        'edited_at', entry.edited_at,
                        'author', entry.author,
                        'likes', entry.likes,
                        'answers', entry.answers
                    )
                    ORDER BY entry.created_at, entry.id
                )
            FROM (
                SELECT
                    answer.id,
                    answer.video_id,
                    answer.parent_id,
                    answer.root_id,
                    answer.depth,
                    answer.body,
                    answer.status,
                    answer.metadata,
                    answer.created_at,
                    answer.edited_at,
                    CASE
                        WHEN answer_author.id IS NOT NULL
                            THEN json_build_object(
                                'id', answer_author.id,
                                'username', answer_author.username,
                                'display_name', answer_author.display_name
                            )
                    END AS author,
                    (
                        SELECT cast(coalesce(sum(comment_like_counts.likes), 0) AS bigint)
                        FROM comment_like_counts
                        WHERE comment_like_counts.comment_id = answer.id
                    ) AS likes,
                    (
                        SELECT cast(coalesce(sum(answer_counts.answers), 0) AS bigint)
                        FROM answer_counts
                        WHERE answer_counts.comment_id = answer.id
                    ) AS answers
                FROM comments AS answer
                LEFT OUTER JOIN users AS answer_author
                    ON answer.author_id = answer_author.id AND answer.status = 'VISIBLE'
                WHERE
                    answer.parent_id = comments.id
                    AND NOT EXISTS (
                        SELECT 1
                        FROM blocks
                        WHERE
                            (blocks.blocker_id = answer.author_id AND blocks.blocked_id = :viewer_id)
                            OR (blocks.blocked_id = answer.author_id AND blocks.blocker_id = :viewer_id)
                    )
                ORDER BY answer.created_at, answer.id
                LIMIT :answers
            ) AS entry
        ),
        '[]'
    ) AS first_answers
FROM comments
LEFT OUTER JOIN users AS author ON comments.author_id = author.id AND comments.status = 'VISIBLE'
WHERE
    comments.video_id = :video_id
    AND comments.depth = 1
    AND EXISTS (
        SELECT 1
        FROM videos
        INNER JOIN users AS owner ON videos.owner_id = owner.id
        WHERE
            videos.id = :video_id
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
            (blocks.blocker_id = comments.author_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = comments.author_id AND blocks.blocker_id = :viewer_id)
    )
    AND (comments.created_at, comments.id) < (:created_at, :id)  -- when after
ORDER BY comments.created_at DESC, comments.id DESC
LIMIT :limit;

-- name: list_answers
-- differs: JSON is built by functions of other names
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
    comments.id,
    comments.video_id,
    comments.parent_id,
    comments.root_id,
    comments.depth,
    comments.body,
    comments.status,
    comments.metadata,
    comments.created_at,
    comments.edited_at,
    CASE
        WHEN author.id IS NOT NULL
            THEN json_build_object(
                'id', author.id,
                'username', author.username,
                'display_name', author.display_name
            )
    END AS author,
    (
        SELECT cast(coalesce(sum(comment_like_counts.likes), 0) AS bigint)
        FROM comment_like_counts
        WHERE comment_like_counts.comment_id = comments.id
    ) AS likes,
    (
        SELECT cast(coalesce(sum(answer_counts.answers), 0) AS bigint)
        FROM answer_counts
        WHERE answer_counts.comment_id = comments.id
    ) AS answers
FROM comments
LEFT OUTER JOIN users AS author ON comments.author_id = author.id AND comments.status = 'VISIBLE'
WHERE
    comments.parent_id = :comment_id
    AND EXISTS (
        SELECT 1
        FROM comments AS parent
        INNER JOIN videos ON parent.video_id = videos.id
        INNER JOIN users AS owner ON videos.owner_id = owner.id
        WHERE
            parent.id = :comment_id
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
            (blocks.blocker_id = comments.author_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = comments.author_id AND blocks.blocker_id = :viewer_id)
    )
    AND (comments.created_at, comments.id) > (:created_at, :id)  -- when after
ORDER BY comments.created_at, comments.id
LIMIT :limit;

-- name: list_branch
-- Each comment is followed by its answers, because the path begins with that of the comment above.
-- What a block hides is in the branch without its answers, and left out at the end: a condition on the table of
-- comments would let SQLite read all of them for a filter.
-- differs: JSON is built by functions of other names, and a path is an array here, a text there
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
),

branch (id, author_id, path) AS (
    SELECT
        comments.id,
        comments.author_id,
        ARRAY[comments.id] AS path
    FROM comments
    INNER JOIN videos ON comments.video_id = videos.id
    INNER JOIN users AS owner ON videos.owner_id = owner.id
    WHERE
        comments.id = :comment_id
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
    UNION ALL
    SELECT
        comments.id,
        comments.author_id,
        branch.path || comments.id AS path
    FROM branch
    INNER JOIN comments ON branch.id = comments.parent_id
    WHERE
        TRUE
        AND NOT EXISTS (
            SELECT 1
            FROM blocks
            WHERE
                (blocks.blocker_id = branch.author_id AND blocks.blocked_id = :viewer_id)
                OR (blocks.blocked_id = branch.author_id AND blocks.blocker_id = :viewer_id)
        )
)

SELECT
    comments.id,
    comments.video_id,
    comments.parent_id,
    comments.root_id,
    comments.depth,
    comments.body,
    comments.status,
    comments.metadata,
    comments.created_at,
    comments.edited_at,
    CASE
        WHEN author.id IS NOT NULL
            THEN json_build_object(
                'id', author.id,
                'username', author.username,
                'display_name', author.display_name
            )
    END AS author,
    (
        SELECT cast(coalesce(sum(comment_like_counts.likes), 0) AS bigint)
        FROM comment_like_counts
        WHERE comment_like_counts.comment_id = comments.id
    ) AS likes,
    (
        SELECT cast(coalesce(sum(answer_counts.answers), 0) AS bigint)
        FROM answer_counts
        WHERE answer_counts.comment_id = comments.id
    ) AS answers
FROM branch
INNER JOIN comments ON branch.id = comments.id
LEFT OUTER JOIN users AS author ON comments.author_id = author.id AND comments.status = 'VISIBLE'
WHERE
    TRUE
    AND NOT EXISTS (
        SELECT 1
        FROM blocks
        WHERE
            (blocks.blocker_id = branch.author_id AND blocks.blocked_id = :viewer_id)
            OR (blocks.blocked_id = branch.author_id AND blocks.blocker_id = :viewer_id)
    )
ORDER BY branch.path, comments.id
LIMIT :limit;
