-- A user's cookies, by platform; it also serves the removal of a user.
CREATE INDEX idx_session_user_platform ON session_cookies (user_id, platform);
-- The purge of expired cookies.
CREATE INDEX idx_session_expires ON session_cookies (expires_at);
