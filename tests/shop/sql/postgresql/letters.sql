-- name: insert_letter
INSERT INTO letters (
    id,
    place,
    secret,
    hint
)
VALUES (
    :id,
    :place,
    :secret,
    :hint
)
RETURNING
    id,
    place,
    secret,
    hint;

-- name: insert_letters
-- differs: json_to_recordset here, json_each there
INSERT INTO letters (
    id,
    place,
    secret,
    hint
)
SELECT
    letter.id,
    letter.place,
    letter.secret,
    letter.hint
FROM json_to_recordset(:letters) AS letter (
    id uuid,
    place text,
    secret text,
    hint text
);

-- name: find_letter
SELECT
    id,
    place,
    secret,
    hint
FROM letters
WHERE id = :id;

-- name: list_letters
SELECT
    id,
    place,
    secret,
    hint
FROM letters
ORDER BY id;

-- name: stream_letters
SELECT
    id,
    place,
    secret,
    hint
FROM letters
ORDER BY id;

-- name: list_boxes
-- differs: JSON is built by functions of other names
SELECT
    place,
    (
        SELECT json_build_object('id', newest.id, 'text', newest.place)
        FROM letters AS newest
        WHERE newest.place = letters.place
        ORDER BY newest.id DESC
        LIMIT 1
    ) AS newest,
    json_agg(json_build_object('id', id, 'place', place, 'secret', secret, 'hint', hint) ORDER BY id) AS letters
FROM letters
GROUP BY place
ORDER BY place;

-- name: move_letter
UPDATE letters
SET place = :place
WHERE id = :id;

-- name: replace_secret
UPDATE letters
SET secret = :secret
WHERE
    id = :id
    AND place = :place;

-- name: read_secret
SELECT secret
FROM letters
WHERE id = :id;

-- name: insert_name
INSERT INTO names (name, name_fold)
VALUES (:name, :name_fold);

-- name: insert_names
-- differs: json_to_recordset here, json_each there
INSERT INTO names (name, name_fold)
SELECT
    entry.name,
    entry.name_fold
FROM json_to_recordset(:names) AS entry (name text, name_fold text);

-- name: find_name
SELECT name
FROM names
WHERE name_fold = :name_fold;
