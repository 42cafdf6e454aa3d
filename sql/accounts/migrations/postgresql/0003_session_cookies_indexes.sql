-- transactional: false
-- Built while others write. A build that failed leaves an invalid index behind, which goes first.

-- A user's cookies, by platform; it also serves the removal of a user.
DROP INDEX CONCURRENTLY IF EXISTS idx_session_user_platform;
CREATE INDEX CONCURRENTLY idx_session_user_platform ON session_cookies (user_id, platform);
-- The purge of expired cookies.
DROP INDEX CONCURRENTLY IF EXISTS idx_session_expires;
CREATE INDEX CONCURRENTLY idx_session_expires ON session_cookies (expires_at);
