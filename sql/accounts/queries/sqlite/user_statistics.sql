-- name: count_users_by_status_and_type
-- scan: counts everybody, for overviews
SELECT
    status,
    user_type,
    count(*) AS users
FROM users
GROUP BY status, user_type
ORDER BY status, user_type;

-- name: count_new_users_by_day
-- not null: day: the conditions leave NULL out
-- differs: a day is the first ten characters of an instant here, a date there
SELECT
    status,
    user_type,
    substr(created_at, 1, 10) AS day,
    count(*) AS users
FROM users
WHERE
    created_at >= :since
    AND created_at < :before
GROUP BY substr(created_at, 1, 10), status, user_type
ORDER BY day, status, user_type;

-- name: count_active_users_by_day
-- A user counts on the day of the last sign-in only.
-- scan: there is no index by last_login_at, because each sign-in would have to write all indexes again
-- not null: day: the conditions leave NULL out
-- differs: a day is the first ten characters of an instant here, a date there
SELECT
    status,
    user_type,
    substr(last_login_at, 1, 10) AS day,
    count(*) AS users
FROM users
WHERE
    last_login_at >= :since
    AND last_login_at < :before
GROUP BY substr(last_login_at, 1, 10), status, user_type
ORDER BY day, status, user_type;
