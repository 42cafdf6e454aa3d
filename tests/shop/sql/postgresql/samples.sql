-- name: insert_sample
INSERT INTO samples (
    id,
    text,
    whole,
    real,
    flag,
    data,
    key,
    at,
    day,
    doc,
    words,
    numbers,
    keys,
    times,
    colour,
    size,
    shape,
    side
)
VALUES (
    :id,
    :text,
    :whole,
    :real,
    :flag,
    :data,
    :key,
    :at,
    :day,
    :doc,
    :words,
    :numbers,
    :keys,
    :times,
    :colour,
    :size,
    :shape,
    :side
)
RETURNING
    id,
    text,
    whole,
    real,
    flag,
    data,
    key,
    at,
    day,
    doc,
    words,
    numbers,
    keys,
    times,
    colour,
    size,
    shape,
    side;

-- name: insert_lines
-- differs: json_to_recordset here, json_each there
INSERT INTO samples (
    id,
    text,
    whole,
    real,
    flag,
    key,
    at,
    day,
    doc,
    words,
    numbers,
    keys,
    times,
    colour,
    size,
    shape,
    side
)
SELECT
    line.id,
    line.text,
    line.whole,
    line.real,
    line.flag,
    line.key,
    line.at,
    line.day,
    line.doc,
    line.words,
    line.numbers,
    line.keys,
    line.times,
    line.colour,
    line.size,
    line.shape,
    line.side
FROM json_to_recordset(:rows) AS line (
    id uuid,
    text text,
    whole bigint,
    real double precision,
    flag boolean,
    key uuid,
    at timestamptz,
    day date,
    doc jsonb,
    words text[],
    numbers bigint[],
    keys uuid[],
    times timestamptz[],
    colour text,
    size bigint,
    shape text,
    side text
);

-- name: get_sample
SELECT
    id,
    text,
    whole,
    real,
    flag,
    data,
    key,
    at,
    day,
    doc,
    words,
    numbers,
    keys,
    times,
    colour,
    size,
    shape,
    side
FROM samples
WHERE id = :id;

-- name: find_sample
SELECT
    id,
    text,
    whole,
    real,
    flag,
    data,
    key,
    at,
    day,
    doc,
    words,
    numbers,
    keys,
    times,
    colour,
    size,
    shape,
    side
FROM samples
WHERE text = :text;

-- name: list_samples
-- differs: a list is an array here, JSON there
SELECT
    id,
    text,
    whole,
    real,
    flag,
    data,
    key,
    at,
    day,
    doc,
    words,
    numbers,
    keys,
    times,
    colour,
    size,
    shape,
    side
FROM samples
WHERE id = ANY(:ids)
ORDER BY id;

-- name: list_others
-- differs: a list is an array here, JSON there
SELECT
    id,
    text
FROM samples
WHERE id <> ALL(:ids)
ORDER BY id;

-- name: page_samples
SELECT
    id,
    text
FROM samples
WHERE
    TRUE
    AND colour = :colour  -- when colour
    AND (text, id) > (:text, :id)  -- when after, order = up
--  AND (text, id) < (:text, :id)  -- when after, order = down
ORDER BY
    text, id  -- when order = up
--  text DESC, id DESC  -- when order = down
LIMIT :limit;

-- name: stream_samples
SELECT
    id,
    text
FROM samples
WHERE whole >= :least
ORDER BY id;

-- name: stream_page
SELECT text
FROM samples
WHERE
    TRUE
    AND id > :id  -- when after
ORDER BY id;

-- name: count_samples
SELECT count(*) AS samples
FROM samples;

-- name: change_sample
UPDATE samples
SET
    text = CASE WHEN :text_is_set THEN :text ELSE text END,
    key = CASE WHEN :key_is_set THEN :key ELSE key END,
    words = CASE WHEN :words_is_set THEN :words ELSE words END
WHERE id = :id
RETURNING
    id,
    text,
    whole,
    real,
    flag,
    data,
    key,
    at,
    day,
    doc,
    words,
    numbers,
    keys,
    times,
    colour,
    size,
    shape,
    side;

-- name: delete_samples
DELETE FROM samples
WHERE text = :text;

-- name: forget_sample
DELETE FROM samples
WHERE id = :id;

-- name: stamp_sample
UPDATE samples
SET at = :now
WHERE id = :id
RETURNING at;

-- name: stamp_sample_at
UPDATE samples
SET at = :now
WHERE id = :id
RETURNING at;

-- name: read_text
SELECT text
FROM samples
WHERE id = :id;

-- name: read_whole
SELECT whole
FROM samples
WHERE id = :id;

-- name: read_real
SELECT real
FROM samples
WHERE id = :id;

-- name: read_flag
SELECT flag
FROM samples
WHERE id = :id;

-- name: read_data
SELECT data
FROM samples
WHERE id = :id;

-- name: read_key
SELECT key
FROM samples
WHERE id = :id;

-- name: read_at
SELECT at
FROM samples
WHERE id = :id;

-- name: read_day
SELECT day
FROM samples
WHERE id = :id;

-- name: read_doc
SELECT doc
FROM samples
WHERE id = :id;

-- name: read_times
SELECT times
FROM samples
WHERE id = :id;

-- name: read_colour
SELECT colour
FROM samples
WHERE id = :id;

-- name: read_size
SELECT size
FROM samples
WHERE id = :id;

-- name: read_shape
SELECT shape
FROM samples
WHERE id = :id;

-- name: list_keys
SELECT key
FROM samples
WHERE whole = :whole
ORDER BY id;

-- name: get_swapped
SELECT
    text,
    id
FROM samples
WHERE id = :id;

-- name: get_pair
SELECT
    text,
    id
FROM samples
WHERE id = :id;

-- name: get_strict
SELECT
    id,
    text
FROM samples
WHERE id = :id;

-- name: read_as_day
SELECT text
FROM samples
WHERE id = :id;

-- name: get_as_instant
SELECT
    id,
    text
FROM samples
WHERE id = :id;

-- name: read_as_instant
SELECT text
FROM samples
WHERE id = :id;

-- name: get_picky
SELECT
    id,
    text
FROM samples
WHERE id = :id;

-- name: count_picky
SELECT count(*) AS samples
FROM samples
WHERE text = :text;

-- name: nest_sample
-- differs: JSON is built by functions of other names
SELECT
    id,
    json_build_object('at', at, 'times', times, 'key', key) AS inner_part,
    text
FROM samples
WHERE id = :id;

-- name: nest_text
-- differs: JSON is built by functions of other names
SELECT
    id,
    to_json(text) AS inner_part,
    text
FROM samples
WHERE id = :id;
