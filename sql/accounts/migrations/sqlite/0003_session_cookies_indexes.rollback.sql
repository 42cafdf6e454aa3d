DROP INDEX idx_session_expires;
DROP INDEX idx_session_user_platform;
