-- name: insert_video
-- A call that is repeated with the same id stores nothing.
INSERT INTO videos (
    id,
    owner_id,
    title,
    title_words,
    description,
    description_words,
    language,
    category,
    tags,
    tags_words,
    duration_ms,
    status,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at
)
VALUES (
    :id,
    :owner_id,
    :title,
    :title_words,
    :description,
    :description_words,
    :language,
    :category,
    :tags,
    :tags_words,
    :duration_ms,
    :status,
    :visibility,
    :thumbnail,
    :metadata,
    :published_at,
    :now,
    :now
)
ON CONFLICT (id) DO NOTHING
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at;

-- name: insert_videos
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO videos (
    id,
    owner_id,
    title,
    title_words,
    description,
    description_words,
    language,
    category,
    tags,
    tags_words,
    duration_ms,
    status,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at
)
SELECT
    json_extract(value, '$.id') AS id,
    json_extract(value, '$.owner_id') AS owner_id,
    json_extract(value, '$.title') AS title,
    json_extract(value, '$.title_words') AS title_words,
    json_extract(value, '$.description') AS description,
    json_extract(value, '$.description_words') AS description_words,
    json_extract(value, '$.language') AS language,
    json_extract(value, '$.category') AS category,
    json_extract(value, '$.tags') AS tags,
    json_extract(value, '$.tags_words') AS tags_words,
    json_extract(value, '$.duration_ms') AS duration_ms,
    json_extract(value, '$.status') AS status,
    json_extract(value, '$.visibility') AS visibility,
    json_extract(value, '$.thumbnail') AS thumbnail,
    json_extract(value, '$.metadata') AS metadata,
    json_extract(value, '$.published_at') AS published_at,
    :now AS created_at,
    :now AS updated_at
FROM json_each(:rows)
WHERE TRUE
ON CONFLICT (id) DO NOTHING;

-- name: get_video
SELECT
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at
FROM videos
WHERE id = :video_id;

-- name: find_visible_video
-- An UNLISTED video is seen by anyone who has its id. A private account shows its videos to its followers alone.
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
INNER JOIN users ON videos.owner_id = users.id
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
            users.is_active
            AND videos.status = 'READY'
            AND videos.published_at IS NOT NULL
            AND (
                (videos.visibility IN ('PUBLIC', 'UNLISTED') AND NOT users.is_private)
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

-- name: get_video_details
-- One row a video, with all that belongs to it as JSON.
-- differs: JSON is built by functions of other names, and sorted in a subquery here, in the aggregate there
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
    videos.updated_at,
    json_object(
        'id', users.id,
        'username', users.username,
        'display_name', users.display_name
    ) AS owner,
    (
        SELECT
            json_group_array(
                json_object(
                    'name', entry.name,
                    'width', entry.width,
                    'height', entry.height,
                    'bitrate', entry.bitrate,
                    'codec', entry.codec,
                    'url', entry.url,
                    'size', entry.size
                )
            )
        FROM (
            SELECT
                video_renditions.name,
                video_renditions.width,
                video_renditions.height,
                video_renditions.bitrate,
                video_renditions.codec,
                video_renditions.url,
                video_renditions.size
            FROM video_renditions
            WHERE video_renditions.video_id = videos.id
            ORDER BY video_renditions.height DESC, video_renditions.bitrate DESC, video_renditions.name ASC
        ) AS entry
    ) AS renditions,
    (
        SELECT coalesce(sum(video_view_counts.views), 0)
        FROM video_view_counts
        WHERE video_view_counts.video_id = videos.id
    ) AS views
FROM videos
INNER JOIN users ON videos.owner_id = users.id
WHERE videos.id IN (SELECT value FROM json_each(:ids))
ORDER BY videos.id;

-- name: list_videos_of_owner
SELECT
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at
FROM videos
WHERE
    owner_id = :owner_id
    AND status = :status  -- when status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_visible_videos_of_owner
-- Others never see an UNLISTED video in a list.
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
INNER JOIN users ON videos.owner_id = users.id
WHERE
    videos.owner_id = :owner_id
    AND videos.status = 'READY'
    AND videos.published_at IS NOT NULL
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
            users.is_active
            AND (
                (videos.visibility = 'PUBLIC' AND NOT users.is_private)
                OR (
                    videos.visibility IN ('PUBLIC', 'FOLLOWERS')
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
    AND (videos.created_at, videos.id) < (:created_at, :id)  -- when after
ORDER BY videos.created_at DESC, videos.id DESC
LIMIT :limit;

-- name: list_newest_videos
-- Not a join with users: SQLite may read all of them for a filter, however short the page is.
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
    videos.feed_at IS NOT NULL
    AND EXISTS (
        SELECT 1
        FROM users
        WHERE
            users.id = videos.owner_id
            AND users.is_active
            AND NOT users.is_private
    )
    AND videos.language = :language  -- when language
    AND videos.category = :category  -- when category
    AND videos.owner_id NOT IN (
        SELECT blocks.blocked_id
        FROM blocks
        WHERE blocks.blocker_id = :viewer_id
        UNION ALL
        SELECT blocks.blocker_id
        FROM blocks
        WHERE blocks.blocked_id = :viewer_id
    )
    AND (videos.feed_at, videos.id) < (:published_at, :id)  -- when after
ORDER BY videos.feed_at DESC, videos.id DESC
LIMIT :limit;

-- name: list_tagged_videos
-- A page of each tag, of which the first are the page of all: so no tag is read to its end, however popular it is.
-- differs: there it is LATERAL; here it is a JSON array for each tag
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
    videos.feed_at IS NOT NULL
    AND videos.id IN (
        SELECT found.value
        FROM json_each(:any_tags) AS walked
        CROSS JOIN json_each((
            SELECT json_group_array(page.video_id)
            FROM (
                SELECT video_tags.video_id
                FROM video_tags
                CROSS JOIN videos AS tagged ON video_tags.video_id = tagged.id
                CROSS JOIN users ON tagged.owner_id = users.id
                WHERE
                    video_tags.tag = walked.value
                    AND video_tags.feed_at IS NOT NULL
                    AND users.is_active
                    AND NOT users.is_private
                    AND tagged.language = :language  -- when language
                    AND tagged.category = :category  -- when category
                    AND NOT EXISTS (  -- when all_tags
                        SELECT 1  -- when all_tags
                        FROM json_each(:all_tags) AS wanted  -- when all_tags
                        WHERE wanted.value NOT IN (SELECT value FROM json_each(tagged.tags))  -- when all_tags
                    )  -- when all_tags
                    AND tagged.owner_id NOT IN (
                        SELECT blocks.blocked_id
                        FROM blocks
                        WHERE blocks.blocker_id = :viewer_id
                        UNION ALL
                        SELECT blocks.blocker_id
                        FROM blocks
                        WHERE blocks.blocked_id = :viewer_id
                    )
                    AND (video_tags.feed_at, video_tags.video_id) < (:published_at, :id)  -- when after
                ORDER BY video_tags.feed_at DESC, video_tags.video_id DESC
                LIMIT :limit
            ) AS page
        )) AS found
    )
ORDER BY videos.feed_at DESC, videos.id DESC
LIMIT :limit;

-- name: find_rarest_tag
-- Counts no further than 500.
-- differs: a list is a JSON array here, an array there
SELECT walked.value AS tag
FROM json_each(:all_tags) AS walked
ORDER BY
    (
        SELECT count(*)
        FROM (
            SELECT 1 AS one
            FROM video_tags
            WHERE video_tags.tag = walked.value AND video_tags.feed_at IS NOT NULL
            ORDER BY video_tags.tag
            LIMIT 500
        ) AS counted
    ) ASC,
    walked.value ASC
LIMIT 1;

-- name: search_videos_by_words
-- The number of words in the title comes first, then the last published.
-- differs: FTS5 finds the words here, GIN there
-- not null: matches: a count, and 0 or 1
SELECT
    found.id,
    found.owner_id,
    found.title,
    found.description,
    found.language,
    found.category,
    found.tags,
    found.duration_ms,
    found.status,
    found.removed_from,
    found.visibility,
    found.thumbnail,
    found.metadata,
    found.published_at,
    found.created_at,
    found.updated_at,
    found.matches
FROM (
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
        videos.updated_at,
        videos.feed_at,
        (
            SELECT count(*)
            FROM json_each(:words) AS entry
            WHERE instr(videos.title_words, '"' || entry.value || '"') > 0
        ) + coalesce(instr(videos.title_words, '"' || :prefix || '"') > 0, FALSE) AS matches
    FROM videos
    INNER JOIN users ON videos.owner_id = users.id
    WHERE
        videos.feed_at IS NOT NULL
        AND users.is_active
        AND NOT users.is_private
        AND videos.id IN (
            SELECT place.video_id
            FROM video_search AS found_word
            CROSS JOIN video_search_rows AS place ON found_word.rowid = place.number
            WHERE
                found_word.video_search MATCH (
                    SELECT
                        coalesce(group_concat('"' || hex(value) || '"', ' AND ') || ' AND ', '')
                        || '"' || hex(:prefix) || '"*'
                    FROM json_each(:words)
                )
        )
        AND videos.owner_id NOT IN (
            SELECT blocks.blocked_id
            FROM blocks
            WHERE blocks.blocker_id = :viewer_id
            UNION ALL
            SELECT blocks.blocker_id
            FROM blocks
            WHERE blocks.blocked_id = :viewer_id
        )
) AS found
WHERE
    TRUE
    AND (found.matches, found.feed_at, found.id) < (:matches, :published_at, :id)  -- when after
ORDER BY found.matches DESC, found.feed_at DESC, found.id DESC
LIMIT :limit;

-- name: stream_videos
-- scan: an export reads everything
SELECT
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at
FROM videos
WHERE
    TRUE
    AND owner_id = :owner_id  -- when owner_id
ORDER BY id;

-- name: update_video
-- A field left out stays, a field set to None becomes NULL.
UPDATE videos
SET
    title = CASE WHEN :title_is_set THEN :title ELSE title END,
    title_words = CASE WHEN :title_is_set THEN :title_words ELSE title_words END,
    description = CASE WHEN :description_is_set THEN :description ELSE description END,
    description_words = CASE WHEN :description_is_set THEN :description_words ELSE description_words END,
    language = CASE WHEN :language_is_set THEN :language ELSE language END,
    category = CASE WHEN :category_is_set THEN :category ELSE category END,
    tags = CASE WHEN :tags_is_set THEN :tags ELSE tags END,
    tags_words = CASE WHEN :tags_is_set THEN :tags_words ELSE tags_words END,
    duration_ms = CASE WHEN :duration_ms_is_set THEN :duration_ms ELSE duration_ms END,
    visibility = CASE WHEN :visibility_is_set THEN :visibility ELSE visibility END,
    thumbnail = CASE WHEN :thumbnail_is_set THEN :thumbnail ELSE thumbnail END,
    metadata = CASE WHEN :metadata_is_set THEN :metadata ELSE metadata END,
    updated_at = :now
WHERE id = :video_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at;

-- name: publish_video
-- A removed video is restored first.
UPDATE videos
SET
    visibility = :visibility,
    published_at = coalesce(published_at, :now),
    updated_at = :now
WHERE
    id = :video_id
    AND status <> 'REMOVED'
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at;

-- name: set_video_status
UPDATE videos
SET
    status = :status,
    updated_at = :now
WHERE id = :video_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at;

-- name: remove_video
UPDATE videos
SET
    removed_from = coalesce(removed_from, status),
    status = 'REMOVED',
    updated_at = :now
WHERE id = :video_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at;

-- name: restore_video
UPDATE videos
SET
    status = coalesce(removed_from, status),
    removed_from = NULL,
    updated_at = :now
WHERE id = :video_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    duration_ms,
    status,
    removed_from,
    visibility,
    thumbnail,
    metadata,
    published_at,
    created_at,
    updated_at;

-- name: delete_video
DELETE FROM videos
WHERE id = :video_id;

-- name: move_videos
UPDATE videos
SET
    owner_id = :kept,
    updated_at = :now
WHERE owner_id = :merged;

-- name: lock_video
-- differs: only one writes at a time here; the row is locked there
SELECT id
FROM videos
WHERE id = :video_id;

-- name: list_renditions
SELECT
    name,
    width,
    height,
    bitrate,
    codec,
    url,
    size
FROM video_renditions
WHERE video_id = :video_id
ORDER BY height DESC, bitrate DESC, name ASC;

-- name: stream_renditions
SELECT
    video_renditions.name,
    video_renditions.width,
    video_renditions.height,
    video_renditions.bitrate,
    video_renditions.codec,
    video_renditions.url,
    video_renditions.size,
    video_renditions.video_id
FROM video_renditions
INNER JOIN videos ON video_renditions.video_id = videos.id
WHERE videos.owner_id = :owner_id
ORDER BY video_renditions.video_id, video_renditions.name;

-- name: delete_renditions
DELETE FROM video_renditions
WHERE video_id = :video_id;

-- name: insert_renditions
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO video_renditions (
    video_id,
    name,
    width,
    height,
    bitrate,
    codec,
    url,
    size
)
SELECT
    json_extract(entry.value, '$.video_id') AS video_id,
    json_extract(entry.value, '$.name') AS name,
    json_extract(entry.value, '$.width') AS width,
    json_extract(entry.value, '$.height') AS height,
    json_extract(entry.value, '$.bitrate') AS bitrate,
    json_extract(entry.value, '$.codec') AS codec,
    json_extract(entry.value, '$.url') AS url,
    json_extract(entry.value, '$.size') AS size
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM video_renditions
        WHERE
            video_renditions.video_id = json_extract(entry.value, '$.video_id')
            AND video_renditions.name = json_extract(entry.value, '$.name')
    );
