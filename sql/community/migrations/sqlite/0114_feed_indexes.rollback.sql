DROP INDEX idx_follows_common;
DROP INDEX idx_videos_owner_feed;
DROP INDEX idx_videos_followed_feed;
