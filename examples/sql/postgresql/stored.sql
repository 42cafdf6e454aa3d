-- name: get_stored_cookies
-- The column as it lies in the table: declared as text, it is not opened.
SELECT cookies
FROM session_cookies
WHERE id = :session_cookie_id;
