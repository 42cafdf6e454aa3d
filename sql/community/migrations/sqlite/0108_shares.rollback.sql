DROP TABLE video_share_counts;
DROP TABLE shares;
