-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS idx_follows_common;
DROP INDEX CONCURRENTLY IF EXISTS idx_videos_owner_feed;
DROP INDEX CONCURRENTLY IF EXISTS idx_videos_followed_feed;
