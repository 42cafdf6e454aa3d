-- `series` has the numbers `n`, with an instant `at` for each of them. $users is the number of users, a tenth of it.

INSERT INTO users (
    id, username, username_fold, email, email_fold, display_name, display_name_fold, user_type, hashed_password,
    created_at, updated_at
)
SELECT
    id($USER, n), 'user' || n, 'user' || n, n || '@x.org', n || '@x.org', 'user' || n, 'user' || n, 'LOCAL', 'x',
    at(0), at(0)
FROM series
WHERE n < $users;
