DROP TABLE video_like_counts;
DROP TABLE video_likes;
DROP FUNCTION video_likes_counted();
DROP FUNCTION video_likes_unchanged();
