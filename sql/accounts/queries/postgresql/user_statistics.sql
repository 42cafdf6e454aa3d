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
-- differs: a day is a date here, the first ten characters of an instant there
SELECT
    status,
    user_type,
    cast(created_at AT TIME ZONE 'UTC' AS date) AS day,
    count(*) AS users
FROM users
WHERE
    created_at >= :since
    AND created_at < :before
GROUP BY cast(created_at AT TIME ZONE 'UTC' AS date), status, user_type
ORDER BY day, status, user_type;

-- name: count_active_users_by_day
-- A user counts on the day of the last sign-in only.
-- scan: there is no index by last_login_at, because each sign-in would have to write all indexes again
-- not null: day: the conditions leave NULL out
-- differs: a day is a date here, the first ten characters of an instant there
SELECT
    status,
    user_type,
    cast(last_login_at AT TIME ZONE 'UTC' AS date) AS day,
    count(*) AS users
FROM users
WHERE
    last_login_at >= :since
    AND last_login_at < :before
GROUP BY cast(last_login_at AT TIME ZONE 'UTC' AS date), status, user_type
ORDER BY day, status, user_type;
