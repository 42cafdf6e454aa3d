-- name: insert_parts
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO parts (
    id,
    name,
    number,
    weight,
    made_at
)
SELECT
    entry.id,
    entry.name,
    entry.number,
    entry.weight,
    entry.made_at
FROM json_to_recordset(:parts) AS entry (
    id uuid,
    name text,
    number bigint,
    weight double precision,
    made_at timestamptz
);
