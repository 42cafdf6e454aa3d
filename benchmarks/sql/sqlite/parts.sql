-- name: insert_parts
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO parts (
    id,
    name,
    number,
    weight,
    made_at
)
SELECT
    json_extract(entry.value, '$.id'),
    json_extract(entry.value, '$.name'),
    json_extract(entry.value, '$.number'),
    json_extract(entry.value, '$.weight'),
    json_extract(entry.value, '$.made_at')
FROM json_each(:parts) AS entry
WHERE TRUE;
