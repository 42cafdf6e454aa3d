-- name: insert_livestream
-- A call that is repeated with the same id stores nothing.
-- differs: a trigger refuses what INSERT OR REPLACE would delete here, before ON CONFLICT is looked at
INSERT INTO livestreams (
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at
)
SELECT
    :id AS id,
    :owner_id AS owner_id,
    :title AS title,
    :description AS description,
    :language AS language,
    :category AS category,
    :tags AS tags,
    :status AS status,
    :visibility AS visibility,
    :thumbnail AS thumbnail,
    :metadata AS metadata,
    :scheduled_at AS scheduled_at,
    :started_at AS started_at,
    :ended_at AS ended_at,
    :now AS created_at,
    :now AS updated_at
WHERE
    NOT EXISTS (
        SELECT 1
        FROM livestreams
        WHERE id = :id
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
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at;

-- name: insert_livestreams
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO livestreams (
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.owner_id') AS owner_id,
    json_extract(entry.value, '$.title') AS title,
    json_extract(entry.value, '$.description') AS description,
    json_extract(entry.value, '$.language') AS language,
    json_extract(entry.value, '$.category') AS category,
    json_extract(entry.value, '$.tags') AS tags,
    json_extract(entry.value, '$.status') AS status,
    json_extract(entry.value, '$.visibility') AS visibility,
    json_extract(entry.value, '$.thumbnail') AS thumbnail,
    json_extract(entry.value, '$.metadata') AS metadata,
    json_extract(entry.value, '$.scheduled_at') AS scheduled_at,
    json_extract(entry.value, '$.started_at') AS started_at,
    json_extract(entry.value, '$.ended_at') AS ended_at,
    :now AS created_at,
    :now AS updated_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM livestreams
        WHERE livestreams.id = json_extract(entry.value, '$.id')
    )
ON CONFLICT (id) DO NOTHING;

-- name: get_livestream
SELECT
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at
FROM livestreams
WHERE id = :livestream_id;

-- name: find_visible_livestream
-- An UNLISTED livestream is seen by anyone who has its id. A private account shows all of them to its followers alone.
SELECT
    livestreams.id,
    livestreams.owner_id,
    livestreams.title,
    livestreams.description,
    livestreams.language,
    livestreams.category,
    livestreams.tags,
    livestreams.status,
    livestreams.visibility,
    livestreams.thumbnail,
    livestreams.recording_id,
    livestreams.metadata,
    livestreams.scheduled_at,
    livestreams.started_at,
    livestreams.ended_at,
    livestreams.created_at,
    livestreams.updated_at
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
    );

-- name: list_livestreams_of_owner
SELECT
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at
FROM livestreams
WHERE
    owner_id = :owner_id
    AND status = :status  -- when status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_visible_livestreams_of_owner
-- Others never see an UNLISTED livestream in a list.
SELECT
    livestreams.id,
    livestreams.owner_id,
    livestreams.title,
    livestreams.description,
    livestreams.language,
    livestreams.category,
    livestreams.tags,
    livestreams.status,
    livestreams.visibility,
    livestreams.thumbnail,
    livestreams.recording_id,
    livestreams.metadata,
    livestreams.scheduled_at,
    livestreams.started_at,
    livestreams.ended_at,
    livestreams.created_at,
    livestreams.updated_at
FROM livestreams
INNER JOIN users ON livestreams.owner_id = users.id
WHERE
    livestreams.owner_id = :owner_id
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
                (livestreams.visibility = 'PUBLIC' AND NOT users.is_private)
                OR (
                    livestreams.visibility IN ('PUBLIC', 'FOLLOWERS')
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
    AND livestreams.status = :status  -- when status
    AND (livestreams.created_at, livestreams.id) < (:created_at, :id)  -- when after
ORDER BY livestreams.created_at DESC, livestreams.id DESC
LIMIT :limit;

-- name: list_live_livestreams
-- Not a join with users: SQLite may read all of them for a filter, however short the page is.
SELECT
    livestreams.id,
    livestreams.owner_id,
    livestreams.title,
    livestreams.description,
    livestreams.language,
    livestreams.category,
    livestreams.tags,
    livestreams.status,
    livestreams.visibility,
    livestreams.thumbnail,
    livestreams.recording_id,
    livestreams.metadata,
    livestreams.scheduled_at,
    livestreams.started_at,
    livestreams.ended_at,
    livestreams.created_at,
    livestreams.updated_at
FROM livestreams
WHERE
    livestreams.status = 'LIVE'
    AND livestreams.visibility = 'PUBLIC'
    AND livestreams.started_at IS NOT NULL
    AND EXISTS (
        SELECT 1
        FROM users
        WHERE
            users.id = livestreams.owner_id
            AND users.is_active
            AND NOT users.is_private
    )
    AND livestreams.language = :language  -- when language
    AND livestreams.category = :category  -- when category
    AND livestreams.owner_id NOT IN (
        SELECT blocks.blocked_id
        FROM blocks
        WHERE blocks.blocker_id = :viewer_id
        UNION ALL
        SELECT blocks.blocker_id
        FROM blocks
        WHERE blocks.blocked_id = :viewer_id
    )
    AND (livestreams.started_at, livestreams.id) < (:started_at, :id)  -- when after
ORDER BY livestreams.started_at DESC, livestreams.id DESC
LIMIT :limit;

-- name: list_followed_livestreams
-- A block has ended the follows between two users.
SELECT
    livestreams.id,
    livestreams.owner_id,
    livestreams.title,
    livestreams.description,
    livestreams.language,
    livestreams.category,
    livestreams.tags,
    livestreams.status,
    livestreams.visibility,
    livestreams.thumbnail,
    livestreams.recording_id,
    livestreams.metadata,
    livestreams.scheduled_at,
    livestreams.started_at,
    livestreams.ended_at,
    livestreams.created_at,
    livestreams.updated_at
FROM follows
INNER JOIN livestreams ON follows.followed_id = livestreams.owner_id
INNER JOIN users ON livestreams.owner_id = users.id
WHERE
    follows.follower_id = :follower_id
    AND follows.status = 'ACCEPTED'
    AND livestreams.status = 'LIVE'
    AND livestreams.started_at IS NOT NULL
    AND livestreams.visibility IN ('PUBLIC', 'FOLLOWERS')
    AND users.is_active
    AND (livestreams.started_at, livestreams.id) < (:started_at, :id)  -- when after
ORDER BY livestreams.started_at DESC, livestreams.id DESC
LIMIT :limit;

-- name: list_scheduled_livestreams
SELECT
    livestreams.id,
    livestreams.owner_id,
    livestreams.title,
    livestreams.description,
    livestreams.language,
    livestreams.category,
    livestreams.tags,
    livestreams.status,
    livestreams.visibility,
    livestreams.thumbnail,
    livestreams.recording_id,
    livestreams.metadata,
    livestreams.scheduled_at,
    livestreams.started_at,
    livestreams.ended_at,
    livestreams.created_at,
    livestreams.updated_at
FROM livestreams
WHERE
    livestreams.status = 'SCHEDULED'
    AND livestreams.visibility = 'PUBLIC'
    AND EXISTS (
        SELECT 1
        FROM users
        WHERE
            users.id = livestreams.owner_id
            AND users.is_active
            AND NOT users.is_private
    )
    AND livestreams.language = :language  -- when language
    AND livestreams.category = :category  -- when category
    AND livestreams.owner_id NOT IN (
        SELECT blocks.blocked_id
        FROM blocks
        WHERE blocks.blocker_id = :viewer_id
        UNION ALL
        SELECT blocks.blocker_id
        FROM blocks
        WHERE blocks.blocked_id = :viewer_id
    )
    AND (livestreams.scheduled_at, livestreams.id) > (:scheduled_at, :id)  -- when after
    AND livestreams.scheduled_at >= :since
ORDER BY livestreams.scheduled_at, livestreams.id
LIMIT :limit;

-- name: stream_livestreams
-- scan: an export reads everything
SELECT
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at
FROM livestreams
WHERE
    TRUE
    AND owner_id = :owner_id  -- when owner_id
ORDER BY id;

-- name: update_livestream
-- A field left out stays, a field set to None becomes NULL.
UPDATE livestreams
SET
    title = CASE WHEN :title_is_set THEN :title ELSE title END,
    description = CASE WHEN :description_is_set THEN :description ELSE description END,
    language = CASE WHEN :language_is_set THEN :language ELSE language END,
    category = CASE WHEN :category_is_set THEN :category ELSE category END,
    tags = CASE WHEN :tags_is_set THEN :tags ELSE tags END,
    visibility = CASE WHEN :visibility_is_set THEN :visibility ELSE visibility END,
    thumbnail = CASE WHEN :thumbnail_is_set THEN :thumbnail ELSE thumbnail END,
    metadata = CASE WHEN :metadata_is_set THEN :metadata ELSE metadata END,
    scheduled_at = CASE WHEN :scheduled_at_is_set THEN :scheduled_at ELSE scheduled_at END,
    updated_at = :now
WHERE id = :livestream_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at;

-- name: start_livestream
-- A trigger refuses it for one that is over or called off.
UPDATE livestreams
SET
    status = 'LIVE',
    started_at = coalesce(started_at, :now),
    updated_at = CASE WHEN status = 'LIVE' THEN updated_at ELSE :now END
WHERE id = :livestream_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at;

-- name: end_livestream
-- The clocks of two machines may differ: it does not end before it began.
UPDATE livestreams
SET
    status = 'ENDED',
    ended_at = coalesce(ended_at, CASE WHEN started_at > :now THEN started_at ELSE :now END),
    updated_at = CASE WHEN status = 'ENDED' THEN updated_at ELSE :now END
WHERE id = :livestream_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at;

-- name: cancel_livestream
UPDATE livestreams
SET
    status = 'CANCELLED',
    updated_at = CASE WHEN status = 'CANCELLED' THEN updated_at ELSE :now END
WHERE id = :livestream_id
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at;

-- name: store_recording
-- A trigger refuses another recording than the one that it has.
UPDATE livestreams
SET
    recording_id = :video_id,
    updated_at = CASE WHEN recording_id = :video_id THEN updated_at ELSE :now END
WHERE
    id = :livestream_id
    AND NOT EXISTS (
        SELECT 1
        FROM livestreams AS other
        WHERE other.recording_id = :video_id AND other.id <> livestreams.id
    )
RETURNING
    id,
    owner_id,
    title,
    description,
    language,
    category,
    tags,
    status,
    visibility,
    thumbnail,
    recording_id,
    metadata,
    scheduled_at,
    started_at,
    ended_at,
    created_at,
    updated_at;

-- name: delete_livestream
DELETE FROM livestreams
WHERE id = :livestream_id;

-- name: move_livestreams
UPDATE livestreams
SET
    owner_id = :kept,
    updated_at = :now
WHERE owner_id = :merged;

-- name: store_stream_key
-- A livestream has one key: the one before no longer works.
-- differs: the instant needs no type here
INSERT INTO livestream_keys (
    livestream_id,
    key_hash,
    issued_at
)
SELECT
    livestreams.id AS livestream_id,
    :key_hash AS key_hash,
    :now AS issued_at
FROM livestreams
WHERE
    livestreams.id = :livestream_id
    AND livestreams.status IN ('SCHEDULED', 'LIVE')
ON CONFLICT (livestream_id) DO UPDATE
SET
    key_hash = excluded.key_hash,
    issued_at = excluded.issued_at
RETURNING issued_at;

-- name: find_livestream_by_key_hash
SELECT
    livestreams.id,
    livestreams.owner_id,
    livestreams.title,
    livestreams.description,
    livestreams.language,
    livestreams.category,
    livestreams.tags,
    livestreams.status,
    livestreams.visibility,
    livestreams.thumbnail,
    livestreams.recording_id,
    livestreams.metadata,
    livestreams.scheduled_at,
    livestreams.started_at,
    livestreams.ended_at,
    livestreams.created_at,
    livestreams.updated_at
FROM livestream_keys
INNER JOIN livestreams ON livestream_keys.livestream_id = livestreams.id
WHERE
    livestream_keys.key_hash = :key_hash
    AND livestreams.status IN ('SCHEDULED', 'LIVE');

-- name: delete_stream_key
DELETE FROM livestream_keys
WHERE livestream_id = :livestream_id;
