-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS idx_session_expires;
DROP INDEX CONCURRENTLY IF EXISTS idx_session_user_platform;
