-- name: insert_address
INSERT INTO addresses (id, email, email_fold)
VALUES (:id, :email, :email_fold)
RETURNING
    id,
    email;

-- name: insert_addresses
-- differs: json_to_recordset here, json_each there
INSERT INTO addresses (id, email, email_fold)
SELECT
    entry.id,
    entry.email,
    entry.email_fold
FROM json_to_recordset(:addresses) AS entry (id bigint, email text, email_fold text);

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
-- differs: a list is an array here, a JSON array there
SELECT
    id,
    email
FROM addresses
WHERE id = ANY(:ids)
ORDER BY id;
