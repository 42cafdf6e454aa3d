-- What followers see, the last published first, of all users and of one.
CREATE INDEX idx_videos_followed_feed ON videos (published_at, id, owner_id)
WHERE status = 'READY' AND visibility IN ('PUBLIC', 'FOLLOWERS') AND published_at IS NOT NULL;

CREATE INDEX idx_videos_owner_feed ON videos (owner_id, published_at, id)
WHERE status = 'READY' AND visibility IN ('PUBLIC', 'FOLLOWERS') AND published_at IS NOT NULL;

-- The followers that two users have in common, by their ids.
CREATE INDEX idx_follows_common ON follows (followed_id, status, follower_id);
