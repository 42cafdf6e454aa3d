DROP TABLE video_share_counts;
DROP TABLE shares;
DROP FUNCTION shares_counted();
DROP FUNCTION shares_unchanged();
