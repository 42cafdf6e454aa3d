-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS idx_videos_search;
