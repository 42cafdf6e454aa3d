-- name: get_stored_cookies
-- The column as it is stored: declared as text, it is not opened.
SELECT cookies
FROM session_cookies
WHERE id = :session_cookie_id;
