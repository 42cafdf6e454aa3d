DROP TABLE video_like_counts;
DROP TABLE video_likes;
