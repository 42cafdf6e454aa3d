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
-- differs: json_each here, json_to_recordset there
INSERT INTO letters (
    id,
    place,
    secret,
    hint
)
SELECT
    json_extract(value, '$.id') AS id,
    json_extract(value, '$.place') AS place,
    json_extract(value, '$.secret') AS secret,
    json_extract(value, '$.hint') AS hint
FROM json_each(:letters);

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
        SELECT json_object('id', newest.id, 'text', newest.place)
        FROM letters AS newest
        WHERE newest.place = letters.place
        ORDER BY newest.id DESC
        LIMIT 1
    ) AS newest,
    json_group_array(json_object('id', id, 'place', place, 'secret', secret, 'hint', hint)) AS letters
FROM (SELECT id, place, secret, hint FROM letters ORDER BY place, id) AS letters
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
-- differs: json_each here, json_to_recordset there
INSERT INTO names (name, name_fold)
SELECT
    json_extract(value, '$.name') AS name,
    json_extract(value, '$.name_fold') AS name_fold
FROM json_each(:names);

-- name: find_name
SELECT name
FROM names
WHERE name_fold = :name_fold;
