-- name: insert_address
INSERT INTO addresses (id, email, email_fold)
VALUES (:id, :email, :email_fold)
RETURNING
    id,
    email;

-- name: insert_addresses
-- differs: json_each here, json_to_recordset there
INSERT INTO addresses (id, email, email_fold)
SELECT
    json_extract(value, '$.id') AS id,
    json_extract(value, '$.email') AS email,
    json_extract(value, '$.email_fold') AS email_fold
FROM json_each(:addresses);

-- name: change_address
UPDATE addresses
SET
    email = CASE WHEN :email_is_set THEN :email ELSE email END,
    email_fold = CASE WHEN :email_is_set THEN :email_fold ELSE email_fold END
WHERE id = :id;

-- name: find_address
SELECT
    id,
    email
FROM addresses
WHERE email_fold = :email_fold;

-- name: stream_addresses
-- differs: a list is a JSON array here, an array there
SELECT
    id,
    email
FROM addresses
WHERE id IN (SELECT value FROM json_each(:ids))
ORDER BY id;
