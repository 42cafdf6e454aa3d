-- name: add_user
INSERT INTO users (
    id,
    name
) VALUES (
    :id,
    :name
)
RETURNING
    id,
    name;

-- name: list_users
SELECT
    id,
    name
FROM users
ORDER BY name
LIMIT :limit;
