DROP TABLE live_viewer_counts;
DROP TABLE live_viewers;
DROP FUNCTION live_viewers_left();
DROP FUNCTION live_viewers_joined();
DROP FUNCTION live_viewer_counts_forward();
DROP FUNCTION live_viewers_forward();
